"""`podsight flows` and `podsight status` against an instance that replayed the robot-shop recording."""
import csv
import io
import json
import re
import urllib.error
import urllib.request

from program import ROOT, flows, podsight


def get(url, path):
    with urllib.request.urlopen(url + path) as answer:
        return json.load(answer)


def test_a_filter_by_workload_finds_only_those(demo_url):
    found = flows(demo_url, "src.workload=web dst.workload=cart")
    assert found
    for flow in found:
        assert flow["source"]["kubernetes"]["workload"] == {"kind": "Deployment", "name": "web"}
        assert flow["destination"]["kubernetes"]["workload"]["name"] == "cart"


def test_filters_partition_the_flows(demo_url):
    everything = len(flows(demo_url))
    for part in ("proto=tcp", "dst.port=8080", "src.ns=robot-shop", "bytes>1KB", "basis=unknown", "side=source"):
        assert len(flows(demo_url, part)) + len(flows(demo_url, f"not ({part})")) == everything, part


def test_every_output_format_has_the_same_flows(demo_url):
    count = len(flows(demo_url, "dst.service=catalogue"))
    assert count > 0
    arguments = ("flows", "dst.service=catalogue", "--server", demo_url, "--limit", "10000")
    rows = list(csv.DictReader(io.StringIO(podsight(*arguments, "-o", "csv").stdout.decode())))
    assert len(rows) == count
    assert len(json.loads(podsight(*arguments, "-o", "json").stdout)["flows"]) == count
    # What people read leaves out last reports without packets.
    lively = len(flows(demo_url, "dst.service=catalogue packets>0"))
    for form in ("table", "wide"):
        assert len(podsight(*arguments, "-o", form).stdout.decode().splitlines()) == lively + 1


def test_limit_and_time_bound_what_is_shown(demo_url):
    status = get(demo_url, "/api/v1/status")
    assert status["mode"] == "replay"
    everything = flows(demo_url)
    assert len(everything) > 50
    times = [flow["@timestamp"] for flow in everything]
    middle = sorted(times)[len(times) // 2]
    early, late = flows(demo_url, "--until", middle), flows(demo_url, "--since", middle)
    assert early and late and len(early) + len(late) >= len(everything)
    assert all(flow["@timestamp"] <= middle for flow in early)
    few = podsight("flows", "--server", demo_url, "--limit", "5", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["@timestamp"] for line in few] == sorted(times)[-5:]


def test_pages_follow_each_other_without_loss(demo_url):
    seen, cursor = [], ""
    while cursor is not None:
        page = get(demo_url, f"/api/v1/flows?limit=400&cursor={cursor}")
        seen += [flow["event"]["id"] for flow in page["flows"]]
        cursor = page["next"]
    assert len(seen) == page["matched"] == len(set(seen))


def test_status_accounts_for_every_packet(demo_url):
    status = get(demo_url, "/api/v1/status")
    totals = status["capture"]["totals"]
    assert totals["packets"] == totals["metered"] + totals["notIP"] + totals["malformed"]
    assert len(status["capture"]["points"]) == 26
    assert status["cluster"]["pods"] > 0 and status["cluster"]["gaps"] == 0
    assert status["translations"]["known"] > 500
    text = podsight("status", "--server", demo_url).stdout.decode()
    assert str(totals["packets"]) in re.sub(r"[ ,_]", "", text) or "packets" in text


def test_the_graph_counts_what_both_ends_saw_once_by_the_sources_side(demo_url):
    graph = get(demo_url, "/api/v1/graph?q=src.workload%3Dweb+dst.workload%3Dcart")
    assert graph["totals"]["countedTwiceAvoided"] > 0
    expected = sum(flow["network"]["bytes"] for flow in
                   flows(demo_url, "src.workload=web dst.workload=cart side=source"))
    both = sum(flow["network"]["bytes"] for flow in flows(demo_url, "src.workload=web dst.workload=cart"))
    assert graph["totals"]["bytes"] == expected < both
    assert sum(edge["bytes"] for edge in graph["edges"]) + graph["hidden"]["bytes"] == expected


def test_the_graph_with_a_small_limit_still_adds_up(demo_url):
    whole, cut = get(demo_url, "/api/v1/graph"), get(demo_url, "/api/v1/graph?limit=5")
    assert whole["totals"] == cut["totals"]
    assert cut["hidden"]["nodes"] > 0
    for graph in (whole, cut):
        names = {node["id"] for node in graph["nodes"]}
        assert all(edge["source"] in names and edge["target"] in names for edge in graph["edges"])
        assert sum(edge["bytes"] for edge in graph["edges"]) == graph["totals"]["bytes"]


def test_wrong_questions_are_answered_with_what_is_wrong(demo_url):
    for path, word in [("/api/v1/flows?q=src.ns%3D", "value"), ("/api/v1/flows?from=yesterday", "yesterday"),
                       ("/api/v1/flows?limit=99999999", "limit"), ("/api/v1/graph?scope=galaxy", "galaxy"),
                       ("/api/v1/flows?q=" + "(" * 2000, "")]:
        try:
            urllib.request.urlopen(demo_url + path)
            raise AssertionError(path)
        except urllib.error.HTTPError as error:
            assert error.code == 400
            assert word in json.load(error)["error"]["message"], path


def test_a_name_that_only_resolves_to_this_machine_is_refused(demo_url):
    request = urllib.request.Request(demo_url + "/api/v1/status", headers={"Host": "evil.example"})
    try:
        urllib.request.urlopen(request)
        raise AssertionError("DNS rebinding was let through")
    except urllib.error.HTTPError as error:
        assert error.code == 403


def test_the_stream_starts_with_the_status_and_the_graph(demo_url):
    with urllib.request.urlopen(demo_url + "/api/v1/stream?window=1h", timeout=30) as stream:
        events = set()
        while events < {"status", "graph"}:
            line = stream.readline().decode()
            if line.startswith("event: "):
                events.add(line[7:].strip())


def test_metrics_are_well_formed(demo_url):
    with urllib.request.urlopen(demo_url + "/metrics") as answer:
        text = answer.read().decode()
    for line in text.splitlines():
        assert re.fullmatch(r'(# (HELP|TYPE) podsight_\w+ .+)|(podsight_\w+(\{\w+="[^"]*"\})? \d+)', line), line


def test_a_replay_can_be_served_and_gives_the_same_documents(start_server):
    capture = ROOT / "Sources/C/CDemo/robot-shop/captures/redis-0.pcap"
    server = start_server("replay", capture, "--serve", "127.0.0.1:0")
    status = get(server.url, "/api/v1/status")
    assert status["mode"] == "replay" and [point["name"] for point in status["capture"]["points"]] == ["redis-0"]
    printed = {json.loads(line)["event"]["id"]: json.loads(line)
               for line in podsight("replay", capture, "-o", "jsonl").stdout.splitlines()}
    stored = {flow["event"]["id"]: flow for flow in flows(server.url)}
    assert stored == printed and printed
    assert server.stop() == 0
