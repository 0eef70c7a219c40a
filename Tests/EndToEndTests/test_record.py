"""`podsight record`: a cluster's API, over HTTPS and through a proxy, as a file that replays."""
import json
import signal
import socket
import subprocess
import threading

from program import PROGRAM, podsight, wait_for
from test_live import RecordedCluster, api_server  # noqa: F401


class Proxy:
    """An HTTP proxy that only knows CONNECT; keeps where it was asked to connect to."""

    def __init__(self):
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.asked.append((method, target))
        host, _, port = target.rpartition(":")
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass


def start(*arguments):
    return subprocess.Popen([PROGRAM, "record", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def changes(file):
    found = {}
    for row in rows(file):
        if "chunk" in row and "watch=true" in row["url"]:
            path = row["url"].partition("?")[0]
            found[path] = found.get(path, 0) + row["chunk"].count("\n")
    return found


def test_a_recording_has_every_object_and_change_and_nothing_secret(tmp_path, api_server):  # noqa: F811
    proxy = Proxy()
    api_server.write_text(api_server.read_text().replace(
        "certificate-authority:", f"proxy-url: http://127.0.0.1:{proxy.port}, certificate-authority:"))
    file = tmp_path / "cluster.jsonl"
    recorder = start("--cluster", file, "--kubeconfig", api_server)
    wanted = {}
    for path, chunks in RecordedCluster.watches.items():
        lines = [json.loads(line) for line in b"".join(chunks).splitlines()]
        wanted[path] = sum(line["type"] in ("ADDED", "MODIFIED", "DELETED") for line in lines)
    pods = "/api/v1/pods"
    assert wanted[pods] > 10
    wait_for(lambda: file.exists() and changes(file).get(pods) == wanted[pods])
    recorder.send_signal(signal.SIGINT)
    _, log = recorder.communicate(timeout=30)
    assert recorder.returncode == 0, log
    assert b" changes" in log and log.rstrip().endswith(b"recorded"), log
    assert {method for method, _ in proxy.asked} == {"CONNECT"}

    lists = {}
    for row in rows(file):
        if "chunk" in row and "watch" not in row["url"]:
            lists.setdefault(row["url"].partition("?")[0], []).extend(json.loads(row["chunk"])["items"])
    assert len(lists) == 11
    for path, items in lists.items():
        served = json.loads(RecordedCluster.lists[path])["items"]
        assert [item["metadata"]["uid"] for item in items] == [item["metadata"]["uid"] for item in served], path
    text = file.read_text()
    assert not any(word in text for word in ("managedFields", "annotations", 'env\\":[', "secretKeyRef"))
    assert rows(file)[-1]["end"] == "cut"

    # It is read like any other.
    capture = tmp_path / "empty.pcap"
    capture.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    result = podsight("replay", capture, "--cluster", file, "-o", "none")
    assert result.returncode == 0 and b"could not" not in result.stderr, result.stderr


def test_a_recording_ends_after_its_time_and_does_not_replace_another(tmp_path, api_server):  # noqa: F811
    file = tmp_path / "cluster.jsonl"
    result = podsight("record", "--cluster", file, "--for", "2s", "--kubeconfig", api_server)
    assert result.returncode == 0, result.stderr
    before = file.read_bytes()
    again = podsight("record", "--cluster", file, "--for", "2s", "--kubeconfig", api_server)
    assert again.returncode == 1 and b"--force" in again.stderr and file.read_bytes() == before
    assert podsight("record", "--cluster", file, "--for", "2s", "--kubeconfig", api_server, "--force").returncode == 0


def test_a_cluster_that_cannot_be_reached_is_an_error_with_its_reason(tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text("""apiVersion: v1
kind: Config
current-context: gone
contexts: [{name: gone, context: {cluster: gone, user: gone}}]
clusters: [{name: gone, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: gone, user: {}}]
""")
    result = podsight("record", "--cluster", tmp_path / "x.jsonl", "--for", "2s", "--kubeconfig", config)
    assert result.returncode == 1 and b"nothing was recorded" in result.stderr, result.stderr
    assert b"127.0.0.1:1" in result.stderr
    full = podsight("record", "--cluster", "/dev/full", "--force", "--for", "5s", "--kubeconfig", config)
    assert full.returncode == 1
