"""Loads a server of a detector with clients that send one file: is anything lost, is memory flat?

    python benchmarks/serve.py DETECTOR FILE [--clients 16] [--requests 1000] [--parallel 2] [--queue 32]

Starts `avdf serve` on a free port, with --page also its page. Each client sends its next file as soon as its
last one is answered; one that is told to come back (503) does so after the time it is told. Prints seconds a
file (p50, p95, the slowest), files a second, and the memory of the server with its decoders after a tenth, a
half and all of the requests.
"""

import argparse
import http.client
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

TOP = Path(__file__).parents[1]
BOUNDARY = "a-line-that-no-file-holds"
CHECKPOINTS = (0.1, 0.5, 1.0)  # of the requests


@dataclass
class Tally:
    """What clients have seen. Times are of the whole file, waiting included."""

    num_requests: int
    server: psutil.Process
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    times_s: list[float] = field(default_factory=list)
    scores: set[float] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    num_refused: int = 0
    memory: dict[int, tuple[float, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, spent_s: float, status: int, content: bytes) -> None:
        with self.lock:
            if status != 200:
                self.failures.append(f"{status}: {content[:200]!r}")
                return
            self.times_s.append(spent_s)
            self.scores.add(json.loads(content)["score"])
            if len(self.times_s) in {round(share * self.num_requests) for share in CHECKPOINTS}:
                self.memory[len(self.times_s)] = memory_mib(self.server)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("detector", type=Path, metavar="DETECTOR")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--queue", type=int, default=32)
    parser.add_argument("--page", action="store_true", help="serve the page as well")
    arguments = parser.parse_args()
    words = ["--port", "0", "--parallel", str(arguments.parallel), "--queue", str(arguments.queue)]
    words += [] if arguments.page else ["--no-page"]
    command = [sys.executable, str(TOP / "tools" / "serve.py"), str(arguments.detector), *words]
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {arguments.clients} clients, "
        f"{' '.join(words[2:])}"
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline()
            port = int(re.findall(r":(\d+)$", address.strip())[0])
            tally = Tally(arguments.requests, psutil.Process(server.pid))
            wait_for(port)
            started = time.perf_counter()
            load(port, form_of(arguments.file), tally, arguments.clients)
            report(tally, time.perf_counter() - started)
        finally:
            server.terminate()


def load(port: int, body: bytes, tally: Tally, num_clients: int) -> None:
    threads = [threading.Thread(target=client, args=(port, body, tally)) for _ in range(num_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def client(port: int, body: bytes, tally: Tally) -> None:
    while next(tally.numbers) < tally.num_requests:
        started = time.perf_counter()
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
            kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            connection.request("POST", "/predict", body, kind)
            answer = connection.getresponse()
            content, wait_s = answer.read(), answer.headers.get("Retry-After")
            connection.close()
            if answer.status != 503:
                break
            with tally.lock:
                tally.num_refused += 1
            time.sleep(float(wait_s or 1))
        tally.add(time.perf_counter() - started, answer.status, content)


def report(tally: Tally, clock_s: float) -> None:
    lost = tally.num_requests - len(tally.times_s)
    print(f"{tally.num_requests} requests, {lost} without an answer, {tally.num_refused} told to come back")
    for failure in tally.failures[:5]:
        print(f"  {failure}")
    p50, p95, most = np.quantile(tally.times_s, [0.5, 0.95, 1.0])
    rate = len(tally.times_s) / clock_s
    print(
        f"p50 {p50:.3f} s, p95 {p95:.3f} s, slowest {most:.3f} s, {rate:.1f} files/s, "
        f"{len(tally.scores)} different scores"
    )
    print("| requests | server, MiB | with its decoders, MiB |")
    print("|---|---|---|")
    for number, (alone, together) in sorted(tally.memory.items()):
        print(f"| {number} | {alone:.0f} | {together:.0f} |")


def memory_mib(server: psutil.Process) -> tuple[float, float]:
    """Resident memory of a process, and together with that of its children."""
    alone = server.memory_info().rss / 2**20
    return alone, alone + sum(child.memory_info().rss / 2**20 for child in server.children(recursive=True))


def wait_for(port: int) -> None:
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            return
        except ConnectionRefusedError:
            time.sleep(0.1)


def form_of(path: Path) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return head.encode() + path.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()


if __name__ == "__main__":
    main()
