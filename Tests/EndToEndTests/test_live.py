"""`podsight run` on real interfaces: real packets, a real API server's answers over HTTPS, kill -9."""
import json
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from program import (LEFT, PROGRAM, ROOT, dig, dns_port, flows, need, podsight, run_arguments, send, sh, wait_for)

def test_packets_on_an_interface_become_flows_with_exact_counts(veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    send(250, 9999)
    found = wait_for(lambda: [flow for flow in flows(server.url, "dst.port=9999")
                              if flow["network"]["packets"]])
    wait_for(lambda: sum(flow["source"]["packets"] for flow in flows(server.url, "dst.port=9999")) == 250)
    found = flows(server.url, "dst.port=9999")
    assert sum(flow["source"]["bytes"] for flow in found) == 250 * (20 + 8 + 100)
    assert found[0]["source"]["ip"] == LEFT and found[0]["network"]["direction"] == "egress"
    assert b"flows are named by address only" in server.log
    status = json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)
    assert status["capture"]["totals"]["dropped"] == 0
    assert [point["name"] for point in status["capture"]["points"]] == ["pst-a"]


def test_the_last_reports_leave_on_sigterm(veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster", "--interval", "1h"))
    send(40, 7777)
    wait_for(lambda: json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)
             ["capture"]["totals"]["packets"] >= 40)
    assert server.stop(signal.SIGTERM) == 0
    again = start_server(*run_arguments(tmp_path, "--no-cluster"))
    assert sum(flow["source"]["packets"] for flow in flows(again.url, "dst.port=7777", "--since", "1h")) == 40
    assert again.stop(signal.SIGINT) == 130


