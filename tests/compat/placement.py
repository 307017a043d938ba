#!/usr/bin/env python3
"""Compares, request by request, which server two proxies choose.

Random configurations (servers, weights, ids, backups, disabled servers, algorithms, hash types) are given to both
proxies; the same requests go to both; each server answers with its own name, and another one where it was reached by
IPv6. Servers are given by address, by name, or some so and some so. Any difference is printed with what is needed to see
it again, and the exit status is 1. Only loopback is used.

  placement.py                                  a million placements: a few minutes
  placement.py --quick                          a minute, for every change; as root the other two worlds of names too
  placement.py --placements 5000000 --seed 7    longer, repeatable
  placement.py --ours /usr/sbin/haproxy         the reference against itself: checks this program
  placement.py --names dual --quick             in a network of its own (root) where every name has both addresses
  placement.py --names no-ipv6 --quick          the same, where IPv6 is switched off

Exit status: 0 same, 1 different, 2 could not run.
"""
import argparse, collections, errno, os, pathlib, random, re, select, shutil, signal, socket, string, subprocess, sys
import tempfile, time

V6 = 50            # added to a server's number when it was reached by IPv6
SERVERS = 12       # ports of the origin; the most servers a section has
PIPELINE = 50      # requests in flight on a connection
BATCH_BYTES = 8000  # and their size: some proxies refuse pipelines that fill their buffer exactly
ACTIVE_LANES = 64  # connections at a time, both proxies together
PATIENCE = 60.0    # seconds without any answer

# Algorithms that know no key: what they choose depends on who was there from the start, and in which order.
IN_TURN = ("roundrobin", "static-rr", "leastconn", "first")
NAMES = ["localhost", "localhost", "ipv4@localhost"]

FUNCTIONS = ["sdbm", "djb2", "wt6", "crc32"]
HASH_TYPES = ([f"{m} {f}{a}" for m in ("map-based", "consistent") for f in FUNCTIONS for a in ("", " avalanche")]
              + ["", "map-based", "consistent", "consistent"])


# ---------------------------------------------------------------- origin: every server, in one process

def listeners(number):
    """(socket, what it answers) on one port of 127.0.0.1 and, where there is IPv6, of ::1."""
    while True:
        v4 = socket.create_server(("127.0.0.1", 0), backlog=1024)
        try:
            return [(socket.create_server(("::1", v4.getsockname()[1]), family=socket.AF_INET6, backlog=1024), V6 + number),
                    (v4, number)]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return [(v4, number)]
            v4.close()


def origin():
    """Listens on SERVERS ports, prints them, answers every request with the number of the port, two digits."""
    poll, sockets, tails = select.epoll(), {}, {}
    answers, ports = {}, []
    for i in range(SERVERS):
        for s, number in listeners(i + 1):
            s.setblocking(False)
            sockets[s.fileno()] = s
            answers[s.fileno()] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%02d" % number
            poll.register(s.fileno(), select.EPOLLIN)
        ports.append(s.getsockname()[1])
    listening = set(sockets)
    print(*ports, flush=True)
    poll.register(0, select.EPOLLIN)  # the parent's end of the pipe: closed when it is gone
    while True:
        for fd, _ in poll.poll():
            if fd == 0:
                return
            s = sockets[fd]
            try:
                if fd in listening:
                    while True:
                        c, _ = s.accept()
                        c.setblocking(False)
                        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        sockets[c.fileno()] = c
                        answers[c.fileno()] = answers[fd]
                        tails[c.fileno()] = b""
                        poll.register(c.fileno(), select.EPOLLIN)
                data = s.recv(65536)
                if data:
                    text = tails[fd] + data
                    tails[fd] = b"" if text.endswith(b"\r\n\r\n") else text[-3:]
                    n = text.count(b"\r\n\r\n")
                    if n:
                        s.sendall(answers[fd] * n)
                    continue
            except BlockingIOError:
                continue
            except OSError:
                pass
            poll.unregister(fd)
            sockets.pop(fd).close()
            answers.pop(fd, None)
            tails.pop(fd, None)


# ---------------------------------------------------------------- what to ask

PATH = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@"
WORD = string.ascii_letters + string.digits + "-_."


def text(r, letters, least, most):
    return "".join(r.choices(letters, k=r.randint(least, most)))


def path(r):
    parts = [text(r, PATH, 0 if r.random() < 0.05 else 1, 9) for _ in range(r.randint(1, 5))]
    p = "/" + "/".join(parts)
    if r.random() < 0.1:
        p += "%" + "%02X" % r.randrange(33, 127)
    if r.random() < 0.05:
        p = "/" + p
    if r.random() < 0.4:
        p += "?" + "&".join(text(r, WORD, 1, 5) + "=" + text(r, WORD + "/?", 0, 8) for _ in range(r.randint(1, 3)))
    return p


