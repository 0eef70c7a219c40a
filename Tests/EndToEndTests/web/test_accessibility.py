"""Every view, in both themes, without a violation that axe can find."""
import pytest

axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")

VIEWS = {
    "map": {},
    "map-selected": {"sel": "robot-shop/Deployment/web"},
    "table": {"as": "table"},
    "flows": {"view": "flows"},
    "status": {"view": "status"},
    "owners": {"view": "owners", "ip": "172.17.0.9", "at": "2026-11-21T01:36:00Z"},
    "empty": {"q": "ns=does-not-exist"},
    "filter-error": {"q": "wrkload=web"},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_violations(console, screenshot, view, scheme):
    query = VIEWS[view]
    if view == "filter-error":
        page = console(scheme=scheme)
        page.locator("#filter").fill(query["q"])
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
    else:
        page = console(scheme=scheme, **query)
    results = axe_module.Axe().run(page).response
    found = [(violation["id"], [node["html"][:160] for node in violation["nodes"]]) for violation in results["violations"]]
    assert found == []
    screenshot(page, f"axe-{view}-{scheme}")


def test_the_flow_sheet_has_no_violations(console):
    page = console(view="flows")
    page.locator(".flow-row .time").first.click()
    page.get_by_role("dialog", name="Flow").wait_for()
    results = axe_module.Axe().run(page).response
    assert [violation["id"] for violation in results["violations"]] == []
