"""How packets become flows, as the command line says it. Needs ../shared/data."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "pcap"
PODSIGHT = os.environ.get("PODSIGHT", str(ROOT / ".build" / "debug" / "podsight"))

pytestmark = pytest.mark.skipif(
    not DATA.exists() and "CI" not in os.environ, reason="skipped: ../shared/data is not beside this clone"
)


def replay(file, *options):
    command = [PODSIGHT, "replay", str(DATA / file), "-o", "jsonl", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_decapsulation_meters_the_inner_flow_and_keeps_the_tunnel():
    outer = replay("tcpdump/vxlan.pcap")
    inner = replay("tcpdump/vxlan.pcap", "--decapsulate", "vxlan")
    assert {document["destination"]["port"] for document in outer} == {4789}
    assert all("tunnel" not in document["podsight"] for document in outer)
    tunnels = [document["podsight"].get("tunnel") for document in inner]
    assert any(tunnel and tunnel["kind"] == "vxlan" for tunnel in tunnels)
    outer_ends = {document[end]["ip"] for document in outer for end in ("source", "destination")}
    for document in inner:
        tunnel = document["podsight"].get("tunnel")
        if tunnel:
            assert {tunnel["source"], tunnel["destination"]} <= outer_ends
    assert replay("tcpdump/vxlan.pcap", "--decapsulate", "geneve") == outer


def test_direction_by_ports_alone():
    documents = replay("zeek/smtp.pcap", "--direction", "ports")
    assert {document["podsight"]["direction_evidence"] for document in documents} == {"port_rule"}
    for document in documents:
        if document["network"]["transport"] in ("tcp", "udp"):
            assert document["source"]["port"] >= document["destination"]["port"]


def test_without_analysis_there_are_counters_and_flags_alone():
    documents = replay("zeek/smtp.pcap", "--analysis", "none")
    assert documents and all("state" not in document["podsight"].get("tcp", {}) for document in documents)
    full = replay("zeek/smtp.pcap")
    assert [document["source"]["bytes"] for document in documents] == [document["source"]["bytes"] for document in full]


def test_a_bound_on_flows_reports_the_idlest_early_and_loses_nothing():
    free = replay("zeek/wikipedia.pcap")
    bound = replay("zeek/wikipedia.pcap", "--max-flows", "2")
    assert any(document["event"]["reason"] == "lack of resources" for document in bound)
    total = lambda documents: sum(document["network"]["packets"] for document in documents)
    assert total(free) == total(bound)


@pytest.mark.parametrize(
    "options", [["--decapsulate", "vxlan,"], ["--decapsulate", "teredo"], ["--max-flows", "0"], ["--analysis", "some"]]
)
def test_what_is_no_option_is_refused(options):
    command = [PODSIGHT, "replay", str(DATA / "zeek/smtp.pcap"), *options]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 64
