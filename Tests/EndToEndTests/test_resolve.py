"""Who had this address? Asked for every address of the recorded truth, at its time."""
import calendar
import collections
import csv
import io
import json
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from program import BUNDLED, PROGRAM, ROOT, podsight

RECORDING = BUNDLED / "cluster.jsonl"


def truth():
    return [json.loads(line) for line in (ROOT / "Tests/EndToEndTests/fixtures/robot_shop_truth.jsonl").open()]


def ask(lines, *arguments):
    text = "".join(f"{line}\n" for line in lines)
    result = podsight("resolve", "--stdin", *arguments, input=text.encode())
    return result, result.stdout.decode().splitlines()


def hand_overs():
    """The moments at which an address got an owner or lost one, by address."""
    moments = collections.defaultdict(list)
    for address in {call["src_ip"] for call in truth() if call.get("src_ip")}:
        result = podsight("resolve", "--history", address, "--cluster", RECORDING, "-o", "jsonl")
        for line in result.stdout.decode().splitlines():
            row = json.loads(line)
            moments[address] += [seconds(row[name]) for name in ("from", "until") if row[name]]
    return moments


def seconds(text):
    whole, fraction = text.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def answered():
    """Each answered call with the address that answered, from the reply tuple of the kernel's connection tracking."""
    replies = collections.defaultdict(list)
    for line in (BUNDLED / "conntrack.txt").open():
        if " tcp " not in line or "[UNREPLIED]" not in line or "[NEW]" not in line:
            continue
        fields = collections.defaultdict(list)
        for word in line.split():
            name, equals, value = word.partition("=")
            if equals:
                fields[name].append(value)
        key = (fields["src"][0], int(fields["sport"][0]), fields["dst"][0], int(fields["dport"][0]))
        replies[key].append((float(line[1:line.index("]")]), fields["src"][1], int(fields["sport"][1])))
    for call in truth():
        if not call.get("answer"):
            continue
        key = (call["src_ip"], call["src_port"], call["dst_ip"], call["dst_port"])
        near = [reply for reply in replies[key] if abs(reply[0] - call["t"]) < 2]
        if near:
            yield call, min(near, key=lambda reply: abs(reply[0] - call["t"]))


def test_every_caller_of_the_truth_is_the_pod_that_called():
    calls = [call for call in truth() if call.get("src_pod") and call.get("src_ip")]
    result, lines = ask(map(json.dumps, calls), "--cluster", RECORDING, "--ip-field", "src_ip", "--at-field", "t")
    assert result.returncode == 0, result.stderr.decode()
    assert len(lines) == len(calls) > 700
    moments = hand_overs()
    for call, line in zip(calls, lines):
        answer = json.loads(line)
        assert answer["query"] == call["src_ip"]
        assert answer["identity"]["name"] == call["src_pod"], (call, answer)
        assert answer["identity"]["uid"] == call["src_uid"], (call, answer)
        near = any(abs(moment - call["t"]) <= 3 for moment in moments[call["src_ip"]])
        assert answer["certainty"] == "certain" or near, (call, answer)


def test_every_address_that_answered_is_the_pod_that_answered():
    found = list(answered())
    assert len(found) > 700
    questions = [f"{address}:{port} {moment}" for _, (moment, address, port) in found]
    result, lines = ask(questions, "--cluster", RECORDING)
    assert result.returncode == 0
    for (call, (moment, _, _)), line in zip(found, lines, strict=True):
        answer = json.loads(line)
        assert answer["identity"]["name"] == call["answer"].split()[0], (call, answer)
        assert answer["certainty"] in ("certain", "uncertain")
        assert seconds(answer["from"]) <= moment < seconds(answer["until"] or "2099-01-01T00:00:00.0Z")


