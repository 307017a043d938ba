"""What scripts/bench measures with: programs started and ended, their processor time and memory, and the load."""
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def take_port(kind=socket.SOCK_STREAM):
    """A port that nobody uses, below those that the kernel gives to clients; another bench may run beside this one."""
    for port in random.sample(range(20000, 32000), 200):
        with socket.socket(socket.AF_INET, kind) as one:
            try:
                one.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise SystemExit("bench: no free port between 20000 and 32000")


LOG_PORT = take_port(socket.SOCK_DGRAM)
ORIGIN_PORTS = tuple(take_port() for _ in range(3))


def find_program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


class Children:
    """Everything started here; ended when the run ends."""

    def __init__(self, folder):
        self.folder, self.started = folder, []

    def start(self, cpu, *command):
        errors = open(self.folder / "errors.log", "ab")
        process = subprocess.Popen(["taskset", "-c", str(cpu), *[str(word) for word in command]],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        errors.close()
        self.started.append(process)
        return process

    def stop(self, process):
        for pid in reversed(family(process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()
        self.started.remove(process)

    def said(self):
        """The last lines that any of them wrote to stderr, as one."""
        lines = (self.folder / "errors.log").read_text(errors="replace").strip().splitlines()[-3:]
        return " / ".join(lines) or "it says nothing"

    def start_origin(self, cpu, program):
        words = []
        for n, port in enumerate(ORIGIN_PORTS):
            words += ["--port", port, "--name", f"Flask App {n + 1}"]
        if not wait_port(ORIGIN_PORTS[0], self.start(cpu, program, *words)):
            raise SystemExit("bench: the origin does not start: " + self.said())

    def stop_all(self):
        for process in list(self.started):
            self.stop(process)


def family(pid):
    """A process and all its children, parents first."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += family(int(child))
    except FileNotFoundError:
        pass
    return found


def cpu_seconds(pid):
    total = 0
    for one in family(pid):
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / 1e9


def memory_kib(pid, what="VmRSS"):
    """Resident now, or with VmHWM at most so far; 0 of what has ended."""
    total = 0
    for one in family(pid):
        found = re.search(what + r":\s+(\d+)", pathlib.Path(f"/proc/{one}/status").read_text())
        total += int(found[1]) if found else 0
    return total


def wait_port(port, process, seconds=10, every=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(every)
    return False


def raise_descriptors():
    """As many file descriptors as may be had; how many that is."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    soft = hard if hard != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def wrk(cpu, folder, port, seconds, path, clients, lua=None, fields=(), patience=2):
    """One burst of load: requests, requests/s, p50 and p99 in ms, failures; None when wrk failed."""
    command = ["taskset", "-c", str(cpu), "wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--latency",
               "--timeout", f"{patience}s", *[word for field in fields for word in ("-H", field)]]
    if lua:
        command += ["-s", folder / f"{lua}.lua"]
    text = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
    total = re.search(r"(\d+) requests in", text)
    if not total or total[1] == "0":
        return None

    def percentile(which):
        found = re.search(rf"\b{which}%\s+([\d.]+)(us|ms|s|m)", text)
        return float(found[1]) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[found[2]] if found else None

    failures = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    for line in re.findall(r"Socket errors: (.*)", text):
        failures += sum(int(n) for n in re.findall(r"\d+", line))
    return {"requests": int(total[1]), "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            "p50_ms": percentile(50), "p99_ms": percentile(99), "failures": failures}


def constant(cpu, folder, port, seconds, path, clients, rate):
    """The same at a constant rate of requests a second, whatever the answers take; h2load."""
    log = folder / "latency.log"
    log.unlink(missing_ok=True)
    subprocess.run(["taskset", "-c", str(cpu), "h2load", "--h1", "-t1", f"-c{clients}", f"--rps={max(1, round(rate / clients))}",
                    f"-D{max(1, round(seconds))}", f"--log-file={log}", f"http://127.0.0.1:{port}{path}"],
                   capture_output=True)
    rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    times = sorted(int(row[2]) / 1000 for row in rows if row[1] == "200")
    if not times:
        return None
    return {"requests": len(times), "rps": len(times) / seconds, "p50_ms": times[len(times) // 2],
            "p99_ms": times[len(times) * 99 // 100], "failures": len(rows) - len(times)}


def median(rows, key):
    values = [row[key] for row in rows if row.get(key) is not None]
    return statistics.median(values) if values else None


def shown(value, form="{:.1f}"):
    return "-" if value is None else form.format(value)
