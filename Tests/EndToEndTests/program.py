"""The built program as the end-to-end tests run it, and where the shared data is."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "../shared/data"
BUNDLED = ROOT / "Sources/C/CDemo/robot-shop"
PROGRAM = os.environ.get("PODSIGHT", str(ROOT / ".build/debug/podsight"))
OUTPUT = ROOT / "Tests/EndToEndTests/output"


def need(condition, what):
    """Skips the test, and says why, where something is missing; in CI that is a failure."""
    if condition:
        return
    if os.environ.get("CI"):
        pytest.fail(f"missing in CI: {what}")
    pytest.skip(f"skipped: {what} is missing")


def podsight(*arguments, env=None, timeout=300, **options):
    """Runs the program to its end."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, timeout=timeout,
        env={**os.environ, **(env or {})}, **options)


def replay_robot_shop(folder, *arguments):
    return podsight(
        "replay", *sorted((folder / "captures").glob("*.pcap")), "--cluster", folder / "cluster.jsonl",
        "--conntrack", folder / "conntrack.txt", *arguments)


def documents(result):
    assert result.returncode == 0, result.stderr.decode()
    return [json.loads(line) for line in result.stdout.splitlines()]


class Server:
    """A podsight process that serves; found by the URL that it prints."""

    def __init__(self, *arguments, env=None, timeout=180):
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})})
        self.log = b""
        self.url = self._wait_for_url(timeout)

    def _wait_for_url(self, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.process.stderr], [], [], 1)
            if ready:
                chunk = os.read(self.process.stderr.fileno(), 65536)
                if not chunk:
                    break
                self.log += chunk
                found = re.search(rb" at (http://[0-9.:\[\]a-z]+:\d+)", self.log)
                if found:
                    return found.group(1).decode()
        self.process.kill()
        raise AssertionError(f"no URL within {timeout} s: {self.log.decode()}")

    def stop(self, signum=signal.SIGTERM, timeout=60):
        if self.process.poll() is None:
            self.process.send_signal(signum)
        try:
            _, rest = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.log += rest or b""
        return self.process.returncode


def dns_port(server, seconds=60):
    """Where a server says that it answers DNS."""
    deadline = time.monotonic() + seconds
    while not (found := re.search(rb"DNS is answered at 127\.0\.0\.1:(\d+)", server.log)):
        assert time.monotonic() < deadline, server.log
        if select.select([server.process.stderr], [], [], 1)[0]:
            server.log += os.read(server.process.stderr.fileno(), 65536)
    return int(found.group(1))


def dig(port, *arguments):
    """What dig prints of an answer."""
    need(shutil.which("dig"), "dig (apt-get install bind9-dnsutils)")
    result = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), "+tries=1", "+time=20", *arguments],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


# A cable with one end here and the other in a namespace of its own, and what runs over it.
LEFT, RIGHT = "10.199.7.1", "10.199.7.2"


def sh(command):
    subprocess.run(["bash", "-c", command], check=True, capture_output=True)


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError("it did not come to pass")


def flows(url, *arguments):
    result = podsight("flows", *arguments, "--server", url, "-o", "jsonl", "--limit", "10000")
    assert result.returncode == 0, result.stderr.decode()
    return [json.loads(line) for line in result.stdout.splitlines()]


def send(count, port, payload=b"x" * 100):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(payload, (RIGHT, port))


def run_arguments(tmp_path, *more):
    return ("run", "--listen", "127.0.0.1:0", "--interface", "pst-a", "--interval", "1s", "--store",
            tmp_path / "flows.sqlite", *more)
