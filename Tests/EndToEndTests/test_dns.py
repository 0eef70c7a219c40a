"""Names of addresses by DNS, asked by dig."""
import json
import re
import socket
import struct

import pytest
from program import BUNDLED, ROOT, Server, dig, dns_port, podsight

RECORDING = BUNDLED / "cluster.jsonl"
# A moment at which everything runs.
MOMENT = 1_795_224_960


class Names:
    def __init__(self, *arguments):
        self.server = Server(*arguments, "--dns", "127.0.0.1:0")
        self.port = dns_port(self.server)

    def dig(self, *arguments):
        return dig(self.port, *arguments)

    def names(self, *arguments):
        return sorted(self.dig("+short", *arguments).split())

    def raw(self, message, wait=5):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(wait)
            asker.sendto(message, ("127.0.0.1", self.port))
            return asker.recv(65535)


@pytest.fixture(scope="module")
def names():
    found = Names("replay", BUNDLED / "captures/cart-54fc554bc8-stw4z.pcap", "--cluster", RECORDING, "-o", "none",
                  "--serve", "127.0.0.1:0")
    yield found
    assert found.server.stop() == 0


def reverse(address, moment):
    return ".".join(reversed(address.split("."))) + f".t{int(moment * 1000)}.at.cluster.local"


def resolved(address, moment):
    out = podsight("resolve", address, "--at", moment, "--cluster", RECORDING, "-o", "json").stdout
    return json.loads(out)


def test_a_service_has_the_name_of_the_specification(names):
    assert names.names("-x", "10.96.0.10") == ["kube-dns.kube-system.svc.cluster.local."]
    assert names.names("+tcp", "-x", "10.96.0.10") == ["kube-dns.kube-system.svc.cluster.local."]
    text = names.dig("-x", "10.96.0.10")
    assert "status: NOERROR" in text and re.search(r"flags: qr aa rd;", text)
    assert "bad packet" not in text and "extra bytes" not in text


def test_a_name_may_have_a_time_and_is_the_owners_of_that_time(names):
    address = "172.17.0.9"
    before, after = MOMENT, 1_795_225_010
    for moment in (before, after):
        answer = resolved(address, moment)
        expected = sorted(f"172-17-0-9.{service}.robot-shop.svc.cluster.local."
                          for service in answer["identity"]["services"])
        assert expected and names.names(reverse(address, moment), "PTR") == expected
    assert names.names(reverse(address, before), "PTR") != names.names(reverse(address, after), "PTR")
    between = names.dig(reverse(address, 1_795_224_985), "PTR")
    assert "status: NXDOMAIN" in between and "SOA" in between


def test_every_caller_of_the_truth_has_the_names_of_its_services(names):
    """As many questions at once as dig reads from a file; whoever had no service has no name."""
    calls = [json.loads(line) for line in (ROOT / "Tests/EndToEndTests/fixtures/robot_shop_truth.jsonl").open()]
    calls = [call for call in calls if call.get("src_pod") and call.get("src_ip")][::15]
    compared = 0
    for call in calls:
        answer = resolved(call["src_ip"], call["t"])
        found = names.names(reverse(call["src_ip"], call["t"]), "PTR")
        services = {name.split(".")[1] for name in found}
        assert services <= set(answer["identity"]["services"]), call
        compared += bool(found)
    assert compared > 20


