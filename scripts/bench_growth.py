"""scripts/bench --growth: how cost grows with connections, servers, URIs, header fields and the configuration.

Each part climbs its steps; at each step the proxies load the very same file. What a step measures: processor time per
request under load (median of the rounds, the proxies by turns), resident memory behind the load, the time from start to
the first accepted connection, and what `-c` takes.
"""
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import bench_plot
from bench_common import (ORIGIN_PORTS, Children, cpu_seconds, find_program, median, memory_kib, shown, take_port, wait_port,
                          wrk)

PATIENCE = 120  # seconds that a start or -c may take
CONFIG = """global
    maxconn {maxconn}
    nbthread 1
defaults
    mode http
    timeout connect 5000ms
    timeout client  50000ms
    timeout server  50000ms
frontend http_front
    bind 127.0.0.1:{port}
    default_backend backend1
"""
BACKEND = "backend backend{n}\n    balance uri\n    hash-type consistent\n"
# metric: title, unit, how it is printed
METRICS = {"cpu_us": ("CPU per request", "µs", "{:.2f}"), "memory_mib": ("resident memory", "MiB", "{:.1f}"),
           "start_s": ("start till it accepts", "s", "{:.3f}"), "start_cpu_s": ("CPU of a start", "s", "{:.3f}"),
           "check_s": ("-c", "s", "{:.3f}"), "check_cpu_s": ("CPU of -c", "s", "{:.3f}"),
           "check_mib": ("memory of -c", "MiB", "{:.1f}")}


@dataclasses.dataclass
class Part:
    text: str
    unit: str
    steps: tuple
    metrics: tuple
    servers: int = 3  # in each backend; "servers": the step itself


PARTS = {
    "connections": Part("1 to 8000 kept connections", "connections", (1, 10, 100, 1000, 8000), ("cpu_us", "memory_mib")),
    "servers": Part("3 to 10,000 servers in one backend, consistent hash", "servers", (3, 100, 1000, 10000),
                    ("cpu_us", "memory_mib", "start_s")),
    "uris": Part("10 to 1,000,000 URIs, balance uri", "URIs", (10, 1000, 100000, 1000000), ("cpu_us",)),
    "fields": Part("5 to 100 header fields in a request", "fields", (5, 25, 50, 100), ("cpu_us",)),
    "config": Part("10 to 10,000 backends of 10 servers each: -c and start", "backends", (10, 100, 1000, 10000),
                   ("check_s", "check_cpu_s", "check_mib", "start_s", "start_cpu_s", "memory_mib"), servers=10),
}


class Progress:
    """A line on the terminal that says what goes on; nothing elsewhere."""

    def say(self, text):
        if sys.stderr.isatty():
            print("\r  " + text[:100].ljust(100), end="", file=sys.stderr, flush=True)

    def clear(self):
        if sys.stderr.isatty():
            print("\r" + " " * 102 + "\r", end="", file=sys.stderr, flush=True)


