"""The built program as the end-to-end tests run it, and where the shared data is."""
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "../shared/data"
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