@pytest.mark.parametrize("arguments, status", [
    (("-x", "8.8.8.8"), "NXDOMAIN"), (("-x", "172.17.0.250"), "NXDOMAIN"), (("-x", "::1"), "NXDOMAIN"),
    (("example.com", "A"), "REFUSED"),
    (("10.0.96.10.in-addr.arpa", "A"), "NOERROR"), (("0.96.10.in-addr.arpa", "PTR"), "NOERROR"),
    (("10.0.96.10.in-addr.arpa", "PTR", "-c", "CH"), "REFUSED"), (("+opcode=NOTIFY", "-x", "10.96.0.10"), "NOTIMP"),
    (("+edns=1", "+noednsnegotiation", "-x", "10.96.0.10"), "BADVERS"), (("at.cluster.local", "SOA"), "NOERROR"),
    (("10.0.96.10.tnoon.at.cluster.local", "PTR"), "NXDOMAIN"), (("10.0.96.10.IN-addr.ARPA", "PTR"), "NOERROR"),
])
def test_each_question_has_the_code_that_it_should(names, arguments, status):
    text = names.dig("+norecurse", *arguments)
    assert f"status: {status}" in text, text
    assert "bad packet" not in text and "extra bytes" not in text, text


def question(*, identity=7, flags=0x0100, counts=(1, 0, 0, 0), name=b"\x0210\x010\x0296\x0210\x07in-addr\x04arpa\x00",
             tail=b"\x00\x0c\x00\x01"):
    return struct.pack(">6H", identity, flags, *counts) + name + tail


@pytest.mark.parametrize("message, code", [
    (question(counts=(0, 0, 0, 0)), 1), (question(counts=(2, 0, 0, 0)), 1), (question(counts=(1, 1, 0, 0)), 1),
    (question(counts=(65535, 65535, 65535, 65535)), 1), (question(tail=b"\x00"), 1), (question(tail=b""), 1),
    (question(name=b"\xc0\x0c"), 1), (question(name=b"\x40" + b"a" * 64 + b"\x00"), 1),
    (question(name=(b"\x3f" + b"a" * 63) * 4 + b"\x00"), 1), (question(tail=b"\x00\x0c\x00\x01trailing"), 1),
    (question()[:12], 1), (question(flags=0x7800), 4), (question(flags=0x2800), 4),
])
def test_a_malformed_question_gets_its_code_and_never_more(names, message, code):
    reply = names.raw(message)
    assert len(reply) == 12
    assert reply[:2] == message[:2] and reply[2] & 0x80 and reply[3] & 15 == code
    assert reply[4:] == b"\x00" * 8


@pytest.mark.parametrize("message", [b"", b"\x00", question()[:11], question(flags=0x8180)])
def test_what_is_no_question_gets_no_answer(names, message):
    with pytest.raises(TimeoutError):
        names.raw(message, wait=0.5)
    # It still answers the next one.
    assert names.raw(question())[3] & 15 == 0


def test_a_connection_takes_questions_one_after_the_other(names):
    with socket.create_connection(("127.0.0.1", names.port), timeout=20) as connection:
        asked = [question(identity=number) for number in range(50)]
        connection.sendall(b"".join(struct.pack(">H", len(message)) + message for message in asked))
        stream = connection.makefile("rb")
        for number in range(50):
            length, = struct.unpack(">H", stream.read(2))
            assert struct.unpack(">H", stream.read(length)[:2]) == (number,)
        connection.sendall(b"\xff\xff")
        assert stream.read() == b""


def test_an_address_in_use_and_a_zone_that_is_none(names):
    # The store of a replay is made before it listens; so is the capture read.
    taken = podsight("replay", BUNDLED / "captures/cart-54fc554bc8-stw4z.pcap", "-o", "none", "--serve", "127.0.0.1:0",
                     "--dns", f"127.0.0.1:{names.port}")
    assert taken.returncode == 1 and b"is in use; choose another address with --dns" in taken.stderr
    assert podsight("run", "--dns", "127.0.0.1:0", "--dns-zone", "a..b").returncode == 64
    assert podsight("replay", "x.pcap", "--dns", "127.0.0.1:0").returncode == 64


def test_a_machine_without_a_cluster_knows_no_names(root_rights, tmp_path):
    names = Names("run", "--interface", "lo", "--no-cluster", "--store", tmp_path / "flows.sqlite", "--listen",
                  "127.0.0.1:0")
    assert "status: NXDOMAIN" in names.dig("-x", "10.96.0.10")
    assert names.server.stop() == 0
