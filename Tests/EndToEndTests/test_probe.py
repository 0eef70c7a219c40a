"""`podsight probe`: real packets in a network namespace, sent to a collector that comes and goes."""
import collections
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from program import LEFT, PROGRAM, RIGHT, ROOT, Server, flows, need, podsight, sh, wait_for

PROBE = os.environ.get("PODSIGHT_PROBE", str(pathlib.Path(PROGRAM).with_name("podsight-probe")))
POD = {"PODSIGHT_POD_NAMESPACE": "shop", "PODSIGHT_POD_NAME": "cart-0", "PODSIGHT_POD_UID": "uid-1",
       "PODSIGHT_NODE_NAME": "node-1"}


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    """The committed schema as protobuf's own library reads it."""
    protoc = pytest.importorskip("grpc_tools.protoc")
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    file = tmp_path_factory.mktemp("schema") / "podsight.binpb"
    folder = ROOT / "docs/reference"
    assert protoc.main(["protoc", f"-I{folder}", f"--descriptor_set_out={file}", str(folder / "podsight.proto")]) == 0
    pool = descriptor_pool.DescriptorPool()
    for description in descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file:
        pool.Add(description)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"podsight.v1.{name}"))


class Probe:
    """A probe in a network namespace; its standard error is read all the time."""

    def __init__(self, namespace, *arguments, env=POD, program=PROBE, prefix=()):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *prefix, program, *map(str, arguments)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **env})
        self.log = b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.log += line

    def wait_until_it_runs(self):
        wait_for(lambda: b"sending flows to" in self.log or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.decode()
        return self

    def stop(self, signum=signal.SIGTERM, timeout=20):
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signum)
        self.process.wait(timeout)
        self.reader.join(5)
        return self.process.returncode, time.monotonic() - began


@pytest.fixture
def start_probe():
    probes = []

    def start(namespace, *arguments, **options):
        probes.append(Probe(namespace, *arguments, **options))
        return probes[-1]

    yield start
    for probe in probes:
        if probe.process.poll() is None:
            probe.stop(signal.SIGKILL)


