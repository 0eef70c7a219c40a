"""What a person does with the console."""
import re
import urllib.parse

from playwright.sync_api import expect


def query_of(page):
    return urllib.parse.parse_qs(urllib.parse.urlparse(page.url).query)


def apply_filter(page, text):
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def has_edge(page, source, target):
    rows = page.locator("#edges tbody tr").all_inner_texts()
    return any(re.match(rf"[^\t]*/\s*{source}\s*\t[^\t]*/\s*{target}\s*\t", row) for row in rows)


def test_the_map_shows_the_islands(console, screenshot):
    page = console()
    elements = page.get_by_label("Elements of the map").locator("button").all_inner_texts()
    assert any(", robot-shop:" in text for text in elements)
    assert any(", outside Kubernetes:" in text for text in elements)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    screenshot(page, "map-light")


def test_the_map_is_drawn(console):
    page = console()
    colours = page.evaluate("""() => {
        const canvas = document.querySelector('canvas');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4 * 97) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        return seen.size;
    }""")
    assert colours > 20


def test_the_table_lists_the_same_connections(console, screenshot):
    page = console(**{"as": "table"})
    assert has_edge(page, "web", "cart")
    assert has_edge(page, "cart", "catalogue")
    screenshot(page, "table-light")


def test_a_filter_narrows_and_is_in_the_url_and_survives_a_reload(console):
    page = console(**{"as": "table"})
    rows = page.locator("#edges tbody tr")
    everything = rows.count()
    apply_filter(page, "src.workload=web dst.workload=cart")
    expect(rows).to_have_count(1)
    assert everything > 1
    assert query_of(page)["q"] == ["src.workload=web dst.workload=cart"]
    page.reload()
    expect(page.locator("#edges tbody tr")).to_have_count(1)
    expect(page.locator("#filter")).to_have_value("src.workload=web dst.workload=cart")
    page.go_back()
    expect(page.locator("#edges tbody tr")).to_have_count(everything)


def test_a_filter_error_is_shown_with_its_column_and_a_suggestion(console, screenshot):
    page = console()
    apply_filter(page, "wrkload=web")
    error = page.get_by_role("alert")
    expect(error).to_contain_text("column 1")
    suggestion = error.locator(".suggestion")
    expect(suggestion).to_contain_text("workload")
    screenshot(page, "filter-error")
    if suggestion.evaluate("element => element.tagName") == "BUTTON":
        suggestion.click()
        expect(page.get_by_role("alert")).to_have_count(0)
        assert query_of(page)["q"] == ["workload=web"]


def test_no_match_says_so_and_offers_to_clear(console, screenshot):
    page = console(q="ns=does-not-exist")
    expect(page.get_by_role("heading", name="No flow matches this filter")).to_be_visible()
    screenshot(page, "empty-light")
    page.get_by_role("button", name="Clear filter", exact=True).last.click()
    expect(page.locator("canvas")).to_be_visible()
    assert "q" not in query_of(page)


def test_a_time_outside_the_recording_offers_the_known_range(console):
    page = console(**{"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z"})
    page.get_by_role("button", name="Show that range").click()
    expect(page.locator("canvas")).to_be_visible()


def test_the_theme_toggles_and_is_in_the_url(console):
    page = console(scheme="light")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.locator(".theme-switch").click()
    page.locator(".theme-switch").click()
    expect(root).to_have_attribute("data-theme", "dark")
    assert query_of(page)["theme"] == ["dark"]


def test_auto_follows_the_system(console, screenshot):
    page = console(scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    screenshot(page, "map-dark")


def test_selecting_shows_details_and_leads_to_the_flows(console, screenshot):
    page = console()
    page.get_by_label("Elements of the map").get_by_role("button", name=re.compile("^web, ")).focus()
    page.keyboard.press("Enter")
    details = page.get_by_label("Details", exact=True)
    expect(details.get_by_role("heading", name="web", exact=True)).to_be_visible()
    screenshot(page, "map-selected")
    details.get_by_role("button", name=re.compile("cart")).first.click()
    expect(details).to_contain_text("Connection")
    details.get_by_role("button", name="Show flows").click()
    expect(page.locator(".flow-row").first).to_be_visible()
    query = query_of(page)
    assert query["view"] == ["flows"]
    assert "src.workload=web" in query["q"][0] and "dst.workload=cart" in query["q"][0]


def test_flows_open_a_sheet_with_the_record(console, screenshot):
    page = console(view="flows")
    rows = page.locator(".flow-row")
    expect(rows.first).to_be_visible()
    assert rows.count() > 5
    screenshot(page, "flows-light")
    rows.nth(1).locator(".time").click()
    sheet = page.get_by_role("dialog", name="Flow")
    expect(sheet.locator(".record")).to_contain_text('"@timestamp"')
    screenshot(page, "flow-sheet")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_value_is_added_to_the_filter_and_excluded_with_shift(console):
    page = console(view="flows")
    page.locator(".flow-row").first.get_by_role("button", name="TCP").or_(
        page.locator(".flow-row").first.get_by_role("button", name="UDP")).first.click()
    expect(page.locator("#filter")).to_have_value(re.compile("^proto="))
    page.locator(".flow-row .address .value").first.click(modifiers=["Shift"])
    expect(page.locator("#filter")).to_have_value(re.compile("not src.ip="))


def test_scrolling_reaches_beyond_the_first_page(console):
    page = console(view="flows")
    scroller = page.locator(".flow-scroller")
    before = scroller.evaluate("element => element.scrollHeight")
    scroller.evaluate("element => { element.scrollTop = element.scrollHeight; }")
    page.wait_for_timeout(200)
    if "loaded" in page.locator(".flows-count").inner_text():
        expect(page.locator(".flow-row").first).to_be_visible()
        for _ in range(100):
            if scroller.evaluate("element => element.scrollHeight") > before:
                break
            page.wait_for_timeout(100)
        assert scroller.evaluate("element => element.scrollHeight") > before
    assert page.locator(".flow-row").count() < 60, "rows out of view are not rendered"


def test_status_accounts_for_packets(console, screenshot):
    page = console(view="status")
    expect(page.get_by_role("heading", name="Observation points")).to_be_visible()
    expect(page.get_by_role("heading", name="Attribution")).to_be_visible()
    screenshot(page, "status-light")


def test_zoom_by_keyboard_changes_the_picture(console):
    page = console()
    picture = "document.querySelector('canvas').toDataURL().length"
    before = page.evaluate(picture)
    page.locator(".map").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert page.evaluate(picture) != before
