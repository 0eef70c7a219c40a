"""Against a real kube-apiserver and etcd, where KUBEBUILDER_ASSETS names a folder that has them and kubectl."""
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from program import PROGRAM, podsight, sh, wait_for

ASSETS = Path(os.environ.get("KUBEBUILDER_ASSETS") or "/nowhere")
# Nothing that can be installed here has them, so that they are wanted in CI only where they are named.
pytestmark = pytest.mark.skipif(
    not all((ASSETS / name).exists() for name in ("kube-apiserver", "etcd", "kubectl")),
    reason="skipped: KUBEBUILDER_ASSETS names no folder with kube-apiserver, etcd and kubectl")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    """A server without nodes: what a kubelet would say is said with kubectl."""

    def __init__(self, folder):
        self.folder, self.port, self.etcd_port = folder, free_port(), free_port()
        self.config = folder / "kubeconfig"
        sh(f"openssl genrsa -out {folder}/sa.key 2048")
        (folder / "tokens").write_text("podsight-test,admin,1,system:masters\n")
        self.config.write_text(f"""apiVersion: v1
kind: Config
current-context: real
contexts: [{{name: real, context: {{cluster: real, user: real}}}}]
clusters: [{{name: real, cluster: {{server: "https://127.0.0.1:{self.port}", insecure-skip-tls-verify: true}}}}]
users: [{{name: real, user: {{token: podsight-test}}}}]
""")
        log = (folder / "servers.log").open("w")
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        self.etcd = subprocess.Popen(
            [ASSETS / "etcd", "--data-dir", folder / "etcd", "--listen-client-urls", client, "--advertise-client-urls",
             client, "--listen-peer-urls", peer, "--unsafe-no-fsync"], stdout=log, stderr=log)
        self.log = log
        self.server = None
        self.start()

    def start(self):
        folder = self.folder
        self.server = subprocess.Popen(
            [ASSETS / "kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{self.etcd_port}",
             "--secure-port", str(self.port), "--bind-address", "127.0.0.1", "--cert-dir", folder / "certs",
             "--service-cluster-ip-range", "10.0.0.0/24", "--authorization-mode", "RBAC",
             "--token-auth-file", folder / "tokens", "--disable-admission-plugins", "ServiceAccount",
             "--service-account-issuer", "https://127.0.0.1", "--service-account-key-file", folder / "sa.key",
             "--service-account-signing-key-file", folder / "sa.key"], stdout=self.log, stderr=self.log)
        wait_for(lambda: self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0, 120)

    def kubectl(self, *arguments, check=True, text=None):
        return subprocess.run([ASSETS / "kubectl", "--kubeconfig", self.config, *map(str, arguments)], check=check,
                              input=text, text=True, capture_output=True)

    def pod(self, name, address):
        self.kubectl("apply", "-f", "-", text=json.dumps({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
            "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "x", "env": [{"name": "A", "value": "s3cret"}]}]}}))
        status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
        self.kubectl("patch", "pod", name, "--subresource=status", "--type=merge", "-p", json.dumps(status))

    def delete(self, name):
        self.kubectl("delete", "pod", name, "--force", "--grace-period=0")

    def stop(self):
        for process in (self.server, self.etcd):
            process.kill()
            process.wait()


@pytest.fixture
def real(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


def test_a_reused_address_is_told_apart_across_a_restart_of_the_server(tmp_path, real):
    file = tmp_path / "cluster.jsonl"
    recorder = subprocess.Popen([PROGRAM, "record", "--cluster", file, "--kubeconfig", real.config],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def answer(address="10.244.0.7"):
        result = podsight("resolve", address, "--cluster", file, "-o", "jsonl")
        return (json.loads(result.stdout)["identity"] or {}).get("name") if result.stdout else None

    real.pod("first", "10.244.0.7")
    wait_for(lambda: file.exists() and answer() == "first")
    real.delete("first")
    real.pod("second", "10.244.0.7")
    wait_for(lambda: answer() == "second")
    real.server.kill()
    real.server.wait()
    real.start()
    real.delete("second")
    real.pod("third", "10.244.0.7")
    wait_for(lambda: answer() == "third", 120)
    recorder.send_signal(signal.SIGINT)
    recorder.wait(30)
    history = podsight("resolve", "--history", "10.244.0.7", "--cluster", file, "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["identity"]["name"] for line in history] == ["first", "second", "third"]
    assert "s3cret" not in file.read_text()
