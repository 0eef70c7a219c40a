"""A browser on the console of a replayed robot-shop recording (or of the instance at PODSIGHT_TEST_URL)."""
import os
import pathlib
import shutil
import time
import urllib.parse

import pytest

OUTPUT = pathlib.Path(__file__).resolve().parents[1] / "output"
# Playwright's 30 s is too short for two loaded cores.
TIMEOUT_MS = 120_000


def chromium_path():
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser():
    missing = None
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = "the Python package playwright"
    if not missing and not chromium_path():
        missing = "chromium (apt-get install chromium fonts-dejavu-core)"
    if missing:
        if os.environ.get("CI"):
            pytest.fail(f"missing in CI: {missing}")
        pytest.skip(f"skipped: {missing} is missing")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def console(browser, demo_url):
    """Opens the console with a query, on made-up flows if there are any; at the end no page may have reported an error."""
    contexts, errors = [], []

    def open_console(scheme="light", flows=None, **query):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 860}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        # A refused filter is answered with 400, which the browser logs as an error of its own accord.
        page.on("console", lambda message: errors.append(message.text)
                if message.type == "error" and "status of 400" not in message.text else None)
        if flows is not None:
            page.route("**/api/v1/flows?*", lambda route: route.fulfill(json={"flows": flows, "matched": len(flows), "next": None}))
        page.goto(f"{demo_url}/?{urllib.parse.urlencode(query)}")
        wait_until_ready(page)
        return page

    yield open_console
    for context in contexts:
        context.close()
    assert errors == []


def wait_until_ready(page):
    # Not wait_for_function: it needs eval, which the console's content security policy forbids.
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while not page.evaluate("window.podsightReady === true"):
        assert time.monotonic() < deadline, "the console drew nothing"
        page.wait_for_timeout(50)


@pytest.fixture
def screenshot():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=OUTPUT / f"{name}.png")