def header_value(r):
    kind = r.random()
    if kind < 0.4:
        return text(r, WORD, 1, 16)
    if kind < 0.6:
        return ".".join(text(r, WORD.replace(".", ""), 0 if r.random() < 0.1 else 1, 8) for _ in range(r.randint(1, 5))) + "x"
    if kind < 0.75:
        return text(r, WORD, 1, 9) + r.choice([",", ", ", " , "]) + text(r, WORD, 0, 9)
    if kind < 0.85:
        return '"' + text(r, WORD + ",", 1, 9) + '"' + r.choice(["", ",", ", "]) + text(r, WORD, 1, 5)
    # an empty first element is no key: those belong to the ordered sections
    return text(r, PATH + " (/)<>", 1, 40).strip(" ,") or "x"


def query(r, present):
    pieces = [text(r, WORD, 1, 5) + "=" + text(r, WORD + "=?", 0, 6) for _ in range(r.randint(0, 3))]
    pieces += r.choices(["UID=1", "uidx=2", "uid", "xuid=3"], k=r.randint(0, 2))
    r.shuffle(pieces)
    if present:
        pieces.insert(r.randint(0, len(pieces)), "uid=" + text(r, WORD + "%/=?:", 0, 14))
    return "&".join(pieces)


def request(r, kind, present):
    """The bytes of one request whose key is there, or (present false) is not."""
    if kind == "uri":
        target, host = path(r), "h"
        if r.random() < 0.08:
            host = text(r, string.ascii_letters, 1, 8) + r.choice(["", "", ":80", ":443", ":8080"])
            target = r.choice(["http", "http", "HTTP"]) + "://" + host + path(r)
        return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    if kind == "url_param":
        if r.random() < 0.1:
            body = query(r, False) + "&uid=" + text(r, WORD, 1, 12) if present else "a=b"
            q = r.choice(["", "?a=1"])
            return f"POST /{q} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        return f"GET {path(r).split('?')[0]}?{query(r, present)} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    if kind == "host":
        name = text(r, string.ascii_letters + "-", 1, 9) + r.choice(["", ".Example"])
        port = r.choice(["", "", ":80", ":", ":8080", ":443"])
        if not present:
            return f"GET / HTTP/1.1\r\nHost: {name}{port}\r\n\r\n".encode()
        target = r.choice(["http", "HTTP", "https"]) + "://" + name + port + r.choice(["", "", path(r)])
        return f"GET {target} HTTP/1.1\r\nHost: {name}{port}\r\n\r\n".encode()
    if kind == "hdr":
        line = f"x-UsEr: {header_value(r)}\r\n" if present else r.choice(["", "X-User: \r\n", "X-User: ,x\r\n"])
        if present and r.random() < 0.05:
            line += "X-User: other\r\n"
        # The field that follows is needed: for use_domain_only 2.6 looks at the byte after the value, which for the
        # last field is whatever was in its buffer before; a '.' there makes it take another label.
        return f"GET / HTTP/1.1\r\nHost: h\r\n{line}Accept: */*\r\n\r\n".encode()
    return b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


