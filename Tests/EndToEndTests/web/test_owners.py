"""Who had this address? As a person asks it in the console."""
import re
import urllib.parse

from playwright.sync_api import expect


def query_of(page):
    return urllib.parse.parse_qs(urllib.parse.urlparse(page.url).query)


def ask(page, address, time):
    page.get_by_label("Address", exact=True).fill(address)
    page.get_by_label("Time", exact=True).fill(time)
    page.get_by_role("button", name="Ask").click()


def test_an_address_is_given_to_its_owner_of_that_time(console, screenshot):
    page = console()
    page.get_by_role("navigation").get_by_role("button", name="Addresses").click()
    ask(page, "172.17.0.9", "2026-11-21T01:36:00Z")
    answer = page.get_by_label("Answer")
    expect(answer.get_by_role("heading")).to_have_text(re.compile("^pod robot-shop/mongodb-"))
    expect(answer).to_contain_text("Certain")
    expect(answer).to_contain_text("Deployment mongodb")
    assert query_of(page)["ip"] == ["172.17.0.9"]
    owners = page.get_by_label("All owners", exact=True).locator("tbody tr")
    expect(owners).to_have_count(2)
    expect(page.locator("tr.selected")).to_have_count(1)
    screenshot(page, "owners-light")
    owners.nth(1).get_by_role("button").click()
    expect(answer.get_by_role("heading")).to_have_text(re.compile("^pod robot-shop/web-"))
    page.go_back()
    expect(answer.get_by_role("heading")).to_have_text(re.compile("^pod robot-shop/mongodb-"))


def test_a_link_shows_the_same_and_leads_to_the_flows(console):
    page = console(view="owners", ip="172.17.0.9", at="2026-11-21T01:36:00Z")
    page.get_by_role("button", name="Show its flows").click()
    expect(page.locator(".flow-row").first).to_be_visible()
    assert query_of(page)["q"][0].startswith("pod=mongodb-")


def test_an_address_that_nobody_had_and_one_that_is_none(console, screenshot):
    page = console(view="owners")
    ask(page, "8.8.8.8", "")
    expect(page.get_by_label("Answer")).to_contain_text("Nobody known")
    expect(page.get_by_label("Answer")).to_contain_text("not an address of this cluster")
    ask(page, "web", "")
    expect(page.get_by_role("alert")).to_contain_text("this is no IP address")
    screenshot(page, "owners-error")
