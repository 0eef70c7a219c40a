"""The cluster's history in the store: after kill -9 and without the cluster, what was known is still known."""
import datetime
import json
import signal
import time

from program import podsight, run_arguments, wait_for
from test_live import RecordedCluster, api_server  # noqa: F401


def cluster(server):
    return json.loads(podsight("status", "--server", server.url, "-o", "json").stdout)["cluster"]


def resolve(server, address, *arguments):
    result = podsight("resolve", address, "--server", server.url, "-o", "jsonl", *arguments)
    assert result.returncode in (0, 2), result.stderr
    return json.loads(result.stdout)


def text(moment):
    return moment.isoformat().replace("+00:00", "Z")


def test_history_survives_kill_9_and_an_absence_is_a_gap(veth, tmp_path, api_server, start_server):  # noqa: F811
    arguments = [*run_arguments(tmp_path, "--kubeconfig", api_server)]
    server = start_server(*arguments)
    wait_for(lambda: cluster(server)["connected"] and cluster(server)["pods"] > 10)
    cart = "172.17.0.8"
    before = wait_for(lambda: (lambda answer: answer if answer["identity"] else None)(resolve(server, cart)))
    assert before["identity"]["workload"]["name"] == "cart" and before["certainty"] == "certain"
    # In the recording's own time, which the objects tell of.
    begun = datetime.datetime.fromisoformat(before["from"].split(".")[0] + "+00:00")
    then, last = text(begun + datetime.timedelta(minutes=1)), text(datetime.datetime.now(datetime.timezone.utc))
    # Written once a second.
    time.sleep(3)
    server.stop(signal.SIGKILL)

    # The API is gone: what was known then is known, and nothing new is.
    gone = tmp_path / "gone"
    gone.write_text(api_server.read_text().replace("certificate-authority:", "proxy-url: http://127.0.0.1:1, certificate-authority:"))
    alone = start_server(*run_arguments(tmp_path, "--kubeconfig", gone))
    after = resolve(alone, cart, "--at", then)
    assert after["identity"]["uid"] == before["identity"]["uid"] and after["from"] == before["from"]
    assert cluster(alone)["pods"] > 10 and not cluster(alone)["connected"]
    alone.stop(signal.SIGKILL)

    # It is back, without the pod: that ended in the gap, and nobody knows when.
    pods = json.loads(RecordedCluster.lists["/api/v1/pods"])
    pods["items"] = [pod for pod in pods["items"] if not pod["metadata"]["name"].startswith("cart")]
    pods["metadata"]["resourceVersion"] = str(int(pods["metadata"]["resourceVersion"]) + 100_000)
    RecordedCluster.lists = {**RecordedCluster.lists, "/api/v1/pods": json.dumps(pods).encode()}
    RecordedCluster.watches = {}
    back = start_server(*arguments)
    wait_for(lambda: cluster(back)["gaps"] >= 1 and cluster(back)["connected"])
    assert resolve(back, cart, "--at", then)["identity"] == after["identity"]
    missed = resolve(back, cart, "--at", last)
    assert missed["certainty"] == "uncertain" and before["identity"]["uid"] in json.dumps(missed), missed
    now = resolve(back, cart)
    assert now["identity"] is None or now["identity"]["kind"] != "pod"
    history = podsight("resolve", "--history", cart, "--server", back.url, "-o", "jsonl")
    assert history.returncode == 0, history.stderr
    last = [json.loads(line) for line in history.stdout.splitlines()][-1]
    assert last["until"] and last["untilCertain"] is False, last
