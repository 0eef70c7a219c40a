"""The judgement: every call of the recorded truth is found between the right pods."""
import calendar
import collections
import json
import os
import pathlib
import pty
import subprocess
import time

import pytest
from program import PROGRAM, ROOT, documents, podsight, replay_robot_shop


def truth(folder):
    rows = [json.loads(line) for line in (folder / "traffic_truth.jsonl").open()]
    return [row for row in rows if row.get("answer")]


def moment(text):
    """Seconds since the epoch of our nine-decimal RFC 3339."""
    whole, fraction = text.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def wire_tuple(document):
    source, destination = document["source"], document["destination"]
    return (source["ip"], source.get("port"),
            destination.get("orig_ip", destination["ip"]), destination.get("orig_port", destination["port"]))


def pod(end, field="name"):
    return end.get("kubernetes", {}).get("pod", {}).get(field)


def test_every_answered_call_from_a_pod_is_found_between_the_true_pods(robot_shop, capsys):
    flows = documents(replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none"))
    by_tuple = collections.defaultdict(list)
    for flow in flows:
        if flow["network"]["transport"] == "tcp":
            by_tuple[wire_tuple(flow)].append(flow)
    table = collections.Counter()
    wrong = []
    for call in truth(robot_shop):
        if call["src_app"] == "EXT":
            continue
        answered_by = call["answer"].split()[0]
        key = (call["src_ip"], call["src_port"], call["dst_ip"], call["dst_port"])
        # At either end: who called, and the address that was called.
        found = [flow for flow in by_tuple[key]
                 if moment(flow["event"]["start"]) - 1 < call["t_end"]
                 and call["t"] - 1 < moment(flow["event"]["end"])]
        if not found:
            table["not found"] += 1
            wrong.append((call, None))
            continue
        for flow in found:
            source, destination = flow["source"], flow["destination"]
            if pod(source) is None or pod(destination) is None:
                table["unknown"] += 1
                wrong.append((call, flow))
            elif pod(source, "uid") == call["src_uid"] and pod(destination) == answered_by:
                table["right"] += 1
                if flow["destination"].get("orig_ip") not in (call["dst_ip"], None):
                    wrong.append((call, flow))
            else:
                table["wrong"] += 1
                wrong.append((call, flow))
    with capsys.disabled():
        print("\n  robot-shop, answered calls from a pod: " + ", ".join(
            f"{count} {name}" for name, count in sorted(table.items())))
    assert not wrong, wrong[:3]
    assert table["right"] >= 749 and not (table["wrong"] or table["unknown"] or table["not found"])


def test_calls_from_outside_through_a_node_port_name_the_true_client(robot_shop):
    flows = documents(replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none"))
    by_client = {(flow["source"]["ip"], flow["source"].get("port")): flow for flow in flows
                 if flow["network"]["transport"] == "tcp"}
    calls = [call for call in truth(robot_shop) if call["src_app"] == "EXT"]
    assert calls
    for call in calls:
        flow = by_client[(call["src_ip"], call["src_port"])]
        assert pod(flow["destination"]) == call["answer"].split()[0]
        assert flow["destination"]["kubernetes"]["service"]["name"] == call["dst_service"]


def test_no_flow_names_a_pod_for_an_address_that_it_did_not_have(robot_shop):
    flows = documents(replay_robot_shop(robot_shop, "-o", "jsonl"))
    addresses = collections.defaultdict(set)
    for call in truth(robot_shop):
        if call["src_app"] != "EXT":
            addresses[call["src_uid"]].add(call["src_ip"])
    for flow in flows:
        for end in (flow["source"], flow["destination"]):
            known = addresses.get(pod(end, "uid"))
            if known and ":" not in end["ip"]:
                assert end["ip"] in known, flow


def test_interval_reports_sum_up_to_the_whole_flows(robot_shop):
    def totals(flows):
        sums = collections.Counter()
        for flow in flows:
            key = (flow["observer"]["name"], flow["network"]["community_id"], flow["podsight"]["flow"]["start"])
            sums[key] += flow["network"]["packets"]
        return {key: value for key, value in sums.items() if value}
    whole = documents(replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none"))
    parts = documents(replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "10s"))
    assert totals(whole) == totals(parts)
    assert len(parts) > len(whole)


def test_replay_is_deterministic_to_the_byte(robot_shop):
    first = replay_robot_shop(robot_shop, "-o", "jsonl")
    second = replay_robot_shop(robot_shop, "-o", "jsonl")
    assert first.returncode == 0 and first.stdout and first.stdout == second.stdout


def test_every_packet_is_accounted_for(robot_shop):
    result = replay_robot_shop(robot_shop, "-o", "none")
    last = result.stderr.decode().strip().splitlines()[-1]
    packets = 0
    for capture in (robot_shop / "captures").glob("*.pcap"):
        data = capture.read_bytes()
        offset = 24
        while offset < len(data):
            offset += 16 + int.from_bytes(data[offset + 8:offset + 12], "little")
            packets += 1
    assert f"{packets} packets read" in last, last
    numbers = [int(word) for word in last.replace(",", "").split() if word.isdigit()]
    assert numbers, last


def test_the_demo_holds_the_same_recording(robot_shop):
    """The bundled copy gives the same flows as the recording that it was made from."""
    bundled = ROOT / "Sources/C/CDemo/robot-shop"
    ours = replay_robot_shop(pathlib.Path(bundled), "-o", "jsonl", "--interval", "none")
    theirs = replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none")
    assert ours.returncode == 0, ours.stderr.decode()
    assert ours.stdout == theirs.stdout


BUNDLED = ROOT / "Sources/C/CDemo/robot-shop"


def listed(path):
    """The objects of a whole list as the API server gave it while everything ran."""
    bodies = collections.defaultdict(str)
    for line in (BUNDLED / "cluster.jsonl").open():
        row = json.loads(line)
        if "chunk" in row and row["url"] == path:
            bodies[row["id"]] += row["chunk"]
    return json.loads(next(iter(bodies.values())))


@pytest.mark.parametrize("form", ["a file of kubectl get -o json", "a folder of YAML documents"])
def test_manifests_are_a_constant_state(tmp_path, form):
    pods = listed("/api/v1/pods")
    if form.startswith("a file"):
        state = tmp_path / "pods.json"
        state.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Pod", **pod} for pod in pods["items"]]}))
    else:
        state = tmp_path / "state"
        state.mkdir()
        # JSON is YAML; three documents a file.
        for start in range(0, len(pods["items"]), 3):
            (state / f"pods-{start}.yaml").write_text("".join(
                f"---\n{json.dumps({'apiVersion': 'v1', 'kind': 'Pod', **pod})}\n"
                for pod in pods["items"][start:start + 3]))
    capture = BUNDLED / "captures/cart-54fc554bc8-stw4z.pcap"
    flows = documents(podsight("replay", capture, "--cluster", state, "-o", "jsonl", "--interval", "none"))
    callers = collections.Counter(
        pod(flow["source"]) for flow in flows if pod(flow["destination"]) == "cart-54fc554bc8-stw4z")
    assert callers["shipping-54798dd7fd-t664w"] > 0 and callers["web-b87496c94-j6pgk"] > 0
    assert all(flow["observer"]["name"] == "cart-54fc554bc8-stw4z" for flow in flows)


def test_a_terminal_gets_a_progress_bar_and_a_table(tmp_path):
    """Through a pseudo-terminal, with a capture that takes longer than the half second before a bar is shown."""
    capture = BUNDLED / "captures/cart-54fc554bc8-stw4z.pcap"
    data = capture.read_bytes()
    long = tmp_path / "long.pcap"
    long.write_bytes(data[:24] + data[24:] * 400)
    reader, writer = pty.openpty()
    process = subprocess.Popen([PROGRAM, "replay", long], stdout=writer, stderr=writer)
    os.close(writer)
    output = b""
    while True:
        try:
            chunk = os.read(reader, 65536)
        except OSError:
            break
        if not chunk:
            break
        output += chunk
    assert process.wait(60) == 0
    assert "█".encode() in output and b" packets  " in output
    assert b"SOURCE" in output and b"packets read from 1 capture" in output