class Growth:
    def __init__(self, options, proxies, descriptors, children, deadline):
        self.options, self.proxies, self.children, self.deadline = options, proxies, children, deadline
        self.cpu, self.load_cpu = options.cpus.split(",")
        # Both sides of each connection are descriptors, and so are the idle links to the servers.
        self.maxconn = max(64, min(8200, (descriptors - 1000) // 2))
        self.progress, self.failures = Progress(), []

    def failed(self, sentence):
        self.progress.clear()
        print(f"  {sentence}", file=sys.stderr)
        self.failures.append(sentence)

    def write_config(self, part, step, proxy, port):
        backends = step if part is PARTS["config"] else 1
        servers = step if part is PARTS["servers"] else part.servers
        path = self.children.folder / f"{proxy}.cfg"
        with path.open("w") as file:
            file.write(CONFIG.format(maxconn=self.maxconn, port=port))
            for n in range(backends):
                file.write(BACKEND.format(n=n + 1))
                file.writelines(f"    server server{s + 1} 127.0.0.1:{ORIGIN_PORTS[s % 3]}\n" for s in range(servers))
        return path

    def load(self, part, step):
        """What wrk does at this step."""
        how = {"path": "/", "clients": 32, "patience": 10}
        if part is PARTS["connections"]:
            how["clients"] = step
        elif part is PARTS["fields"]:  # Host is one; names and values as long as browsers'
            how["fields"] = [f"X-Bench-Field-{n}: {'v' * 24}" for n in range(step - 1)]
        else:
            uris = step if part is PARTS["uris"] else 5000
            (self.children.folder / "uris.lua").write_text(
                f'local i = 0; request = function() i = (i + 1) % {uris}; return wrk.format("GET", "/item/" .. i) end')
            how["lua"] = "uris"
        return how

    def start(self, proxy, program, path, port):
        """The process and what its start took; None when it does not accept in time."""
        begin = time.monotonic()
        process = self.children.start(self.cpu, program, "-db", "-f", path)
        patience = min(PATIENCE, self.deadline - begin)
        if not wait_port(port, process, patience, every=0.002):
            running = process.poll() is None
            self.failed(f"{proxy} does not accept within {patience:.0f} s" if running else
                        f"{proxy} does not start: {self.children.said()}")
            self.children.stop(process)
            return None
        took = time.monotonic() - begin
        return process, {"start_s": took, "start_cpu_s": cpu_seconds(process.pid), "memory_mib": memory_kib(process.pid) / 1024}

    def check(self, proxy, program, path):
        """What -c takes: wall and CPU seconds, the most memory."""
        begin, most = time.monotonic(), 0
        process = self.children.start(self.cpu, program, "-c", "-f", path)
        while True:
            most = max(most, memory_kib(process.pid, "VmHWM"))  # wait4 would count what the fork of this script had
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() - begin > min(PATIENCE, max(1.0, self.deadline - begin)):
                self.children.stop(process)
                self.failed(f"{proxy} -c takes more than {time.monotonic() - begin:.0f} s")
                return {}
            time.sleep(0.002)
        took = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        self.children.started.remove(process)
        if process.returncode != 0:
            self.failed(f"{proxy} -c refuses the file: {self.children.said()}")
            return {}
        return {"check_s": took, "check_cpu_s": used.ru_utime + used.ru_stime, "check_mib": most / 1024}

    def measure_load(self, part, step, running):
        seconds = max(self.options.seconds, 4 if part is PARTS["connections"] and step > 1000 else 0)
        how = self.load(part, step)
        rows = {proxy: [] for proxy in running}
        for turn in range(self.options.rounds + 1):  # the first warms caches and the links to the servers
            for proxy, (process, port, _) in running.items():
                if time.monotonic() > self.deadline:
                    return rows
                self.progress.say(f"{step} {part.unit}: {'warm-up' if turn == 0 else f'round {turn} of {self.options.rounds}'}, "
                                  f"{proxy}")
                before = cpu_seconds(process.pid)
                row = wrk(self.load_cpu, self.children.folder, port, seconds if turn else 1, **how)
                if row is None:
                    self.failed(f"{proxy} answers nothing at {step} {part.unit}")
                    continue
                if turn == 0:
                    continue
                if row["failures"]:
                    self.failed(f"{proxy} fails {row['failures']} of {row['requests']} requests at {step} {part.unit}")
                rows[proxy].append({"cpu_us": (cpu_seconds(process.pid) - before) * 1e6 / row["requests"]})
        return rows

    def step(self, part, step):
        found = {"at": step}
        for turn in range(self.options.rounds if part is PARTS["config"] else 1):
            self.one_start(part, step, found, turn)
        for proxy, figures in found.items():
            if proxy != "at":
                found[proxy] = {key: median(figures["rounds"], key) for key in part.metrics
                                if median(figures["rounds"], key) is not None}
        return found

    def one_start(self, part, step, found, turn):
        running = {}
        try:
            for proxy, _, program in self.proxies:
                if time.monotonic() > self.deadline:
                    return
                port = take_port()
                rounds = found.setdefault(proxy, {"rounds": []})["rounds"]
                self.progress.say(f"{step} {part.unit}: round {turn + 1}, {proxy} starts")
                path = self.write_config(part, step, proxy, port)
                figures = self.check(proxy, program, path) if part is PARTS["config"] else {}
                started = self.start(proxy, program, path, port)
                if started:
                    process, took = started
                    running[proxy] = process, port, {**figures, **took}
                    rounds.append(running[proxy][2])
                    if part is PARTS["config"]:
                        self.children.stop(running.pop(proxy)[0])
            if part is PARTS["config"]:
                return
            rows = self.measure_load(part, step, running)
            for proxy, (process, _, _) in running.items():
                found[proxy]["rounds"][0]["memory_mib"] = memory_kib(process.pid) / 1024
                found[proxy]["rounds"] += rows[proxy]
        finally:
            for process, _, _ in running.values():
                self.children.stop(process)

    def run(self, name):
        part, rows = PARTS[name], []
        print(f"\n{name}: {part.text}", flush=True)
        for step in part.steps:
            if name == "connections" and step > self.maxconn:
                self.failed(f"{step} connections want more descriptors than may be had; left out")
                continue
            if time.monotonic() > self.deadline:
                self.failed(f"out of time before {step} {part.unit}")
                break
            rows.append(self.step(part, step))
        self.progress.clear()
        print_table(part, rows, [proxy for proxy, _, _ in self.proxies])
        return rows


def ratio(row, proxy, metric):
    mine, theirs = (row.get(one, {}).get(metric) for one in (proxy, "haproxy"))
    return mine / theirs if mine and theirs else None


def print_table(part, rows, proxies):
    others = [proxy for proxy in proxies if proxy != "haproxy" and "haproxy" in proxies]
    for metric in part.metrics:
        title, unit, form = METRICS[metric]
        print(f"  {title + ', ' + unit:28}" + "".join(f"{proxy:>12}" for proxy in proxies)
              + "".join(f"{proxy + '/haproxy':>18}" for proxy in others))
        for row in rows:
            print(f"  {row['at']:>12,} {part.unit:15}" + "".join(f"{shown(row.get(p, {}).get(metric), form):>12}" for p in proxies)
                  + "".join(f"{shown(ratio(row, p, metric), '{:.2f}'):>18}" for p in others), flush=True)


def main(options, proxies, descriptors, about):
    names = options.growth or list(PARTS)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ringway-bench-"))
    folder.chmod(0o755)
    children, found = Children(folder), {}
    deadline = time.monotonic() + options.minutes * 60
    growth = Growth(options, proxies, descriptors, children, deadline)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    turns = sum(len(PARTS[name].steps) * (options.rounds * options.seconds + 1) for name in names if name != "config")
    print(f"bench: growth of {', '.join(names)}, {', '.join(p for p, _, _ in proxies)}; about "
          f"{turns * len(proxies) / 60 + 1.5:.0f} min, at most {options.minutes:.0f}")
    try:
        children.start_origin(options.cpus.split(",")[1], find_program(options.origin))
        for name in names:
            found[name] = growth.run(name)
    except KeyboardInterrupt:
        growth.failed("interrupted; what there is:")
    finally:
        growth.progress.clear()
        children.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    document = {"about": {**about, "descriptors": descriptors}, "growth": found, "failures": growth.failures}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(document, indent=1) + "\n")
    if options.svg:
        panels = [(name, PARTS[name].unit, *METRICS[metric][:2],
                   {proxy: [(row["at"], row[proxy][metric]) for row in rows if row.get(proxy, {}).get(metric)]
                    for proxy, _, _ in proxies})
                  for name, rows in found.items() for metric in PARTS[name].metrics if metric != "check_mib"]
        pathlib.Path(options.svg).write_text(bench_plot.curves(panels, [proxy for proxy, _, _ in proxies]))
    return 1 if any(one.startswith("ringway") for one in growth.failures) else 0
