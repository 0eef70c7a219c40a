"""Whatever is wrong with what is asked: one line that names it, the right exit code, no half-written output."""
import os
import socket
import struct
import subprocess

import pytest
from program import PROGRAM, need, podsight

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def packet(data):
    return struct.pack("<IIII", 1, 0, len(data), len(data)) + data


def one_line(result, code):
    text = result.stderr.decode()
    assert result.returncode == code, (result.returncode, text)
    assert result.stdout == b""
    assert "Fatal error" not in text and "Stack dump" not in text and "Swift/" not in text
    return text


@pytest.mark.parametrize("name, content, word", [
    ("empty.pcap", b"", "empty"),
    ("text.pcap", b"hello, this is not a capture\n", "not a capture"),
    ("gzip.pcap", b"\x1f\x8b\x08\x00" + bytes(40), "gunzip"),
    ("short.pcap", HEADER[:10], "header"),
    ("linktype.pcap", struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147) + packet(bytes(60)), "147"),
])
def test_a_file_that_is_no_capture_is_named(tmp_path, name, content, word):
    file = tmp_path / name
    file.write_bytes(content)
    text = one_line(podsight("replay", file, "-o", "jsonl"), 1)
    assert name in text and word in text, text


def test_a_truncated_capture_gives_its_whole_packets_and_exit_code_1(tmp_path):
    ethernet = bytes(12) + b"\x08\x00"
    ip = bytes.fromhex("4500001c00010000401100000a0000010a000002") + bytes.fromhex("30390035000800 00".replace(" ", ""))
    file = tmp_path / "cut.pcap"
    file.write_bytes(HEADER + packet(ethernet + ip) + packet(ethernet + ip)[:20])
    result = podsight("replay", file, "-o", "jsonl", "--interval", "none")
    assert result.returncode == 1
    assert result.stdout.count(b"\n") == 1
    text = result.stderr.decode()
    assert "cut.pcap" in text and "1 packets read" in text


def test_a_missing_file_is_named(tmp_path):
    text = one_line(podsight("replay", tmp_path / "none.pcap"), 1)
    assert "none.pcap" in text and "no such file" in text.lower()


def test_a_folder_in_place_of_a_capture_is_named(tmp_path):
    assert str(tmp_path) in one_line(podsight("replay", tmp_path), 1)


@pytest.mark.parametrize("content", [b"", b"{", b"\xd4\xc3\xb2\xa1" + bytes(20), b"a: [1,\nb: 2\n", b"just words\n"])
def test_a_cluster_file_that_is_none_is_named(tmp_path, content):
    capture, cluster = tmp_path / "a.pcap", tmp_path / "state.yaml"
    capture.write_bytes(HEADER)
    cluster.write_bytes(content)
    assert "state.yaml" in one_line(podsight("replay", capture, "--cluster", cluster), 1)


def test_a_conntrack_log_with_a_bad_line_is_named_with_the_line(tmp_path):
    capture, log = tmp_path / "a.pcap", tmp_path / "conntrack.txt"
    capture.write_bytes(HEADER)
    log.write_text("what is this\n")
    text = one_line(podsight("replay", capture, "--conntrack", log), 1)
    assert "conntrack.txt" in text and "line 1" in text


def test_wrong_usage_exits_with_64():
    for arguments in [["replay"], ["replay", "x.pcap", "--interval", "soon"], ["fly"], ["flows", "--limit", "-3"],
                      ["replay", "x.pcap", "-o", "xml"], ["run", "--listen", "nowhere:99999"]]:
        one_line(podsight(*arguments), 64)


def test_a_server_that_is_not_there_exits_with_69():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    for command in (["flows"], ["status"]):
        text = one_line(podsight(*command, "--server", url), 69)
        assert url in text
        text = one_line(podsight(*command, env={"PODSIGHT_SERVER": url}), 69)
        assert url in text


def test_a_filter_with_a_typo_names_the_column_and_the_field(demo_url):
    text = one_line(podsight("flows", "dst.ns=a dst.prot=5432", "--server", demo_url), 64)
    assert "column 10" in text and "dst.port" in text, text


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = one_line(podsight("demo", "--listen", f"127.0.0.1:{port}", "--no-open"), 1)
        assert f"{port}" in text and "in use" in text


def test_a_full_disk_under_the_output_is_named(robot_shop):
    need(os.path.exists("/dev/full"), "/dev/full")
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [PROGRAM, "replay", robot_shop / "captures/redis-0.pcap", "-o", "jsonl"], stdout=full,
            stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert b"No space left on device" in result.stderr


def test_a_reader_that_goes_away_ends_the_command_quietly(robot_shop):
    command = f"{PROGRAM} replay {robot_shop}/captures/*.pcap -o jsonl | head -n 1 > /dev/null"
    result = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE)
    assert b"Fatal" not in result.stderr
