"""WCAG 2.2 A and AA by axe-core in every state; keyboard, focus and what is read out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from host_page import HostPage
from playwright.sync_api import Page, expect
from test_page import NUMB, fits, say, send, shoot

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}}
LOOKS = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "light", "contrast": "more"},
    {"color_scheme": "dark", "forced_colors": "active"},
]
PLAIN = "body { font-family: sans-serif }"


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def enlarge(page: Page) -> None:
    page.get_by_role("button", name="Options").click()
    for _ in range(4):
        page.get_by_role("button", name="Larger text").click()


@pytest.mark.parametrize("width, height", [(320, 640), (1280, 800)])
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(look.values()))
def test_no_state_of_the_widget_has_a_violation(
    open_page, live_server, host_page: HostPage, look: dict, width: int, height: int
):
    address = host_page.shows(live_server.url, PLAIN)
    page = open_page(width, height, address, **look)
    launcher = page.get_by_role("button", name="Questions? Chat with us")
    expect(launcher).to_be_visible()
    found = {"closed": violations(page)}
    launcher.click()
    expect(page.locator(".banner")).to_be_hidden()
    found["open"] = violations(page)
    say(page, "the injection")
    found["buttons"] = violations(page)
    say(page, "what is denosumab?")
    page.get_by_role("button", name="No", exact=True).click()
    found["answer"] = violations(page)
    enlarge(page)
    found["200% text, options"] = violations(page)
    page.get_by_role("button", name="Start over").click()
    found["start over"] = violations(page)
    page.get_by_role("button", name="No, go on").click()
    page.get_by_role("button", name="Options").click()
    send(page, "a" * 250_000)
    expect(page.locator(".problem")).to_contain_text("can be sent")
    found["error, 200%"] = violations(page)
    page.locator("#message").fill("")
    say(page, "I have a fever")
    say(page, NUMB)
    found["emergency, 200%"] = violations(page)
    assert fits(page)
    page.get_by_role("button", name="I have read this").click()
    page.context.set_offline(True)
    expect(page.locator(".banner")).to_contain_text("No connection")
    send(page, "my legs are numb")
    expect(page.locator(".mine .delivery").last).to_contain_text("Not sent yet")
    page.context.set_offline(False)  # axe's own requests
    found["offline"] = violations(page)
    assert {state: one for state, one in found.items() if one} == {}


def focused(page: Page) -> str:
    return page.evaluate(
        "() => { let one = document.activeElement;"
        " while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;"
        " return one.id || one.textContent.trim().slice(0, 40); }"
    )


def is_outlined(page: Page) -> bool:
    return page.evaluate(
        "() => { const one = document.querySelector('bone-chat').shadowRoot.activeElement;"
        " const style = getComputedStyle(one);"
        " return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2; }"
    )


def test_the_whole_journey_by_keyboard(open_page, live_server, host_page: HostPage):
    page = open_page(1280, 800, host_page.shows(live_server.url, PLAIN))
    page.get_by_role("button", name="Questions? Chat with us").wait_for()
    press = page.keyboard.press
    press("Tab")
    assert focused(page) == "A link"
    press("Tab")
    assert focused(page) == "Questions? Chat with us" and is_outlined(page)
    press("Enter")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.type("the injection")
    press("Enter")
    expect(page.locator("[data-kind=clarify]")).to_be_visible()
    expect(page.locator("#message")).to_be_focused()
    press("Shift+Tab")  # the newest buttons stand next to the message box
    assert focused(page) == "What are bisphosphonates?" and is_outlined(page)
    press("Shift+Tab")
    assert focused(page) == "What is denosumab?"
    press("Enter")
    expect(page.locator("[data-kind=answer]")).to_have_count(1)
    press("Tab")
    press("Tab")
    order = []
    while focused(page) != "message" and len(order) < 20:
        order.append(focused(page))
        press("Tab")
    assert focused(page) == "message"
    page.keyboard.type(NUMB)
    press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#message")).to_be_focused()  # the card takes no focus from who types
    back = []
    while "Options" not in back and len(back) < 30:
        press("Shift+Tab")
        back.append(focused(page))
        assert is_outlined(page)
    assert back.index("I have read this") < back.index("Call 999") < back.index("Close")
    while focused(page) != "I have read this":
        press("Tab")
    press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#message")).to_be_focused()
    press("Shift+Tab")
    while not focused(page).startswith("Assistant:"):
        press("Shift+Tab")
    press("Home")
    assert "computer program" in page.evaluate(
        "document.querySelector('bone-chat').shadowRoot.activeElement.textContent"
    )
    press("ArrowDown")
    assert focused(page).startswith("You:") and is_outlined(page)
    press("Escape")
    assert focused(page) == "Questions? Chat with us"
    press("Enter")
    expect(page.locator("#message")).to_be_focused()
    expect(page.locator(".mine")).to_have_count(3)


def test_each_thing_is_read_out_once_and_only_what_is_new(open_page):
    page = open_page()
    page.evaluate(
        "() => { window.read = []; const root = document.querySelector('bone-chat').shadowRoot;"
        " const live = root.querySelectorAll('[aria-live=polite], [aria-live=assertive]');"
        " for (const region of live) new MutationObserver(changes => changes.forEach(change =>"
        "   change.addedNodes.forEach(node => window.read.push("
        "     [region.getAttribute('aria-live'), node.textContent]))"
        " )).observe(region, {childList: true}); }"
    )
    say(page, "the injection")
    say(page, "what is denosumab?")
    say(page, NUMB)
    read = page.evaluate("window.read")
    assert [how for how, _ in read] == ["polite"] * 4
    assert read[0][1] == "Assistant: Which of these do you mean? 2 suggestions follow."
    assert "Denosumab" in read[1][1] and "It is given: as an injection" in read[1][1]
    assert "Call 999 now." in read[2][1] and "Denosumab" in read[3][1]
    # The emergency itself is an alert, alone: no live region stands in another.
    nested = page.locator(
        "[aria-live=polite] [aria-live], [aria-live=polite] [role=alert], [role=alert] [aria-live],"
        " [role=alert] [role=status], [role=log] [role=alert], [role=log] [role=status]"
    )
    assert nested.count() == 0
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


def test_a_second_emergency_is_an_alert_of_its_own(open_page):
    page = open_page()
    say(page, NUMB)
    page.evaluate(
        "document.querySelector('bone-chat').shadowRoot.querySelector('.card').old = true"
    )
    say(page, "I want to end it")
    card = page.get_by_role("alert")
    expect(card.get_by_role("heading")).to_have_text("Please get help now")
    assert card.evaluate("card => card.old") is None
    shoot(page, "second-emergency")
