"""What analysis finds, on the page: made-up flows, so that each kind of finding is there."""
import pytest
from playwright.sync_api import expect

axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")

TIME = "2026-11-21T01:35:21.702000000Z"
MS = 1_000_000


def counts(**changes):
    zero = dict.fromkeys(("payload_bytes", "retransmitted", "out_of_order", "lost", "zero_windows", "resets"), 0)
    return {**zero, **changes}


def flow(number, transport, destination, **found):
    return {
        "@timestamp": TIME,
        "event": {"id": f"flow-{number}", "start": TIME, "end": TIME, "duration": MS, "sequence": 1},
        "source": {"ip": "172.17.0.8", "port": 40000 + number, "bytes": 512, "packets": 6},
        "destination": {"bytes": 700, "packets": 5, **destination},
        "network": {"transport": transport, "bytes": 1212, "packets": 11, "direction": "egress"},
        "observer": {"name": "web"},
        "podsight": {"direction_evidence": "tcp_handshake", "side": "source", **found},
        "type": "flow",
    }


ORDER = flow(
    1, "tcp", {"ip": "93.184.216.34", "port": 80, "domain": "shop.example.com"},
    attribution={"source": {"basis": "unknown"}, "destination": {"basis": "dns_answer"}},
    tcp={"source_flags": "SPA", "destination_flags": "SRA", "state": "reset_by_destination", "orderly": False,
         "handshake_rtt": 13 * MS, "source": counts(retransmitted=2, handshake_rtt=MS),
         "destination": counts(zero_windows=3, resets=1, handshake_rtt=12 * MS)},
    exchanges={"count": 3, "latency": {"mean": 85 * MS, "p50": 2 * MS, "p90": 250 * MS, "p99": 250 * MS, "max": 250 * MS,
                                       "histogram": {"values": [2 * MS, 250 * MS], "counts": [2, 1]}}},
    http={"requests": 2, "responses": {"2xx": 1, "3xx": 0, "4xx": 0, "5xx": 1}, "omitted": 4, "exchanges": [
        {"time": TIME, "method": "POST", "host": "shop.example.com", "path": "/<b>orders</b>", "status": 503, "latency": 250 * MS},
        {"time": TIME, "status": 200}]},
    tunnel={"kind": "vxlan", "source": "192.168.49.2", "destination": "192.168.49.3", "id": 42},
    super_packets=7,
)
LOOKUP = flow(
    2, "udp", {"ip": "10.96.0.10", "port": 53},
    dns={"queries": 2, "responses": 1, "failures": 1, "omitted": 0, "exchanges": [
        {"time": TIME, "name": "shop.example.com.svc", "type": "A", "code": "NXDOMAIN", "latency": 400_000},
        {"time": TIME, "name": "shop.example.com", "type": "A", "code": "NOERROR", "latency": MS, "answers": ["93.184.216.34"]}]},
)


def sheet_of(page, number):
    page.locator(".flow-row .time").nth(number).click()
    return page.get_by_role("dialog", name="Flow")


def test_a_row_is_marked_and_its_trouble_becomes_a_filter(console):
    page = console(view="flows", flows=[ORDER, LOOKUP])
    row = page.locator(".flow-row").first
    expect(row).to_contain_text("shop.example.com")
    expect(row.locator(".trouble")).to_have_attribute("title", "reset, 2 resent, 3 zero window, 1 × 5xx")
    # A name that does not exist is an answer, not a fault.
    expect(page.locator(".flow-row").nth(1).locator(".trouble")).to_have_count(0)
    expect(page.locator(".flow-row").nth(1)).to_contain_text("NXDOMAIN")
    row.locator(".trouble .value").click()
    expect(page.locator("#filter")).to_have_value("tcp.state=reset_by_destination")


def test_the_sheet_shows_everything_that_was_found(console, screenshot):
    page = console(view="flows", flows=[ORDER, LOOKUP])
    sheet = sheet_of(page, 0)
    for text in ("Reset by destination", "Handshake 13 ms", "3 requests answered", "250 ms", "2 requests, 1 × 2xx, 1 × 5xx",
                 "shop.example.com/<b>orders</b>", "503", "4 more were counted", "VXLAN tunnel 42", "7 frames"):
        expect(sheet).to_contain_text(text)
    screenshot(page, "flow-analysis")
    page.keyboard.press("Escape")
    sheet = sheet_of(page, 1)
    for text in ("2 queries, 1 failure", "NXDOMAIN", "93.184.216.34"):
        expect(sheet).to_contain_text(text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("number", [0, 1])
def test_findings_have_no_violations(console, scheme, number):
    page = console(view="flows", scheme=scheme, flows=[ORDER, LOOKUP])
    sheet_of(page, number).wait_for()
    results = axe_module.Axe().run(page).response
    assert [violation["id"] for violation in results["violations"]] == []