def test_every_service_that_was_called_is_named_by_its_address_and_port():
    calls = [call for call in truth() if call.get("src_pod")]
    result, lines = ask([f"{call['dst_ip']}:{call['dst_port']} {call['t']}" for call in calls], "--cluster", RECORDING)
    assert result.returncode == 0
    for call, line in zip(calls, lines, strict=True):
        answer = json.loads(line)
        assert (answer["basis"], answer["identity"]["name"]) == ("service", call["dst_service"]), (call, answer)


def test_csv_says_the_same_as_json():
    questions = ["172.17.0.9 1795224960", "nothing", "172.17.0.9 1795225010.5", "10.96.0.10:53 1795224960"]
    result, lines = ask(questions, "--cluster", RECORDING)
    table, _ = ask(questions, "--cluster", RECORDING, "-o", "csv")
    assert result.returncode == table.returncode == 1
    rows = list(csv.DictReader(io.StringIO(table.stdout.decode())))
    for row, line in zip(rows, lines, strict=True):
        answer = json.loads(line)
        identity = answer["identity"] or {}
        for name in ("query", "at", "from", "until", "basis", "certainty"):
            assert row[name] == (answer[name] or "")
        for name in ("kind", "namespace", "name", "uid", "node"):
            assert row[name] == (identity.get(name) or "")
        assert row["services"].split() == identity.get("services", [])


def test_a_bad_line_has_an_answer_in_its_place_and_is_told_of():
    questions = ["172.17.0.9 1795224960", "", "172.17.0.300 1795224960", "172.17.0.9 noon", '{"ip":', '{"at":5}', "9" * 100_000,
                 "172.17.0.9 1795224960"]
    result, lines = ask(questions, "--cluster", RECORDING)
    assert result.returncode == 1
    assert b"6 of 8 lines" in result.stderr
    answers = [json.loads(line) for line in lines]
    assert len(answers) == 8
    assert answers[0] == answers[7]
    for answer in answers[1:7]:
        assert answer["identity"] is None and answer["basis"] == "unknown" and answer["reason"]


def test_a_documents_own_fields_are_asked_about(robot_shop):
    """What a replay writes is a list of questions: the answer is the attribution."""
    capture = BUNDLED / "captures/cart-54fc554bc8-stw4z.pcap"
    flows = podsight("replay", capture, "--cluster", RECORDING, "-o", "jsonl", "--interval", "none").stdout
    result = podsight("resolve", "--stdin", "--cluster", RECORDING, "--ip-field", "source.ip", "--port-field",
                      "source.port", "--at-field", "podsight.flow.start", input=flows)
    assert result.returncode == 0, result.stderr.decode()
    compared = 0
    for flow, answer in zip(flows.splitlines(), result.stdout.splitlines(), strict=True):
        flow, answer = json.loads(flow), json.loads(answer)
        pod = flow["source"].get("kubernetes", {}).get("pod", {})
        if pod and answer["identity"]["kind"] == "pod":
            assert answer["identity"]["uid"] == pod["uid"]
            compared += 1
    assert compared > 100


def test_nobody_is_an_answer_with_its_own_exit_code():
    assert podsight("resolve", "172.17.0.9", "--cluster", RECORDING, "--at", "1795224960").returncode == 0
    nobody = podsight("resolve", "8.8.8.8", "--cluster", RECORDING)
    assert nobody.returncode == 2 and b"nobody known" in nobody.stdout
    assert podsight("resolve", "--history", "8.8.8.8", "--cluster", RECORDING).returncode == 2


@pytest.mark.parametrize("arguments", [
    [], ["x"], ["1.2.3.4:99999"], ["1.2.3.4", "--stdin"], ["1.2.3.4", "--at", "noon"], ["--stdin", "-o", "table"],
    ["--stdin", "--all"], ["1.2.3.4", "--ip-field", "a"], ["--stdin", "--cluster", "-"],
    ["1.2.3.4", "--cluster", "a", "--server", "b"], ["--history", "a", "--at", "5m"],
])
def test_a_question_that_makes_no_sense_is_a_wrong_command_line(arguments):
    assert podsight("resolve", *arguments).returncode == 64