class Section:
    """One listen section with its requests."""

    def __init__(self, r, number, balance_kind, hash_type, ports, keys, newer):
        self.number, self.kind, self.hash_type = number, balance_kind, hash_type
        self.mode = "tcp" if balance_kind == "source" and r.random() < 0.2 else "http"
        # Requests without a key go by a shared cursor, so their order matters: one connection only.
        self.ordered = balance_kind in IN_TURN or (
            balance_kind in ("url_param", "hdr") and r.random() < 0.15)
        self.lines = [f"  mode {self.mode}", f"  balance {self.balance(r)}"]
        if hash_type:
            self.lines.append(f"  hash-type {hash_type}")
        if r.random() < 0.4:
            self.lines.append("  option allbackups")
        self.lines += self.servers(r, ports, newer)
        absent = r.choice([0.05, 0.5, 1.0]) if self.ordered else 0.5 if balance_kind == "host" else 0.0
        if balance_kind == "source":
            # every address is a connection of its own
            self.requests = [request(r, "source", True)] * max(keys // 6, 1)
            self.sources = [f"127.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}" for _ in self.requests]
        else:
            self.requests = [request(r, balance_kind, r.random() >= absent) for _ in range(keys)]
            self.sources = None

    def balance(self, r):
        if self.kind == "uri":
            options = [o for o in ("whole", f"len {r.randint(1, 30)}", f"depth {r.randint(1, 5)}", "path-only")
                       if r.random() < 0.25]
            r.shuffle(options)
            return " ".join(["uri"] + options)
        if self.kind == "url_param":
            return "url_param uid" + r.choice(["", " check_post"])
        if self.kind == "host":
            return "hdr(host)"
        if self.kind == "hdr":
            return "hdr(X-User)" + r.choice(["", "", " use_domain_only"])
        return self.kind

    @staticmethod
    def servers(r, ports, newer):
        count = r.randint(1, SERVERS)
        heavy = r.choice([1, 1, 5, 20, 256])
        ids, lines, usable = set(), [], False
        with_ids, with_backups, with_down = r.random() < 0.4, r.random() < 0.35, r.random() < 0.4
        all_active_down = with_backups and r.random() < 0.4
        named = r.choice([0, 0, 0.3, 0.7, 1.0])
        for i in range(count):
            host = r.choice(NAMES) if r.random() < named else "127.0.0.1"
            words = [f"s{i + 1:02d} {host}:{ports[i]}"]
            weight = r.randint(0 if r.random() < 0.1 else 1, heavy)
            if weight != 1 or r.random() < 0.5:
                words.append(f"weight {weight}")
            if with_ids and r.random() < 0.6:
                chosen = r.choice([r.randint(1, 20), r.randint(1, 5000), r.randint(1, 2**31 - 1),
                                   r.randint(1, 5) + 2**20 * r.randint(0, 2)])
                if chosen not in ids:
                    ids.add(chosen)
                    words.append(f"id {chosen}")
            backup = with_backups and (r.random() < 0.5 or (i == count - 1 and all_active_down))
            down = (with_down and r.random() < 0.3) or (all_active_down and not backup)
            if backup:
                words.append("backup")
            if newer and r.random() < 0.2:
                words.append("hash-key " + r.choice(["id", "addr", "addr-port"]))
            usable = usable or (not down and weight > 0)
            lines.append((words, down))
        if not usable:  # a section without any server would only compare error pages
            words, _ = lines[0]
            lines[0] = ([w for w in words if not w.startswith("weight")], False)
        return ["  server " + " ".join(words + (["disabled"] if down else [])) for words, down in lines]

    def text(self, port):
        return "\n".join([f"listen c{self.number}", f"  bind 127.0.0.1:{port}"] + self.lines) + "\n"


# ---------------------------------------------------------------- asking

class Lane:
    """One connection and the requests it is to carry, in order."""

    def __init__(self, port, section, side, indexes):
        self.port, self.section, self.side, self.indexes = port, section, side, indexes
        self.answers = section.answers[side]
        self.sent = self.got = 0
        self.buffer = b""
        self.unsent = b""

    def open(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.section.sources:
            # the port is chosen at connect, so the same address may be used many times
            self.socket.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            self.socket.bind((self.section.sources[self.indexes[0]], 0))
        try:
            self.socket.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass

    def write(self):
        if not self.unsent and self.sent == self.got:
            batch, size = [], 0
            while self.sent < len(self.indexes) and len(batch) < PIPELINE:
                one = self.section.requests[self.indexes[self.sent]]
                if batch and size + len(one) > BATCH_BYTES:
                    break
                batch.append(one)
                size += len(one)
                self.sent += 1
            self.unsent = b"".join(batch)
        if self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent):]
            except BlockingIOError:
                pass

    def read(self):
        """True when the connection is of no further use."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return False
        except OSError as error:
            return self.give_up(error.strerror)
        if not data:
            return self.give_up("closed")
        data = self.buffer + data
        at = 0
        while True:
            end = data.find(b"\r\n\r\n", at)
            if end < 0:
                break
            body = end + 4
            status = data[at + 9:at + 12]
            if status == b"200":
                length = 2
            else:
                found = re.search(rb"\r\ncontent-length: *(\d+)", data[at:end], re.I)
                length = int(found[1]) if found else 0
            if len(data) < body + length:
                break
            answer = data[body:body + 2].decode("latin-1") if status == b"200" else "status " + status.decode("latin-1")
            self.answers[self.indexes[self.got]] = answer
            self.got += 1
            at = body + length
            if self.got == len(self.indexes):
                return True
        self.buffer = data[at:]
        return False

    def give_up(self, why):
        for i in self.indexes[self.got:]:
            self.answers[i] = why
        return True


def ask(lanes):
    """Runs all lanes, some at a time."""
    waiting = collections.deque(lanes)
    poll, active = select.epoll(), {}
    while waiting or active:
        while waiting and len(active) < ACTIVE_LANES:
            lane = waiting.popleft()
            lane.open()
            active[lane.socket.fileno()] = lane
            poll.register(lane.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)
        events = poll.poll(PATIENCE)
        if not events:
            for lane in active.values():
                lane.give_up("no answer")
                lane.socket.close()
            active.clear()
        for fd, event in events:
            lane = active[fd]
            done = False
            if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                done = lane.read()
            if not done:
                try:
                    lane.write()
                except OSError as error:
                    done = lane.give_up(error.strerror)
            if done:
                poll.unregister(fd)
                lane.socket.close()
                del active[fd]
            else:
                poll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if lane.unsent else 0))
    poll.close()


# ---------------------------------------------------------------- proxies

HEAD = """global
  nbthread 1
  maxconn 4000

