"""What happened in the cluster, as SysFlow's Kubernetes events tell it."""
import collections
import json
import urllib.request

import pytest
from program import BUNDLED, podsight

RECORDING = BUNDLED / "cluster.jsonl"


def recorded():
    """How many objects were listed at first, and how many watch events of each type came, by kind: the API's own bytes."""
    counts, streams, lists = collections.Counter(), collections.defaultdict(str), collections.defaultdict(str)
    for line in RECORDING.open():
        row = json.loads(line)
        if "chunk" in row:
            (streams if "watch=true" in row["url"] else lists)[row["id"], row["url"]] += row["chunk"]
    for text in streams.values():
        for line in text.splitlines():
            event = json.loads(line)
            if event["type"] != "BOOKMARK":
                counts[event["object"]["kind"], event["type"]] += 1
    for (_, url), text in lists.items():
        if url.endswith("?limit=500"):
            listing = json.loads(text)
            counts[listing["kind"].removesuffix("List"), "ADDED"] += len(listing["items"])
    return counts


def events(*arguments):
    result = podsight("events", *arguments, "-o", "jsonl")
    assert result.returncode == 0, result.stderr.decode()
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_experiments_steps_are_told_in_the_order_of_their_times():
    found = events("--cluster", RECORDING)
    assert [row["ts"] for row in found] == sorted(row["ts"] for row in found)
    pods = {row["object"]["name"] for row in found if row["action"] == "K8S_COMPONENT_DELETED"
            and row["kind"] == "K8S_PODS"}
    assert any(name.startswith("mongodb-") for name in pods)
    moved = [row for row in found if row["kind"] == "K8S_SERVICES" and "10.96.77.77" in row["message"]]
    assert [(row["object"]["name"], row["action"][14:]) for row in moved if row["action"] != "K8S_COMPONENT_MODIFIED"] == [
        ("tmp-a", "ADDED"), ("tmp-a", "DELETED"), ("tmp-b", "ADDED"), ("tmp-b", "DELETED")]
    for row in found:
        assert list(row) == ["ts", "time", "kind", "action", "object", "summary", "message"]
        message = json.loads(row["message"])
        assert message["kind"] == row["object"]["kind"]
        assert message["items"][0]["name"] == row["object"]["name"]
        assert "K8S_COMPONENT_" + message["type"] == row["action"]


def test_every_event_of_the_api_is_told_once():
    found = collections.Counter((row["object"]["kind"], row["action"].removeprefix("K8S_COMPONENT_"))
                                for row in events("--cluster", RECORDING))
    assert found == recorded()


def test_each_pod_is_added_once_and_deleted_once():
    actions = collections.Counter((row["object"]["uid"], row["action"]) for row in events("--cluster", RECORDING, "--kind", "pod"))
    assert {count for (_, action), count in actions.items() if action != "K8S_COMPONENT_MODIFIED"} == {1}
    for (uid, action) in actions:
        assert (uid, "K8S_COMPONENT_ADDED") in actions, action


def test_time_kind_namespace_and_limit_narrow_it():
    everything = events("--cluster", RECORDING)
    part = events("--cluster", RECORDING, "--since", "2026-11-21T01:36:15Z", "--until", "2026-11-21T01:36:25Z")
    assert part == [row for row in everything
                    if "2026-11-21T01:36:15" <= row["time"] < "2026-11-21T01:36:25"] and part
    assert events("--cluster", RECORDING, "--kind", "svc", "-n", "kube-system") == [
        row for row in everything if row["kind"] == "K8S_SERVICES" and row["object"]["namespace"] == "kube-system"]
    assert events("--cluster", RECORDING, "--limit", "3") == everything[-3:]


def test_a_table_is_for_people():
    lines = podsight("events", "--cluster", RECORDING, "--kind", "service").stdout.decode().splitlines()
    assert lines[0].split() == ["TIME", "ACTION", "KIND", "OBJECT", "WHAT"]
    assert any("robot-shop/tmp-a" in line and "address 10.96.77.77" in line for line in lines)


def test_an_instance_tells_the_same(demo_url):
    for form in ("table", "json", "jsonl"):
        arguments = ("--kind", "pod", "-o", form)
        assert podsight("events", *arguments, "--server", demo_url).stdout == \
            podsight("events", *arguments, "--cluster", RECORDING).stdout
    with urllib.request.urlopen(f"{demo_url}/api/v1/events?ns=robot-shop&limit=2") as response:
        answer = json.load(response)
    assert len(answer["events"]) == 2 and answer["matched"] > 100


@pytest.mark.parametrize("arguments", [
    ["--kind", "nothing"], ["--since", "noon"], ["--limit", "-1"], ["--cluster", "a", "--server", "b"], ["-o", "csv"],
])
def test_a_question_that_makes_no_sense_is_a_wrong_command_line(arguments):
    assert podsight("events", *arguments).returncode == 64
