"""The question under an answer, whether it helped."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from rasa.core.channels.channel import UserMessage
from serving import ScriptedAssistant, respond


async def script(message: UserMessage) -> None:
    kind = "escalation" if "numb" in (message.text or "") else "answer"
    if kind == "escalation":
        await respond(message, kind, "Call 999.", priority="page", message_id=message.message_id)
    await respond(message, "answer", "Yes, gently.", message_id=message.message_id)


@pytest.fixture(scope="module")
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant(script)


def say(page, text: str) -> None:
    page.fill("#message", text)
    page.press("#message", "Enter")
    expect(page.locator("[data-kind=answer]").last).to_be_visible()


@pytest.mark.parametrize("title, helpful", [("Yes", True), ("No", False)])
def test_an_answer_can_be_rated_by_keyboard(open_page, title: str, helpful: bool):
    page = open_page(width=320)
    sent: list[dict] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.post_data_json) if request.url.endswith("/rating") else None
        ),
    )
    say(page, "can I swim?")
    question = page.get_by_role("group", name="Was this helpful?")
    button = question.get_by_role("button", name=title)
    assert button.bounding_box()["height"] >= 44
    with page.expect_response("**/rating") as response:
        button.focus()
        page.keyboard.press("Enter")
    assert response.value.status == 204
    assert [rated["helpful"] for rated in sent] == [helpful]
    expect(question).to_contain_text("Thank you")
    expect(question.get_by_role("button")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent").startswith("Thank you")
    assert page.problems == []


def test_next_to_an_emergency_nothing_is_asked(open_page):
    page = open_page()
    say(page, "my legs are numb, can I swim?")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".rating")).to_have_count(0)
