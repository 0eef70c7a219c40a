"""What the end-to-end tests are given: the shared data, and servers that end with their test."""
import os
import subprocess

import pytest
from program import BUNDLED, DATA, LEFT, RIGHT, Server, need, sh


@pytest.fixture
def robot_shop():
    """The recording with its truth; in a clone without the shared data, the bundled copy."""
    return DATA / "robot-shop" if (DATA / "robot-shop").is_dir() else BUNDLED


@pytest.fixture
def shared_data():
    need(DATA.is_dir(), "../shared/data")
    return DATA


@pytest.fixture
def root_rights():
    need(os.geteuid() == 0, "root")


@pytest.fixture
def veth(root_rights):
    """Two ends of a cable: podsight-a here, podsight-b in a namespace of its own."""
    need(subprocess.run(["which", "ip"], capture_output=True).returncode == 0, "iproute2")
    name = f"podsight-test-{os.getpid()}"
    sh(f"ip netns add {name} && ip link add pst-a type veth peer name pst-b netns {name} && "
       f"ip addr add {LEFT}/24 dev pst-a && ip link set pst-a up && "
       f"ip -n {name} addr add {RIGHT}/24 dev pst-b && ip -n {name} link set pst-b up && "
       f"ip -n {name} link set lo up")
    yield name
    subprocess.run(["ip", "netns", "del", name])
    subprocess.run(["ip", "link", "del", "pst-a"], stderr=subprocess.DEVNULL)


@pytest.fixture
def start_server():
    servers = []

    def start(*arguments, **options):
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def demo_url():
    """The replayed robot-shop recording; or an instance named by PODSIGHT_TEST_URL."""
    if os.environ.get("PODSIGHT_TEST_URL"):
        yield os.environ["PODSIGHT_TEST_URL"]
        return
    server = Server("demo", "--listen", "127.0.0.1:0", "--no-open")
    yield server.url
    server.stop()