def test_what_was_acknowledged_survives_kill_9(veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    for round_number in range(3):
        send(10, 6000 + round_number)
        before = wait_for(lambda: flows(server.url, f"dst.port={6000 + round_number} packets>0"))
        before = flows(server.url, "--since", "1h")
        server.stop(signal.SIGKILL)
        server = start_server(*run_arguments(tmp_path, "--no-cluster"))
        after = {flow["event"]["id"] for flow in flows(server.url, "--since", "1h")}
        assert {flow["event"]["id"] for flow in before} <= after


def test_a_block_that_cannot_be_read_is_counted_and_the_rest_is_answered(veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    for port in (7001, 7002):
        send(5, port)
        wait_for(lambda: flows(server.url, f"dst.port={port} packets>0"))
    assert server.stop() == 0
    with sqlite3.connect(tmp_path / "flows.sqlite") as database:
        # As a failing disk would: the middle of the first block is not what was written.
        size, = database.execute("SELECT length(data) FROM block ORDER BY id LIMIT 1").fetchone()
        database.execute("UPDATE block SET data = substr(data, 1, ?) || zeroblob(8) || substr(data, ?) "
                         "WHERE id = (SELECT min(id) FROM block)", (size // 2, size // 2 + 9))
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    assert flows(server.url, "dst.port=7002", "--since", "1h")
    status = json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)
    assert status["store"]["blocksUnreadable"] == 1


def test_a_full_disk_stops_storing_and_nothing_else(veth, tmp_path, start_server):
    disk = tmp_path / "disk"
    disk.mkdir()
    sh(f"mount -t tmpfs -o size=600k none {disk}")
    try:
        server = start_server("run", "--listen", "127.0.0.1:0", "--interface", "pst-a", "--interval", "1s",
                              "--no-cluster", "--store", disk / "flows.sqlite")
        status = lambda: json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)

        def fill():
            for port in range(20000, 24000):
                send(1, port, b"x")
            return status()["store"]["writeFailures"]
        assert wait_for(fill) > 0
        before = status()["capture"]["totals"]["packets"]
        send(10, 3333)
        wait_for(lambda: status()["capture"]["totals"]["packets"] >= before + 10)
        assert server.stop() in (0, 1)
        log = server.log.decode()
        assert "full" in log and str(disk) in log and log.count("storing is tried again") == 1, log
    finally:
        sh(f"umount -l {disk}")


def test_following_prints_new_flows_as_they_come(veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    follower = subprocess.Popen(
        [PROGRAM, "flows", "dst.port=5555", "-f", "-o", "jsonl", "--server", server.url], stdout=subprocess.PIPE)
    try:
        stop = threading.Event()

        def keep_sending():
            while not stop.wait(0.3):
                send(1, 5555)
        sender = threading.Thread(target=keep_sending)
        sender.start()
        line = follower.stdout.readline()
        assert json.loads(line)["destination"]["port"] == 5555
    finally:
        stop.set()
        sender.join()
        follower.kill()
        follower.wait()


def test_without_the_right_to_capture_it_says_so(root_rights, tmp_path):
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    need(subprocess.run(["which", "setpriv"], capture_output=True).returncode == 0, "setpriv")
    tmp_path.chmod(0o777)
    program = tmp_path / "podsight"
    program.write_bytes(open(PROGRAM, "rb").read())
    program.chmod(0o755)
    for parent in tmp_path.parents:
        if str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o755)
    result = subprocess.run(
        [*command, program, "run", "--no-cluster", "--listen", "127.0.0.1:0", "--store", tmp_path / "s.sqlite"],
        capture_output=True, timeout=60)
    assert result.returncode == 77, result.stderr
    assert b"CAP_NET_RAW" in result.stderr


class RecordedCluster(BaseHTTPRequestHandler):
    """Plays the bundled API traffic back: lists as they were; watches send what came after and stay open."""
    protocol_version = "HTTP/1.1"
    lists, watches = {}, {}
    stopped = threading.Event()

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if "watch" in query:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in self.watches.get(url.path, []):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
            self.stopped.wait(60)
            return
        body = self.lists.get(url.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api_server(tmp_path):
    """The recording behind HTTPS that wants a client certificate; gives a kubeconfig."""
    need(subprocess.run(["which", "openssl"], capture_output=True).returncode == 0, "openssl")
    lists, watches = {}, {}
    for line in (ROOT / "Sources/C/CDemo/robot-shop/cluster.jsonl").open():
        row = json.loads(line)
        if "chunk" not in row or row["t"] > 1795225080:
            continue
        path, _, query = row["url"].partition("?")
        if "watch=true" in query:
            watches.setdefault(path, []).append(row["chunk"].encode())
        elif row["t"] < 1795224916:
            lists[path] = lists.get(path, b"") + row["chunk"].encode()
    RecordedCluster.lists, RecordedCluster.watches = lists, watches
    RecordedCluster.stopped = threading.Event()
    sh(f"""cd {tmp_path} &&
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.crt -subj /CN=ca &&
        for who in server client; do
          openssl req -newkey rsa:2048 -nodes -keyout $who.key -out $who.csr -subj /CN=$who &&
          openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out $who.crt \
            -extfile <(echo subjectAltName=IP:127.0.0.1); done""")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    context.load_verify_locations(tmp_path / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    server = ThreadingHTTPServer(("127.0.0.1", 0), RecordedCluster)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = tmp_path / "kubeconfig"
    config.write_text(f"""apiVersion: v1
kind: Config
current-context: lab
contexts: [{{name: lab, context: {{cluster: lab, user: lab}}}}]
clusters: [{{name: lab, cluster: {{server: "https://127.0.0.1:{server.server_port}", certificate-authority: ca.crt}}}}]
users: [{{name: lab, user: {{client-certificate: client.crt, client-key: client.key}}}}]
""")
    yield config
    RecordedCluster.stopped.set()
    server.shutdown()


def test_a_cluster_is_joined_over_https_with_a_client_certificate(veth, tmp_path, api_server, start_server):
    # The recorded pods' addresses are long gone from the wire, so a pod's address is put on this cable's far end.
    sh(f"ip -n {veth} addr add 172.17.0.8/32 dev pst-b && ip route add 172.17.0.8/32 dev pst-a")
    server = start_server(*run_arguments(tmp_path, "--kubeconfig", api_server))
    # Lists come before the watches that make it connected.
    cluster = wait_for(lambda: (lambda cluster: cluster if cluster["pods"] > 10 and cluster["connected"] else None)(
        json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)["cluster"]))
    assert "lab" in cluster["source"]

    def named():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"hello", ("172.17.0.8", 8080))
        return flows(server.url, "dst.ip=172.17.0.8 dst.workload=cart")
    flow = wait_for(named)[0]
    assert flow["destination"]["kubernetes"]["namespace"] == "robot-shop"
    assert flow["podsight"]["attribution"]["destination"]["basis"] == "address"


def test_a_live_instance_says_who_has_an_address_and_what_happened(veth, tmp_path, api_server, start_server):
    server = start_server(*run_arguments(tmp_path, "--kubeconfig", api_server, "--dns", "127.0.0.1:0"))

    def cart():
        result = podsight("resolve", "172.17.0.8", "--server", server.url, "-o", "json")
        answer = json.loads(result.stdout)
        return answer if (answer["identity"] or {}).get("kind") == "pod" and answer["identity"]["services"] else None
    answer = wait_for(cart)
    assert answer["identity"]["workload"] == {"kind": "Deployment", "name": "cart"}
    assert answer["basis"] == "address"
    lines = podsight("resolve", "--stdin", "--server", server.url, input=b"172.17.0.8\n10.96.0.10:53/udp\n").stdout
    assert [json.loads(line)["identity"]["namespace"] for line in lines.splitlines()] == ["robot-shop", "kube-system"]
    history = podsight("resolve", "--history", "172.17.0.8", "--server", server.url, "-o", "jsonl").stdout
    assert answer["identity"]["uid"].encode() in history
    # What was listed and what was watched since.
    found = [json.loads(line) for line in podsight("events", "--server", server.url, "-o", "jsonl").stdout.splitlines()]
    assert {row["action"] for row in found} >= {"K8S_COMPONENT_ADDED", "K8S_COMPONENT_MODIFIED", "K8S_COMPONENT_DELETED"}
    port = dns_port(server)
    assert dig(port, "+short", "-x", "10.96.0.10").split() == ["kube-dns.kube-system.svc.cluster.local."]
    assert "172-17-0-8.cart.robot-shop.svc.cluster.local." in dig(port, "+short", "-x", "172.17.0.8")


def test_an_api_server_that_is_not_there_is_named_and_capture_goes_on(veth, tmp_path, start_server):
    config = tmp_path / "kubeconfig"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config.write_text(f"""apiVersion: v1
kind: Config
current-context: gone
contexts: [{{name: gone, context: {{cluster: gone, user: gone}}}}]
clusters: [{{name: gone, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: gone, user: {{token: abc}}}}]
""")
    server = start_server(*run_arguments(tmp_path, "--kubeconfig", config))
    status = wait_for(lambda: (lambda status: status if status["cluster"]["errors"] else None)(
        json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)))
    assert not status["cluster"]["connected"]
    assert f"127.0.0.1:{port}" in status["cluster"]["source"] + status["cluster"]["message"]
    send(5, 4444)
    wait_for(lambda: flows(server.url, "dst.port=4444"))


def test_a_kubeconfig_that_is_wrong_is_named(tmp_path, root_rights):
    config = tmp_path / "kubeconfig"
    config.write_text("apiVersion: v1\nkind: Config\ncurrent-context: none\n")
    result = podsight("run", "--kubeconfig", config, "--listen", "127.0.0.1:0", "--store", tmp_path / "s.sqlite")
    assert result.returncode == 1
    assert b"none" in result.stderr and b"kubeconfig" in result.stderr