defaults
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  retries 0

"""


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Proxy:
    def __init__(self, binary, sections, directory, name):
        self.ports = free_ports(len(sections))
        self.file = directory / f"{name}.cfg"
        self.file.write_text(HEAD + "\n".join(s.text(p) for s, p in zip(sections, self.ports)))
        self.log = open(directory / f"{name}.log", "wb")
        self.process = subprocess.Popen([binary, "-db", "-f", str(self.file)], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        for port in self.ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        self.stop()
                        raise RuntimeError(f"{binary} does not run {self.file}:\n"
                                           + (directory / f"{name}.log").read_text(errors="replace")[-3000:])
                    time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def version(binary):
    out = subprocess.run([binary, "-v"], capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", out)
    return (int(found[1]), int(found[2])) if found else (0, 0)


# ---------------------------------------------------------------- the comparison

def make_sections(r, ports, keys, release, first):
    newer = release >= (3, 3)
    wanted = [(r.choices(["uri", "hdr", "url_param", "source"], [5, 2, 2, 2])[0], h) for h in HASH_TYPES]
    wanted += [("source", "consistent"), ("source", "map-based"), ("roundrobin", ""), ("roundrobin", ""),
               ("static-rr", ""), ("static-rr", ""), ("first", "")]
    if release >= (3, 0):  # default ports and empty paths are left out; equal loads go by lot
        wanted += [("host", ""), ("host", "consistent")]
    else:
        wanted += [("leastconn", ""), ("leastconn", "")]
    return [Section(r, first + i, kind, h, ports, keys, newer) for i, (kind, h) in enumerate(wanted)]


def lanes_of(section, port, side):
    section.answers[side] = [None] * len(section.requests)
    everything = range(len(section.requests))
    if section.sources:
        return [Lane(port, section, side, [i]) for i in everything]
    count = 1 if section.ordered else 4
    return [Lane(port, section, side, list(everything[k::count])) for k in range(count)]


def report(section, binaries, seed, proxies):
    """Prints the first difference of a section."""
    ours, reference = section.answers["ours"], section.answers["reference"]
    wrong = [i for i in range(len(ours)) if ours[i] != reference[i]]
    i = wrong[0]
    print(f"\nDIFFERENT: seed {seed}, section c{section.number}: {len(wrong)} of {len(ours)} requests; "
          f"the first is request {i}" + (" (in order, one connection)" if section.ordered else ""))
    print(f"  reference {binaries['reference']}: server {reference[i]}")
    print(f"  ours      {binaries['ours']}: server {ours[i]}")
    print(f"  request   {section.requests[i]!r}" + (f" from {section.sources[i]}" if section.sources else ""))
    print("  configuration (any ports, each server answering with its number):")
    print("".join("    " + line + "\n" for line in section.text("PORT").splitlines()), end="")
    if section.ordered:
        shown = slice(max(i - 10, 0), i + 10)
        print(f"  answers around it, reference: {' '.join(map(str, reference[shown]))}")
        print(f"  answers around it, ours:      {' '.join(map(str, ours[shown]))}")


def own_network_possible():
    return os.geteuid() == 0 and all(map(shutil.which, ("unshare", "ip", "mount"))) and subprocess.run(
        ["unshare", "-n", "-m", "true"], capture_output=True).returncode == 0


def in_own_network(names):
    """The same once more, with an /etc/hosts and interfaces of its own."""
    with tempfile.NamedTemporaryFile("w", prefix="hosts-") as hosts:
        hosts.write("127.0.0.1 localhost\n::1 localhost\n")
        hosts.flush()
        before = "ip link set lo up; mount --make-rprivate /; mount --bind \"$0\" /etc/hosts; "
        if names == "no-ipv6":
            before += "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; "
        return subprocess.run(["unshare", "-n", "-m", "sh", "-ec", before + 'exec "$@"', hosts.name, sys.executable, *sys.argv,
                               "--names", names],
                              env={**os.environ, "PLACEMENT_NAMES": names}).returncode


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", default=os.environ.get("HAPROXY_PROGRAM", "/usr/sbin/haproxy").split(",")[0])
    parser.add_argument("--ours", default=str(root / "build/release/ringway"))
    parser.add_argument("--placements", type=int, default=1000000, help="requests compared in total, at least")
    parser.add_argument("--keys", type=int, default=2000, help="requests per section")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--quick", action="store_true", help="75,000 placements")
    parser.add_argument("--keep", metavar="DIR", help="leave configurations and logs there")
    parser.add_argument("--names", choices=["dual", "no-ipv6"], help="names have both addresses; with or without IPv6")
    parser.add_argument("--origin", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.origin:
        return origin()
    if arguments.names and os.environ.get("PLACEMENT_NAMES") != arguments.names:
        return in_own_network(arguments.names)
    if not shutil.which(arguments.reference):
        print(f"no reference proxy at {arguments.reference}: nothing compared\n0 passed, 0 failed, 1 skipped")
        return 0
    if not shutil.which(arguments.ours):
        print(f"no proxy at {arguments.ours}: build it first", file=sys.stderr)
        return 2
    worlds = 0
    if arguments.quick:
        arguments.keys, arguments.placements = 1000, 20000 if arguments.names else 75000
        if not arguments.names and own_network_possible():
            worlds = sum(in_own_network(names) != 0 for names in ("dual", "no-ipv6"))
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    binaries = {"reference": arguments.reference, "ours": arguments.ours}
    release = version(arguments.reference)
    print(f"seed {seed}; reference {'.'.join(map(str, version(arguments.reference)))}", flush=True)

    directory = pathlib.Path(arguments.keep or tempfile.mkdtemp(prefix="placement-"))
    directory.mkdir(parents=True, exist_ok=True)
    servers = subprocess.Popen([sys.executable, __file__, "--origin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    done = total = failed = passed = 0
    by_method, by_type, by_kind = collections.Counter(), collections.Counter(), collections.Counter()
    began = time.monotonic()
    try:
        ports = list(map(int, servers.stdout.readline().split()))
        round_seed = seed
        while total < arguments.placements and failed == 0:
            r = random.Random(round_seed)
            sections = make_sections(r, ports, arguments.keys, release, 0)
            running = {}
            try:
                for side, binary in binaries.items():
                    running[side] = Proxy(binary, sections, directory, side)
                lanes = []
                for i, section in enumerate(sections):
                    section.answers = {}
                    for side in binaries:
                        lanes += lanes_of(section, running[side].ports[i], side)
                r.shuffle(lanes)
                ask(lanes)
            finally:
                for proxy in running.values():
                    proxy.stop()
            for section in sections:
                count = len(section.requests)
                total += count
                by_kind[section.kind] += count
                if section.kind not in IN_TURN:
                    words = (section.hash_type or "map-based").split()
                    by_method[words[0]] += count
                    by_type[section.hash_type or "(absent)"] += count
                refused = sum(1 for a in section.answers["reference"] if not (a or "").isdigit())
                if section.answers["ours"] != section.answers["reference"]:
                    failed += 1
                    report(section, binaries, round_seed, running)
                elif refused:
                    # Two equal refusals compare nothing: a fault of this program or of the rig.
                    failed += 1
                    print(f"seed {round_seed}, section c{section.number}: {refused} requests got no server, first: "
                          f"{next(a for a in section.answers['reference'] if not (a or '').isdigit())}")
                    print(section.text("PORT"))
                else:
                    passed += 1
            done += 1
            print(f"round {done}, seed {round_seed}: {total} placements, {failed} sections differ, "
                  f"{time.monotonic() - began:.0f} s", flush=True)
            round_seed += 1
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        servers.stdin.close()
        try:
            servers.wait(3)
        except subprocess.TimeoutExpired:
            servers.kill()
            servers.wait()
        if not arguments.keep:
            shutil.rmtree(directory, ignore_errors=True)
    for title, counter in (("by hash method", by_method), ("by hash type", by_type), ("by algorithm", by_kind)):
        print(f"{title}:")
        for name, count in sorted(counter.items()):
            print(f"  {name:28} {count:9}")
    if failed:
        print(f"see it again with: {sys.argv[0]} --seed {round_seed - 1} --placements 1 --keys {arguments.keys} "
              f"--reference {arguments.reference} --ours {arguments.ours}")
    print(f"{total} placements in {time.monotonic() - began:.0f} s")
    print(f"{passed} passed, {failed + worlds} failed")
    return 1 if failed or worlds else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main())
