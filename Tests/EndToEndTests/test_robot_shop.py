"""The judgement: every call of the recorded truth is found between the right pods."""
import calendar
import collections
import json
import os
import pty
import subprocess
import time

import pytest
from program import BUNDLED, PROGRAM, ROOT, documents, podsight, replay_robot_shop


def truth():
    """Which pod called which service, and which pod answered, in its own words; calls without an answer left out."""
    rows = [json.loads(line) for line in (ROOT / "Tests/EndToEndTests/fixtures/robot_shop_truth.jsonl").open()]
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


def outcome(call, flows):
    """What became of one call: every flow that is it must name its true ends."""
    if not flows:
        return "not found"
    named = [(pod(flow["source"], "uid"), pod(flow["destination"])) for flow in flows]
    if any(None in ends for ends in named):
        return "unknown"
    return "right" if set(named) == {(call["src_uid"], call["answer"].split()[0])} else "wrong"


def test_every_answered_call_from_a_pod_is_found_between_the_true_pods(robot_shop, capsys):
    flows = documents(replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none"))
    by_tuple = collections.defaultdict(list)
    owners = collections.defaultdict(set)
    for flow in flows:
        if flow["network"]["transport"] == "tcp":
            by_tuple[wire_tuple(flow)].append(flow)
        for end in (flow["source"], flow["destination"]):
            owners[end["ip"]].add(pod(end, "uid"))
    table = collections.defaultdict(collections.Counter)
    wrong = []
    for call in truth():
        if call["src_app"] == "EXT":
            continue
        # At either end: who called, and the address that was called.
        found = [flow for flow in by_tuple[call["src_ip"], call["src_port"], call["dst_ip"], call["dst_port"]]
                 if moment(flow["event"]["start"]) - 1 < call["t_end"]
                 and call["t"] - 1 < moment(flow["event"]["end"])]
        result = outcome(call, found)
        if result != "right":
            wrong.append((call, found))
        ends = {call["src_ip"]} | {flow["destination"]["ip"] for flow in found}
        rows = ["all"]
        rows += ["through a service address"] * any("orig_ip" in flow["destination"] for flow in found)
        rows += ["an end at a reused address"] * any(len(owners[end] - {None}) > 1 for end in ends)
        rows += ["held open across kills"] * bool(call.get("held"))
        rows += ["seen at both ends"] * (len(found) > 1)
        for row in rows:
            table[row][result] += 1
    columns = ("right", "wrong", "unknown", "not found")
    with capsys.disabled():
        print(f"\n\n  {'answered calls from a pod':28}" + "".join(f"{name:>11}" for name in columns))
        for row, counts in table.items():
            print(f"  {row:28}" + "".join(f"{counts[name]:11}" for name in columns))
    assert not wrong, wrong[:3]
    assert table["all"] == {"right": 749}
    assert table["an end at a reused address"]["right"] > 0


def test_calls_from_outside_through_a_node_port_name_the_true_client(robot_shop):
    flows = documents(replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none"))
    by_client = {(flow["source"]["ip"], flow["source"].get("port")): flow for flow in flows
                 if flow["network"]["transport"] == "tcp"}
    calls = [call for call in truth() if call["src_app"] == "EXT"]
    assert calls
    for call in calls:
        flow = by_client[(call["src_ip"], call["src_port"])]
        assert pod(flow["destination"]) == call["answer"].split()[0]
        assert flow["destination"]["kubernetes"]["service"]["name"] == call["dst_service"]


def test_no_flow_names_a_pod_for_an_address_that_it_did_not_have(robot_shop):
    flows = documents(replay_robot_shop(robot_shop, "-o", "jsonl"))
    addresses = collections.defaultdict(set)
    for call in truth():
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


def test_the_demo_holds_the_same_recording(shared_data):
    """The bundled copy gives the same flows as the recording that it was made from."""
    robot_shop = shared_data / "robot-shop"
    ours = replay_robot_shop(BUNDLED, "-o", "jsonl", "--interval", "none")
    theirs = replay_robot_shop(robot_shop, "-o", "jsonl", "--interval", "none")
    assert ours.returncode == 0, ours.stderr.decode()
    assert ours.stdout == theirs.stdout


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
