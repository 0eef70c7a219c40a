"""TCP analysis beside tshark's, on captures that others made. Needs tshark and ../shared/data."""

import concurrent.futures
import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "pcap"
PODSIGHT = os.environ.get("PODSIGHT", str(ROOT / ".build" / "debug" / "podsight"))
FIELDS = [
    "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.len", "tcp.flags.reset",
    "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission",
    "tcp.analysis.out_of_order", "tcp.analysis.lost_segment", "tcp.analysis.zero_window",
]
COUNTS = ["payload_bytes", "retransmitted", "out_of_order", "lost", "zero_windows", "resets"]
# Every so many of the captures are compared, and all that are judged: each takes tshark a third of a second.
STEP = 5

pytestmark = pytest.mark.skipif(
    not DATA.exists() and "CI" not in os.environ, reason="skipped: ../shared/data is not beside this clone"
)


def judged():
    """The captures of which the documentation says that they differ."""
    page = (ROOT / "docs" / "reference" / "oracle-differences.md").read_text()
    return set(re.findall(r"^\| `([^`]+)`", page.split("## TCP analysis")[1], re.M))


def captures():
    """Captures with TCP and nothing malformed."""
    found = []
    for source in sorted((DATA / "oracle").glob("*.jsonl")):
        for line in source.read_text().splitlines():
            row = json.loads(line)
            has_tcp = any(flow["proto"] == 6 for flow in row["flows"])
            if has_tcp and not row["malformed_frames"] and not row["short_l4_frames"] and row["tshark_rc"] == 0:
                found.append(row["file"])
    return found


def tshark(file):
    """Counts by direction."""
    command = ["tshark", "-n", "-r", str(DATA / file), "-Y", "tcp", "-E", "occurrence=f", "-T", "fields"]
    command += ["-o", "tcp.desegment_tcp_streams:FALSE", "-o", "ip.defragment:FALSE"]
    for field in FIELDS:
        command += ["-e", field]
    directions = {}
    for line in subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.splitlines():
        row = dict(zip(FIELDS, line.split("\t")))
        source = f"{row['ip.src'] or row['ipv6.src']} {row['tcp.srcport']}"
        destination = f"{row['ip.dst'] or row['ipv6.dst']} {row['tcp.dstport']}"
        counts = directions.setdefault((source, destination), Counter())
        again = [f"tcp.analysis.{kind}retransmission" for kind in ("", "fast_", "spurious_")]
        counts["retransmitted"] += any(row[field] for field in again)
        counts["out_of_order"] += bool(row["tcp.analysis.out_of_order"])
        counts["lost"] += bool(row["tcp.analysis.lost_segment"])
        counts["zero_windows"] += bool(row["tcp.analysis.zero_window"])
        counts["resets"] += row["tcp.flags.reset"] in ("1", "True")
        counts["payload_bytes"] += int(row["tcp.len"] or 0)
    return directions


def podsight(file):
    """Counts by direction."""
    command = [PODSIGHT, "replay", str(DATA / file), "-o", "jsonl", "--interval", "none", "--idle-timeout", "never"]
    directions = {}
    for line in subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.splitlines():
        document = json.loads(line)
        tcp = document["podsight"].get("tcp", {})
        if "state" not in tcp:
            continue
        ends = [f"{document[end]['ip']} {document[end]['port']}" for end in ("source", "destination")]
        for (a, b), end in ((ends, "source"), (ends[::-1], "destination")):
            counts = directions.setdefault((a, b), Counter())
            for name in COUNTS:
                counts[name] += tcp[end][name]
    return directions


def compare(file):
    theirs, ours = tshark(file), podsight(file)
    differing, compared = [], 0
    for direction, counts in theirs.items():
        if direction not in ours:
            # What is in tunnels is not metered here.
            continue
        for name in COUNTS:
            compared += 1
            if counts[name] != ours[direction][name]:
                differing.append(f"{file} {' > '.join(direction)}: {name} {ours[direction][name]}, tshark {counts[name]}")
    return file, compared, differing


def test_tcp_analysis_agrees_with_tshark():
    """Every number of every direction, or the documentation says why not."""
    expected = judged()
    files = captures()
    files = sorted(set(files[::STEP]) | (expected & set(files)))
    unexplained, differing, compared = [], set(), 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for file, count, differences in pool.map(compare, files):
            compared += count
            if differences:
                differing.add(file)
                if file not in expected:
                    unexplained += differences
    print(f"\nTCP analysis: {compared} numbers of {len(files)} captures, {len(differing)} captures differ, all explained")
    assert compared > 2000
    assert unexplained == []
    assert expected == differing, "these agree and need no row in the documentation"