class Recorder(http.server.BaseHTTPRequestHandler):
    """A collector of the test's own: keeps what is posted and answers as it is told."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.popleft() if self.server.answers else self.server.status
        self.server.posts.append((time.monotonic(), status, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if status == "hang":
            self.server.released.wait(60)
            return
        self.send_response(status, "as it was told")
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def recorder(veth):
    servers = []

    def start(status=204, answers=(), headers={}, port=0, context=None):
        server = http.server.ThreadingHTTPServer((LEFT, port), Recorder)
        server.daemon_threads = True
        server.status, server.answers, server.headers = status, collections.deque(answers), headers
        server.posts, server.released = [], threading.Event()
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"{'https' if context else 'http'}://{LEFT}:{server.server_port}"
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


def free_port():
    with socket.socket() as free:
        free.bind((LEFT, 0))
        return free.getsockname()[1]


def collector(start_server, tmp_path, port):
    return start_server("run", "--no-cluster", "--listen", f"{LEFT}:{port}", "--interface", "lo", "--store",
                        tmp_path / "collector.sqlite")


def send_from(namespace, count, port, size=100):
    """So many datagrams from the namespace to this end of the cable."""
    script = (f"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              f"[s.sendto(b'x' * {size}, ('{LEFT}', {port})) for _ in range({count})]")
    subprocess.run(["ip", "netns", "exec", namespace, "python3", "-c", script], check=True)


def packets(url, port):
    return sum(flow["source"]["packets"] for flow in flows(url, f"dst.port={port}", "--since", "1h"))


def status(url):
    return json.loads(podsight("status", "--server", url, "-o", "json").stdout)


def exporter(url):
    found = status(url)["exporters"]
    return found[0] if found else None


def test_a_pods_traffic_arrives_with_exact_counts_and_its_name(veth, tmp_path, start_server, start_probe):
    server = collector(start_server, tmp_path, free_port())
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()
    sh(f"cd {tmp_path} && echo hello > page")
    page = subprocess.Popen(["python3", "-m", "http.server", "8099", "--bind", LEFT], cwd=tmp_path,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        fetch = (f"import urllib.request as u\nfor _ in range(20): assert u.urlopen("
                 f"'http://{LEFT}:8099/page').read() == b'hello\\n'")
        wait_for(lambda: subprocess.run(["ip", "netns", "exec", veth, "python3", "-c", fetch],
                                        stderr=subprocess.DEVNULL).returncode == 0)
    finally:
        page.kill()
        page.wait()
    send_from(veth, 300, 9999)
    wait_for(lambda: packets(server.url, 9999) == 300)
    wait_for(lambda: sum(1 for flow in flows(server.url, "dst.port=8099") if "end" in flow["event"]["type"]) >= 20)
    found = flows(server.url, "dst.port=9999")
    assert sum(flow["source"]["bytes"] for flow in found) == 300 * 128
    assert {flow["source"]["kubernetes"]["pod"]["name"] for flow in found} == {"cart-0"}
    assert {flow["source"]["kubernetes"]["namespace"] for flow in found} == {"shop"}
    # The probe's own connection to the collector is not among the flows.
    port = server.url.rsplit(":", 1)[1]
    assert not flows(server.url, f"dst.port={port} src.ip={RIGHT}")
    assert probe.stop()[0] == 0, probe.log
    assert not flows(server.url, f"dst.port={port} src.ip={RIGHT}")
    told = exporter(server.url)
    assert (told["id"], told["pod"], told["node"]) == ("uid-1", "shop/cart-0", "node-1")
    assert told["batches"] > 0 and told["duplicates"] == 0 and told["reports"] >= 20 and told["losses"] == {}
    assert "shop/cart-0" in podsight("status", "--server", server.url).stdout.decode()


def test_every_packet_of_the_interface_is_in_the_flows(veth, tmp_path, recorder, schema, start_probe):
    """The interface's own counters are the oracle: all packets but those of the probe's own connection."""
    server = recorder()
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()

    def counters():
        lines = subprocess.run(["ip", "-n", veth, "-s", "-j", "link", "show", "pst-b"], capture_output=True).stdout
        stats = json.loads(lines)[0]["stats64"]
        return stats["rx"]["packets"] + stats["tx"]["packets"]
    before = counters()
    for port in (5001, 5002, 5003):
        send_from(veth, 500, port)
    assert counters() - before >= 1500
    assert probe.stop()[0] == 0, probe.log.decode()
    batches = [schema("Batch").FromString(body) for _, _, _, _, body in server.posts]
    sums = collections.Counter()
    for batch in batches:
        for seen in batch.observations:
            sums[seen.destination_port] += seen.forward_packets
    assert [sums[port] for port in (5001, 5002, 5003)] == [500, 500, 500]
    assert server.server_port not in sums


def test_several_rings_share_the_flows_and_lose_none(veth, recorder, schema, start_probe):
    server = recorder()
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s", "--rings", "3").wait_until_it_runs()
    ports = range(5100, 5140)
    for port in ports:
        send_from(veth, 20, port)
    assert probe.stop()[0] == 0, probe.log.decode()
    sums, rings = collections.Counter(), set()
    for _, _, _, _, body in server.posts:
        batch = schema("Batch").FromString(body)
        for seen in batch.observations:
            sums[seen.destination_port] += seen.forward_packets
            if seen.destination_port in ports:
                rings.add(batch.boot)
    assert [sums[port] for port in ports] == [20] * len(ports)
    assert len(rings) > 1, "one ring had them all"


def test_a_batch_is_what_the_schema_says(veth, recorder, schema, start_probe):
    server = recorder()
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()
    began = time.time_ns()
    send_from(veth, 25, 4242, size=72)
    assert probe.stop()[0] == 0, probe.log.decode()
    assert {path for _, _, path, _, _ in server.posts} == {"/api/v1/batches"}
    assert {headers["content-type"] for _, _, _, headers, _ in server.posts} == {"application/x-protobuf"}
    batches = [schema("Batch").FromString(body) for _, _, _, _, body in server.posts]
    assert [batch.sequence for batch in batches] == list(range(1, len(batches) + 1))
    assert len({batch.boot for batch in batches}) == 1 and batches[0].boot
    batch = next(batch for batch in batches if any(seen.destination_port == 4242 for seen in batch.observations))
    assert batch.exporter == "uid-1" and batch.node == "node-1"
    assert batch.version == podsight("--version").stdout.decode().strip()
    assert (batch.pod.namespace, batch.pod.name, batch.pod.uid) == ("shop", "cart-0", "uid-1")
    seen = next(seen for seen in batch.observations if seen.destination_port == 4242)
    point = batch.points[seen.point]
    assert (point.name, point.interface, point.pod) == ("shop/cart-0/pst-b", "pst-b", "shop/cart-0")
    assert socket.inet_aton(RIGHT) in point.addresses
    assert (seen.transport, seen.source_address, seen.destination_address) == (
        17, socket.inet_aton(RIGHT), socket.inet_aton(LEFT))
    assert (seen.forward_packets, seen.forward_bytes, seen.backward_packets) == (25, 2500, 0)
    assert began < seen.flow_start <= seen.start <= seen.end < time.time_ns()
    assert seen.sequence == 1
    # Nothing in it that the schema does not have.
    again = schema("Batch")()
    again.MergeFromString(batch.SerializeToString())
    again.DiscardUnknownFields()
    assert again == batch


def test_what_another_encoder_wrote_is_stored(veth, tmp_path, schema, start_server):
    server = collector(start_server, tmp_path, free_port())
    Batch = schema("Batch")
    batch = Batch(exporter="other", boot=7, sequence=1, made=time.time_ns(), version="9.9",
                  pod={"namespace": "lab", "name": "pod-1"}, points=[{"name": "p", "addresses": [b"\x0a\0\0\1"]}])
    now = time.time_ns()
    batch.observations.add(
        transport=6, source_address=b"\x0a\0\0\1", source_port=40000, destination_address=bytes(15) + b"\1",
        destination_port=443, forward_packets=3, forward_bytes=180, flow_start=now, start=now, end=now, sequence=1,
        end_reason=3, tcp={"state": 2, "forward": {"payload_bytes": 9}, "handshake_to_destination": 5})
    batch.losses.add(point=0, reason=1, count=17)

    def post(body, **headers):
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        connection.request("POST", "/api/v1/batches", body,
                           {"Content-Type": "application/x-protobuf", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    assert post(batch.SerializeToString()) == (204, b"")
    assert post(batch.SerializeToString()) == (204, b"")
    assert len(flows(server.url, "dst.port=443")) == 1
    told = exporter(server.url)
    assert (told["batches"], told["duplicates"], told["reports"]) == (1, 1, 1)
    assert told["losses"] == {"ring_full": 17} and told["pod"] == "lab/pod-1"
    metrics = http.client.HTTPConnection(server.url.removeprefix("http://"))
    metrics.request("GET", "/metrics")
    text = metrics.getresponse().read().decode()
    assert 'podsight_collection_losses_total{exporter="other",reason="ring_full"} 17' in text
    code, body = post(batch.SerializeToString()[:-3])
    assert code == 400 and json.loads(body)["error"]["code"] == "bad_batch" and b"byte " in body
    assert post(b"", **{"Content-Type": "application/json"})[0] == 415
    assert post(b"x" * (8 << 20 | 1))[0] == 413
    # Killed and started again, it still knows what has come.
    port = server.url.rsplit(":", 1)[1]
    server.stop(signal.SIGKILL)
    server = collector(start_server, tmp_path, port)
    assert post(batch.SerializeToString())[0] == 204
    assert len(flows(server.url, "dst.port=443", "--since", "1h")) == 1
    assert exporter(server.url)["duplicates"] == 1


def test_nothing_is_lost_or_doubled_while_the_collector_is_killed_and_started(
        veth, tmp_path, start_server, start_probe):
    port = free_port()
    server = collector(start_server, tmp_path, port)
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()
    for round_number in range(3):
        send_from(veth, 200, 9000)
        time.sleep(0.7)
        server.stop(signal.SIGKILL)
        send_from(veth, 200, 9000)
        time.sleep(1.2)
        server = collector(start_server, tmp_path, port)
    send_from(veth, 200, 9000)
    assert probe.stop()[0] == 0, probe.log
    assert packets(server.url, 9000) == 7 * 200, probe.log
    identities = [flow["event"]["id"] for flow in flows(server.url, "dst.port=9000", "--since", "1h")]
    assert len(identities) == len(set(identities))
    assert exporter(server.url)["losses"] == {}


def test_what_the_buffer_has_no_room_for_is_told(veth, tmp_path, start_server, start_probe):
    port = free_port()
    probe = start_probe(veth, "--collector", f"http://{LEFT}:{port}", "--interval", "1s", "--buffer-max", "2KB")
    probe.wait_until_it_runs()
    for number in range(6):
        for flow in range(15):
            send_from(veth, 1, 20000 + number * 100 + flow)
        time.sleep(0.5)
    wait_for(lambda: b"does not take flows" in probe.log)
    server = collector(start_server, tmp_path, port)
    lost = wait_for(lambda: (exporter(server.url) or {"losses": {}})["losses"].get("export_dropped"))
    wait_for(lambda: b"takes flows again" in probe.log)
    assert probe.stop()[0] == 0, probe.log.decode()
    told = exporter(server.url)["losses"]["export_dropped"]
    arrived = sum(packets(server.url, 20000 + number * 100 + flow) for number in range(6) for flow in range(15))
    assert lost and arrived and arrived + told >= 90


def test_the_spool_outlives_a_killed_probe(veth, tmp_path, start_server, start_probe):
    port, spool = free_port(), tmp_path / "spool"
    arguments = ("--collector", f"http://{LEFT}:{port}", "--interval", "1s", "--spool", spool)
    probe = start_probe(veth, *arguments).wait_until_it_runs()
    send_from(veth, 150, 9100)
    wait_for(lambda: list(spool.glob("*.batch")))
    send_from(veth, 150, 9101)
    wait_for(lambda: len(list(spool.glob("*.batch"))) > 1)
    time.sleep(1.5)
    second = subprocess.run(["ip", "netns", "exec", veth, PROBE, *map(str, arguments)], capture_output=True)
    assert second.returncode == 1 and b"used by another exporter" in second.stderr
    probe.stop(signal.SIGKILL)
    server = collector(start_server, tmp_path, port)
    probe = start_probe(veth, *arguments).wait_until_it_runs()
    wait_for(lambda: packets(server.url, 9100) == 150 and packets(server.url, 9101) == 150)
    wait_for(lambda: not list(spool.glob("*.batch")))
    assert exporter(server.url)["duplicates"] == 0


@pytest.mark.parametrize("away", ["refuses", "hangs"])
def test_it_leaves_within_five_seconds_though_the_collector_is_away(veth, tmp_path, recorder, start_probe, away):
    server = recorder(status="hang") if away == "hangs" else None
    url = server.url if server else f"http://{LEFT}:{free_port()}"
    keeps = start_probe(veth, "--collector", url, "--interval", "1s", "--spool", tmp_path / "spool")
    loses = start_probe(veth, "--collector", url, "--interval", "1s")
    keeps.wait_until_it_runs(), loses.wait_until_it_runs()
    send_from(veth, 10, 9200)
    time.sleep(1.5)
    code, seconds = keeps.stop()
    assert code == 0 and seconds < 5, keeps.log
    assert b"kept for the next start" in keeps.log and list((tmp_path / "spool").glob("*.batch"))
    code, seconds = loses.stop()
    assert code == 1 and seconds < 5 and b"could not be sent" in loses.log


def test_a_busy_collector_is_asked_again_later_and_a_refusal_holds_nothing_up(veth, recorder, schema, start_probe):
    server = recorder(answers=[503, 429, 400], headers={"Retry-After": "1"})
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()
    send_from(veth, 10, 9300)
    wait_for(lambda: len(server.posts) >= 3)
    send_from(veth, 10, 9301)
    wait_for(lambda: any(status == 204 for _, status, _, _, _ in server.posts))
    probe.stop()
    times = [at for at, status, _, _, _ in server.posts if status in (503, 429, 400)]
    assert times[1] - times[0] >= 1 and times[2] - times[1] >= 1
    batches = [(status, schema("Batch").FromString(body)) for _, status, _, _, body in server.posts]
    assert [batch.sequence for _, batch in batches[:3]] == [1, 1, 1]
    refused = len(batches[2][1].observations)
    told = [loss for status, batch in batches if status == 204 for loss in batch.losses]
    assert [(loss.reason, loss.count) for loss in told] == [(3, refused)]


def test_a_connection_is_used_again(veth, start_probe, recorder):
    server = recorder()
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()
    connections = set()
    original = server.process_request
    server.process_request = lambda request, address: (connections.add(address), original(request, address))
    for port in (9400, 9401, 9402):
        send_from(veth, 5, port)
        time.sleep(1.2)
    probe.stop()
    assert len(server.posts) >= 3 and len(connections) <= 1


def test_the_collector_is_checked_by_its_certificate(veth, tmp_path, recorder, start_probe):
    need(shutil.which("openssl"), "openssl")
    sh(f"""cd {tmp_path} &&
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.crt -subj /CN=ca &&
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server &&
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt \
          -extfile <(echo subjectAltName=IP:{LEFT})""")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    server = recorder(context=context)
    token = tmp_path / "token"
    token.write_text("secret\n")
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s", "--collector-ca", tmp_path / "ca.crt",
                        "--collector-token-file", token).wait_until_it_runs()
    send_from(veth, 5, 9500)
    wait_for(lambda: server.posts)
    assert server.posts[0][3]["authorization"] == "Bearer secret"
    assert probe.stop()[0] == 0, probe.log.decode()
    posts = len(server.posts)
    stranger = start_probe(veth, "--collector", server.url, "--interval", "1s").wait_until_it_runs()
    send_from(veth, 5, 9501)
    wait_for(lambda: b"does not take flows" in stranger.log)
    assert b"CERTIFICATE_VERIFY_FAILED" in stranger.log
    stranger.stop()
    assert len(server.posts) == posts


def test_insights_events_are_posted_as_its_probe_did(veth, recorder, start_probe):
    server = recorder(answers=[500], status=201)
    probe = start_probe(veth, "--format", "insight", "--interval", "1s", env={**POD, "LOGSTASH": server.url + "/in"})
    probe.wait_until_it_runs()
    time.sleep(2.5)
    send_from(veth, 12, 9600, size=72)
    wait_for(lambda: any(b"9600" in body for _, status, _, _, body in server.posts if status == 201))
    assert probe.stop()[0] == 0, probe.log.decode()
    assert {path for _, _, path, _, _ in server.posts} == {"/in"}
    assert all(json.loads(body) for _, _, _, _, body in server.posts)
    events = [event for _, status, _, _, body in server.posts if status == 201 for event in json.loads(body)]
    found = [event for event in events if event["destination"]["port"] == 9600]
    assert sum(event["source"]["packets"] for event in found) == 12
    assert list(found[0]) == ["type", "ecs", "agent", "event", "source", "destination", "network"]
    assert found[0]["agent"] == {"hostname": "cart-0", "type": "insight"}
    assert found[0]["network"]["community_id"].startswith("1:")


def test_documents_are_printed_without_a_collector(veth, start_probe):
    probe = start_probe(veth, "-o", "jsonl", "--interval", "1s")
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(probe.process.stdout))
    reader.start()
    found = lambda: [line for line in lines if b":9700," in line]
    wait_for(lambda: send_from(veth, 1, 9700) or found())
    assert probe.stop(signal.SIGINT)[0] == 130
    reader.join()
    document = json.loads(found()[0])
    assert document["source"]["ip"] == RIGHT and document["destination"]["port"] == 9700


def test_without_the_right_to_capture_it_says_so(veth, start_probe):
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all"]
    probe = start_probe(veth, "-o", "jsonl", prefix=nobody, program=readable(PROBE))
    assert probe.process.wait(30) == 77
    probe.reader.join(5)
    assert b"CAP_NET_RAW" in probe.log


def test_net_raw_is_all_that_it_needs(veth, recorder, start_probe):
    server = recorder()
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all,+net_raw",
              "--ambient-caps", "+net_raw", "--bounding-set", "-all,+net_raw", "--no-new-privs"]
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s", prefix=nobody, program=readable(PROBE))
    probe.wait_until_it_runs()
    send_from(veth, 3, 9800)
    wait_for(lambda: server.posts)
    assert probe.stop()[0] == 0, probe.log.decode()


def test_only_what_the_filter_matches_is_metered(veth, recorder, schema, start_probe):
    need(any(pathlib.Path("/usr/lib").glob("*/libpcap.so.0.8")), "libpcap0.8")
    server = recorder()
    probe = start_probe(veth, "--collector", server.url, "--interval", "1s", "--filter", "udp port 9900")
    probe.wait_until_it_runs()
    send_from(veth, 4, 9901)
    send_from(veth, 4, 9900)
    assert probe.stop()[0] == 0, probe.log.decode()
    batches = [schema("Batch").FromString(body) for _, _, _, _, body in server.posts]
    assert {seen.destination_port for batch in batches for seen in batch.observations} == {9900}
    wrong = start_probe(veth, "-o", "jsonl", "--filter", "udp prt 9900")
    assert wrong.process.wait(30) == 1
    wrong.reader.join(5)
    assert b"the filter 'udp prt 9900' cannot be used" in wrong.log


def test_it_gives_up_every_right_but_one(veth, recorder, start_probe):
    probe = start_probe(veth, "--collector", recorder().url).wait_until_it_runs()
    for task in pathlib.Path(f"/proc/{probe.process.pid}/task").iterdir():
        state = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        assert int(state["CapEff"], 16) == int(state["CapPrm"], 16) == 1 << 13 and state["NoNewPrivs"] == "1"


def readable(program):
    """A copy that another user may run, wherever the build is."""
    copy = pathlib.Path("/tmp") / f"podsight-probe-{os.getpid()}"
    if not copy.exists():
        shutil.copy(program, copy)
        copy.chmod(0o755)
    return copy


@pytest.mark.parametrize("arguments, words", [
    ((), b"--collector"),
    (("--collector", "ftp://x"), b"no http or https URL"),
    (("--collector", "http://x", "-o", "jsonl"), b"exclude each other"),
    (("-o", "jsonl", "--interval", "soon"), b"soon"),
    (("-o", "jsonl", "--decapsulate", "teredo"), b"teredo"),
    (("-o", "jsonl", "--max-flows", "0"), b"--max-flows"),
])
def test_a_wrong_command_line_is_named(arguments, words):
    for command in ([PROBE], [PROGRAM, "probe"]):
        result = subprocess.run([*command, *arguments], capture_output=True, timeout=60)
        assert result.returncode == 64 and words in result.stderr, result.stderr


def test_the_probe_has_no_store_no_server_and_no_whole_foundation():
    need(shutil.which("ldd"), "ldd")
    libraries = subprocess.run(["ldd", PROBE], capture_output=True, check=True).stdout.decode()
    assert "libsqlite" not in libraries and "libFoundation.so" not in libraries
    assert "libFoundationInternationalization" not in libraries and "libFoundationNetworking" not in libraries
    binary = pathlib.Path(PROBE).read_bytes()
    assert b"sqlite3_open" not in binary and b"Hummingbird" not in binary
