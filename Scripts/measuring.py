"""What the benchmarks share: programs, captures, namespaces, CPU time of processes, the tables in performance.md."""

import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/performance.md"
SHARED = ROOT / "../shared/bench"
FOLDER = ROOT / ".bench"
CAPTURES = {
    "10k flows": ("s10k", ["--flows", "10000", "--packets", "3000000", "--seed", "1"]),
    "100k flows": ("s100k", ["--flows", "100000", "--packets", "3000000", "--seed", "2"]),
    "1M flows": ("s1m", ["--flows", "1000000", "--packets", "5000000", "--seed", "3"]),
}


def say(text):
    print(f"\033[1m==>\033[0m {text}", file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"{Path(sys.argv[0]).name}: {text}")


def run(command, **options):
    if subprocess.run(command, **options).returncode != 0:
        fail(f"failed: {' '.join(map(str, command))}")


def make_capture(title):
    """One of CAPTURES: its file, and what is in it; made with ../shared/bench/gen.py where it is missing."""
    if not SHARED.is_dir():
        fail("../shared/bench is not there: it has the generator of the captures and the reference in C")
    FOLDER.mkdir(exist_ok=True)
    name, arguments = CAPTURES[title]
    python = FOLDER / "venv/bin/python"
    path, truth = FOLDER / f"{name}.pcap", FOLDER / f"{name}.json"
    if not (path.exists() and truth.exists()):
        if not python.exists():
            say("installing numpy into .bench/venv")
            run([sys.executable, "-m", "venv", FOLDER / "venv"])
            run([FOLDER / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "numpy"])
        say(f"making a capture of {title}")
        run([python, SHARED / "gen.py", path, *arguments], stdout=subprocess.DEVNULL)
    return path, json.loads(truth.read_text())


def install(packages):
    """Installs the Debian packages whose program is not there; packages by program."""
    missing = sorted({package for program, package in packages.items() if not shutil.which(program)})
    if not missing:
        return
    say(f"installing {' '.join(missing)}")
    if os.geteuid() != 0:
        fail(f"not root; run as root: apt-get install {' '.join(missing)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
        if subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL).returncode != 0:
            fail(f"apt-get {command[0]} failed; see above")


def machine():
    """The machine and the day, for the line below a table."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    load = os.getloadavg()[0]
    return (f"{os.cpu_count()} cores of {cpu.group(1) if cpu else platform.machine()}, Linux {platform.release()}, "
            f"{datetime.date.today().isoformat()}; load average at the start: {load:.1f}.")


def publish(section, text):
    """Prints a text, and puts it between the two marks of its section in performance.md."""
    print(text)
    begin, end = f"<!-- {section}: written by Scripts/{Path(sys.argv[0]).name} -->", f"<!-- end of {section} -->"
    page = PAGE.read_text()
    if begin not in page or end not in page:
        fail(f"{PAGE.relative_to(ROOT)} lacks the line {begin} or {end}")
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")
    say(f"written to {PAGE.relative_to(ROOT)}")


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class VethPair:
    """Two network namespaces joined by a veth: `near` with the interface near, `far` with far; gone at the end.

    Without addresses nothing answers what is sent.
    """

    def __init__(self, near_address=None, far_address=None):
        self.near, self.far = (f"podsight-bench-{end}-{os.getpid()}" for end in ("near", "far"))
        self.addresses = {self.near: near_address, self.far: far_address}

    def __enter__(self):
        if os.geteuid() != 0:
            fail("making network namespaces needs root")
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        for name in (self.near, self.far):
            ip("netns", "add", name)
            for scope in ("all", "default"):
                ip("netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{scope}.disable_ipv6=1")
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.near, "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", self.far)
        for name, interface in ((self.near, "near"), (self.far, "far")):
            if self.addresses[name]:
                ip("-n", name, "address", "add", self.addresses[name], "dev", interface)
            ip("-n", name, "link", "set", interface, "up")

    def __exit__(self, *_):
        for name in (self.near, self.far):
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)

    def start(self, namespace, command, **options):
        """A process in one of the namespaces; its number is that of the command."""
        return subprocess.Popen(["ip", "netns", "exec", namespace, *command], **options)

    def wait_for_capture(self, process):
        """Until a process has opened a packet socket on far."""
        links = subprocess.run(["ip", "-n", self.far, "-j", "link", "show", "far"], check=True, text=True,
                               capture_output=True).stdout
        index = json.loads(links)[0]["ifindex"]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            table = subprocess.run(["ip", "netns", "exec", self.far, "cat", "/proc/net/packet"], check=True, text=True,
                                   capture_output=True).stdout
            if any(int(line.split()[4]) == index for line in table.splitlines()[1:]):
                return
            if process.poll() is not None:
                fail(f"{process.args} ended with {process.returncode}")
            time.sleep(0.1)
        fail(f"{process.args} opened no packet socket")


def stop(process, signal):
    """Ends a process in good order; after 20 s, in any."""
    process.send_signal(signal)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tree(process):
    """A process and all that descend from it."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [process]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def usage(process):
    """CPU seconds of a process and its descendants: all, and the share in the kernel; and resident bytes."""
    total, user, system, resident = 0, 0, 0, 0
    for number in tree(process):
        try:
            for thread in Path(f"/proc/{number}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[0]) / 1e9
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            user, system = user + int(fields[11]), system + int(fields[12])
            resident += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue
    return total, system / max(1, user + system), resident
