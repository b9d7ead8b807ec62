"""One line on a hospital's own page: a strict policy, hostile styles; another page may not."""

from __future__ import annotations

from host_page import HostPage
from playwright.sync_api import Page, expect
from test_page import NUMB, say, shoot

THEME = (
    "bone-chat { --bone-chat-accent: rgb(90, 20, 120); --bone-chat-logo-width: 40px;"
    " --bone-chat-logo:"
    " url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E\"); }"
)


def open_chat(page: Page) -> None:
    page.get_by_role("button", name="Questions? Chat with us").click()
    expect(page.locator(".banner")).to_be_hidden()


def style(page: Page, selector: str, name: str) -> str:
    return page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")


def test_it_works_under_a_strict_policy_and_hostile_styles(
    open_page, live_server, host_page: HostPage
):
    page = open_page(1280, 800, host_page.shows(live_server.url))
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    open_chat(page)
    say(page, NUMB)
    expect(page.get_by_role("alert").locator("a.call")).to_be_in_viewport(ratio=1)
    assert style(page, ".bubble", "fontSize") == "16px"
    assert style(page, ".bubble", "direction") == "ltr"
    assert style(page, ".bubble", "color") == "rgb(22, 35, 43)"
    assert style(page, ".bubble", "textTransform") == "none"
    assert style(page, "bone-chat", "visibility") == "visible"
    assert len(sockets) == 1
    assert page.problems == []
    shoot(page, "hostile-page")
    page.reload()  # open before, open after; the conversation is there
    expect(page.locator(".mine")).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(1)


def test_nothing_comes_from_a_third_party_and_nothing_lies_in_cookies_or_local_storage(
    open_page, live_server, host_page: HostPage
):
    page = open_page(1280, 800, host_page.shows(live_server.url))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    open_chat(page)
    say(page, "my secret words about denosumab")
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {
        live_server.url.split("/")[2],
        host_page.origin.split("/")[2],
    }
    assert page.context.cookies() == []
    assert "secret" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_a_hospital_sets_colours_and_logo(open_page, live_server, host_page: HostPage):
    page = open_page(1280, 800, host_page.shows(live_server.url, THEME))
    open_chat(page)
    assert style(page, ".send", "backgroundColor") == "rgb(90, 20, 120)"
    assert style(page, ".logo", "width") == "40px" and "svg" in style(
        page, ".logo", "backgroundImage"
    )


def test_a_page_that_the_site_does_not_name_gets_nothing(open_page, live_server):
    with HostPage() as foreign:
        page = open_page(1280, 800, foreign.shows(live_server.url, own_words="Call <b>999</b>."))
        page.wait_for_timeout(1000)
        expect(page.locator("bone-chat")).to_contain_text("Call 999.")
        assert page.get_by_role("button").count() == 0


def test_while_the_server_cannot_be_reached_the_pages_own_words_stand(
    open_page, live_server, host_page: HostPage
):
    own = "<p>In an emergency call <a href='tel:999'>999</a>.</p>"
    address = host_page.shows("http://127.0.0.1:9", "body {}", own_words=own)
    page = open_page(1280, 800, address)
    expect(page.get_by_role("link", name="999")).to_be_visible()


def test_script_in_message_button_and_a_nurses_line_is_harmless(open_page, assistant):
    from scripted import script
    from serving import respond

    bad = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"

    async def hostile(message) -> None:
        sources = [{"title": bad, "url": "javascript:window.hacked=1"}]
        text = f"{bad} [x](javascript:window.hacked=1)"
        await respond(message, "answer", text, sources=sources, buttons=[bad])

    assistant.script = hostile
    try:
        page = open_page()
        say(page, bad)
        button = page.get_by_role("group", name="Suggestions").get_by_role("button")
        expect(button).to_have_text(bad)
        button.click()
        expect(page.locator("[data-kind=answer]")).to_have_count(2)
    finally:
        assistant.script = script
    assert page.locator(".log img, .log script").count() == 0
    links = page.locator("bone-chat a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(links) == {"tel:"}
    assert page.evaluate("window.hacked") is None and page.problems == []
