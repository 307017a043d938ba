"""What scripts/demo runs once everything is installed: three apps and ringway on a file of conf/tutorial/."""
import collections
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("RINGWAY_PROGRAM", ROOT / "build/release/ringway"))
ORIGIN = pathlib.Path(os.environ.get("RINGWAY_ORIGIN", ROOT / "build/release/origin"))
PORTS = (5001, 5002, 5003)  # as the tutorial's files name them


def free(address, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return True
        except OSError:
            return False


class Places:
    """Where apps and proxy listen: as the tutorial has it when that is free, else somewhere else, and said."""

    def __init__(self):
        # The configuration names the apps' ports. Where one is taken, the apps move to another loopback address; where
        # one is taken on all of them, ringway reads a copy of the file with other ports.
        self.address = next((a for a in (f"127.0.0.{n}" for n in range(1, 10)) if all(free(a, p) for p in PORTS)), None)
        self.ports = PORTS
        if self.address is None:
            self.address = "127.0.0.1"
            room = [p for p in range(15001, 32000) if p % 1000 < 100 and free(self.address, p)][:len(PORTS)]
            if len(room) < len(PORTS):
                raise RuntimeError("no three ports are free on 127.0.0.1")
            self.ports = tuple(room)
        self.port = next((p for p in range(8080, 8200) if free("0.0.0.0", p)), None)
        if self.port is None:
            raise RuntimeError("ports 8080 to 8199 are all taken")

    def __eq__(self, other):
        return (self.address, self.ports, self.port) == (other.address, other.ports, other.port)

    def remarks(self):
        ports = " ".join(map(str, self.ports))
        if self.ports != PORTS:
            yield (f"ports 5001 to 5003 are taken; the apps listen on {ports},\n"
                   "      and ringway reads a copy of the file with these")
        elif self.address != "127.0.0.1":
            yield f"ports 5001 to 5003 are not all free on 127.0.0.1; the apps listen on {self.address}"
        if self.port != 8080:
            yield f"port 8080 is taken; ringway listens on {self.port}"

    def say(self):
        for remark in self.remarks():
            print(f"demo: {remark}", flush=True)

    def file(self, rules, folder):
        """The configuration to run: the tutorial's own, or its copy in `folder` with the ports of this machine."""
        own = ROOT / f"conf/tutorial/{rules}.cfg"
        if self.ports == PORTS:
            return own
        text = own.read_text()
        for named, ours in zip(PORTS, self.ports):
            text = re.sub(rf"(?<=:){named}\b", str(ours), text)
        copy = pathlib.Path(folder) / own.name
        copy.write_text(text)
        return copy


def wait_for(address, port, process, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        try:
            socket.create_connection((address, port), 1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


class Stage:
    """Three apps and a proxy; leaving the `with` block ends them."""

    def __init__(self, rules, quiet, places):
        self.rules, self.quiet, self.places = rules, quiet, places
        self.apps, self.proxy, self.log = [], None, None
        self.folder = tempfile.TemporaryDirectory(prefix="ringway-demo.")
        self.address, self.port = places.address, places.port

    def __enter__(self):
        try:
            for n in range(3):
                self.start_app(n)
            command = [PROGRAM, "-f", self.places.file(self.rules, self.folder.name), "-db", "--port", self.port]
            for n in range(3):
                command += ["--resolve", f"app{n + 1}:{self.address}"]
            command = [str(word) for word in command]
            if not self.quiet:
                shown = " ".join(os.path.relpath(word, ROOT) if word.startswith(str(ROOT)) else word for word in command)
                print(f"demo: {shown}\n")
            self.log = tempfile.TemporaryFile("w+")
            output = self.log if self.quiet else None
            self.proxy = subprocess.Popen(command, stdout=output, stderr=output)
            if not wait_for("127.0.0.1", self.port, self.proxy):
                self.log.seek(0)
                raise RuntimeError("ringway did not start\n" + self.log.read())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in [self.proxy, *self.apps]:
            if process and process.poll() is None:
                process.terminate()
        for process in [self.proxy, *self.apps]:
            if process:
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.folder.cleanup()

    def start_app(self, n):
        port = self.places.ports[n]
        app = subprocess.Popen([str(ORIGIN), "--bind", self.address, "--port", str(port), "--name", f"Flask App {n + 1}"])
        if n < len(self.apps):
            self.apps[n] = app
        else:
            self.apps.append(app)
        if not wait_for(self.address, port, app):
            raise RuntimeError(f"app {n + 1} did not start")

    def stop_app(self, n):
        self.apps[n].terminate()
        self.apps[n].wait()

    def ask(self, client, path):
        """Which app answers this client for this path; "status N" when none does."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=(client, 0))
        try:
            link.request("GET", path)
            response = link.getresponse()
            response.read()
            if response.status != 200:
                return f"status {response.status}"
            return response.getheader("X-Served-By", "nobody")
        except OSError as fault:
            return f"no answer ({fault})"
        finally:
            link.close()


def homes(stage, clients, paths, key):
    """{client or path: the apps that answered it}"""
    seen = collections.defaultdict(set)
    for client in clients:
        for path in paths:
            seen[client if key == "client" else path].add(stage.ask(client, path))
    return seen


def show(seen, what):
    by_app = collections.defaultdict(list)
    for key, apps in seen.items():
        by_app[" and ".join(sorted(apps))].append(key)
    for app in sorted(by_app):
        print(f"  {app:14} {', '.join(by_app[app])}")
    return all(len(apps) == 1 and next(iter(apps)).startswith("Flask App") for apps in seen.values())


def once(rules, places):
    """Plays one file of the tutorial; returns whether all went as it should."""
    good = True

    def expect(condition, text):
        nonlocal good
        good = good and condition
        print(f"  {'ok  ' if condition else 'FAIL'} {text}")

    key = "client" if rules == "source" else "path"
    with Stage(rules, True, places) as stage:
        print(f"\nconf/tutorial/{rules}.cfg: each {key} has one app")
        clients = [f"127.0.0.{n}" for n in (range(11, 23) if rules == "source" else (11, 12, 13))]
        paths = ["/", "/cart", "/item/7"] if rules == "source" else ["/"] + [f"/item/{n}" for n in range(1, 12)]
        before = homes(stage, clients, paths, key)
        expect(show(before, key), f"every {key} is always answered by the same app")
        used = set().union(*before.values())
        expect(len(used) > 1, f"{len(used)} apps share the work")

        lost = sorted(used)[0]
        n = int(lost[-1]) - 1 if lost.startswith("Flask App") else 0
        probe = next(k for k, apps in before.items() if lost in apps)
        ask = (lambda: stage.ask(probe, "/")) if key == "client" else (lambda: stage.ask("127.0.0.1", probe))

        def until(condition, seconds=20):
            end = time.monotonic() + seconds
            while not condition(ask()) and time.monotonic() < end:
                time.sleep(0.1)

        print(f"  {lost} goes away")
        stage.stop_app(n)
        until(lambda app: app.startswith("Flask App"))
        during = homes(stage, clients, paths, key)
        expect(show(during, key) and all(lost not in apps for apps in during.values()), "the other two answer for it")
        expect(all(during[k] == apps for k, apps in before.items() if lost not in apps),
               f"no {key} of theirs changed its app")
        print(f"  {lost} comes back")
        stage.start_app(n)
        until(lambda app: app == lost)
        expect(homes(stage, clients, paths, key) == before, f"every {key} is where it was")
    return good


def play(rules, places):
    with Stage(rules, False, places) as stage:
        url = f"http://127.0.0.1:{stage.port}"
        print("Three apps and ringway are running. Try, in another terminal:\n")
        if rules == "source":
            print(f"  curl {url}/                                # always the same app: it is chosen by your address")
            print(f"  curl --interface 127.0.0.7 {url}/          # another client, perhaps another app")
            print(f"  for i in $(seq 2 20); do curl -s --interface 127.0.0.$i {url}/; done")
        else:
            print(f"  curl {url}/item/1                          # always the same app: it is chosen by the path")
            print(f"  for i in $(seq 20); do curl -s {url}/item/$i; done")
        print(f"  kill {stage.apps[0].pid}                                 # Flask App 1 goes away; six seconds later "
              "the others have its share")
        print("\nBelow is ringway's log. Ctrl-C ends everything.\n", flush=True)
        stage.proxy.wait()
        return stage.proxy.returncode in (0, -signal.SIGINT, -signal.SIGTERM)


def main():
    words = sys.argv[1:]  # scripts/demo has looked at them
    rules = [word for word in words if word in ("source", "uri")]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Looked at before minutes of compiling, and once more after them.
        places = Places()
        places.say()
        if "--no-build" not in words:
            only = ["--configure"] if "--prepare" in words else []
            if subprocess.run(["bash", ROOT / "scripts/build", *only, "release", "ringway", "origin"]).returncode:
                return 1
        if "--prepare" in words:
            return 0
        for program in (PROGRAM, ORIGIN):
            if not os.access(program, os.X_OK):
                raise RuntimeError(f"{program} is not there: leave --no-build out")
        now = Places()
        if now != places:
            now.say()
        if "--once" in words:
            results = [once(one, now) for one in rules or ("source", "uri")]
            print("\nAll as it should be." if all(results) else "\nNot all as it should be.")
            return 0 if all(results) else 1
        return 0 if play((rules or ["source"])[0], now) else 1
    except KeyboardInterrupt:
        print("\ndemo: ended")
        return 0
    except RuntimeError as fault:
        print(f"demo: {fault}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