def test_without_an_instance_the_server_is_unavailable():
    assert podsight("resolve", "1.2.3.4", "--server", "http://127.0.0.1:1").returncode == 69
    assert ask(["1.2.3.4"], "--server", "http://127.0.0.1:1")[0].returncode == 69


def test_an_instance_answers_as_the_recording_does(demo_url):
    questions = ["172.17.0.9 1795224960", "bad", '{"ip":"172.17.0.9","at":1795225010}', "10.96.0.10:53 1795224960"] * 5_000
    for form in ("jsonl", "csv"):
        there, _ = ask(questions, "--server", demo_url, "-o", form)
        here, _ = ask(questions, "--cluster", RECORDING, "-o", form)
        assert there.returncode == here.returncode == 1
        assert there.stdout == here.stdout
        assert there.stderr == here.stderr
    for form in ("table", "json", "jsonl", "csv"):
        arguments = ("172.17.0.9", "--at", "1795224960", "-o", form)
        assert podsight("resolve", *arguments, "--server", demo_url).stdout == \
            podsight("resolve", *arguments, "--cluster", RECORDING).stdout
        arguments = ("--history", "172.17.0.9", "-o", form)
        assert podsight("resolve", *arguments, "--server", demo_url).stdout == \
            podsight("resolve", *arguments, "--cluster", RECORDING).stdout
    assert podsight("resolve", "8.8.8.8", "--server", demo_url).returncode == 2
    assert podsight("resolve", "--history", "8.8.8.8", "--server", demo_url).returncode == 2


def get(url):
    try:
        with urllib.request.urlopen(url) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_api_answers_and_refuses(demo_url):
    path = f"{demo_url}/api/v1/resolve"
    status, answer = get(f"{path}?ip=172.17.0.9&at=1795224960&all=true")
    assert status == 200
    assert answer["identity"]["name"].startswith("mongodb-")
    assert answer["next"]["identity"]["name"].startswith("web-")
    assert [holder["holding"] for holder in answer["holders"]] == ["pod"]
    status, answer = get(f"{path}?ip=10.96.0.10&port=53&protocol=udp&at=2026-11-21T01:36:00Z")
    assert answer["identity"]["name"] == "kube-dns"
    for query, code in [("", "missing"), ("?ip=x", "bad_address"), ("?ip=1.2.3.4&port=x", "bad_address"),
                        ("?ip=1.2.3.4&at=x", "bad_time"), ("?ip=1.2.3.4&protocol=icmp", "bad_address"),
                        ("?ip=1.2.3.4&format=x", "bad_choice")]:
        assert get(path + query) == (400, {"error": get(path + query)[1]["error"]})
        assert get(path + query)[1]["error"]["code"] == code
    assert get(f"{path}?history=nobody")[0] == 404
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(path, data=b"x" * 1_100_000, method="POST"))
    assert refusal.value.code == 413


def test_answers_come_while_the_questions_go_on():
    process = subprocess.Popen([PROGRAM, "resolve", "--stdin", "--cluster", str(RECORDING)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for moment in ("1795224960", "1795225010"):
        process.stdin.write(f"172.17.0.9 {moment}\n".encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["certainty"] == "certain"
    process.stdin.close()
    assert process.stdout.read() == b""
    assert process.wait(60) == 0


def test_with_clocks_that_may_differ_an_answer_near_a_change_names_both():
    # mongodb lost 172.17.0.9 at 01:36:19, web had it from 01:36:35.
    arguments = ["172.17.0.9", "--at", "2026-11-21T01:36:30Z", "--cluster", RECORDING, "-o", "jsonl"]
    assert json.loads(podsight("resolve", *arguments).stdout)["certainty"] == "unknown"
    doubtful = json.loads(podsight("resolve", *arguments, "--clock-tolerance", "15s").stdout)
    assert doubtful["certainty"] == "ambiguous" and len(doubtful["candidates"]) == 2
