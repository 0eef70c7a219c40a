"""The console on a live instance: it follows what happens, and says so when it cannot."""
import re
import signal

from program import flows, run_arguments, send, wait_for

TIMEOUT_MS = 120_000


def open_page(browser, url):
    page = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce").new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(url)
    return page


def test_new_flows_come_without_a_reload_and_pause_holds_them(browser, veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    page = open_page(browser, f"{server.url}/?view=flows&q=dst.port%3D8123%2C8124")
    page.get_by_text("Live", exact=True).wait_for()
    send(20, 8123)
    page.get_by_role("row").filter(has_text="8123").first.wait_for()
    page.get_by_role("button", name=re.compile("pause", re.IGNORECASE)).click()
    send(20, 8124)
    wait_for(lambda: flows(server.url, "dst.port=8124 packets>0"))
    assert page.get_by_role("row").filter(has_text="8124").count() == 0
    page.get_by_role("button", name=re.compile("live|resume", re.IGNORECASE)).first.click()
    page.get_by_role("row").filter(has_text="8124").first.wait_for()


def test_a_server_that_goes_away_is_told_and_found_again(browser, veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    page = open_page(browser, server.url)
    page.get_by_text("Live", exact=True).wait_for()
    server.stop(signal.SIGKILL)
    page.get_by_text(re.compile("Reconnecting|unreachable", re.IGNORECASE)).first.wait_for()
    address = server.url.removeprefix("http://")
    arguments = [address if argument == "127.0.0.1:0" else argument
                 for argument in run_arguments(tmp_path, "--no-cluster")]
    start_server(*arguments)
    page.get_by_text("Live", exact=True).wait_for()


def test_an_instance_that_has_seen_nothing_says_why(browser, veth, tmp_path, start_server):
    server = start_server(*run_arguments(tmp_path, "--no-cluster"))
    page = open_page(browser, f"{server.url}/?q=dst.port%3D1")
    page.get_by_text(re.compile("no (flows|packets)|nothing|match", re.IGNORECASE)).first.wait_for()
