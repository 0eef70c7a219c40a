"""What happened in the cluster, above the traffic."""
import re
import urllib.parse

from playwright.sync_api import expect


def test_changes_stand_above_the_traffic_and_lead_to_their_time(console, screenshot):
    page = console(**{"as": "table"})
    lane = page.get_by_label("Changes in the cluster")
    steps = lane.locator("button.event-step")
    expect(steps.first).to_be_visible()
    assert steps.count() > 10
    killed = lane.locator("button.deleted").first
    assert "deleted" in killed.get_attribute("title")
    killed.click()
    listed = lane.get_by_label("Changes at this time")
    expect(listed).to_contain_text(re.compile("Pod [a-z-]+/.* deleted"))
    screenshot(page, "events-lane")
    lane.get_by_role("button", name="Show this time alone").click()
    expect(listed).to_have_count(0)
    query = urllib.parse.parse_qs(urllib.parse.urlparse(page.url).query)
    assert query["from"] < query["to"]


def test_a_time_in_which_nothing_changed_has_no_lane(console):
    page = console(view="flows", **{"from": "2026-11-21T01:36:31Z", "to": "2026-11-21T01:36:33Z"})
    expect(page.locator(".flow-row").first).to_be_visible()
    expect(page.get_by_label("Changes in the cluster")).to_have_count(0)
