"""The preview shows a text as the chat page would, and a faulty file as its fault."""

import threading

import pytest
import requests

from assistant.editorial.preview import preview_messages, preview_server, text_ids


@pytest.fixture(scope="module")
def address():
    with preview_server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_entry_is_what_a_patient_would_get():
    (shown,) = preview_messages("denosumab")
    assert shown["asked"] == "What is denosumab and what does it do for bone metastases?"
    message = shown["message"]
    assert "RANKL" in message["text"] and "{" not in message["text"]
    assert message["custom"]["kind"] == "answer" and message["custom"]["reviewed"] is None
    assert message["buttons"][0]["title"].startswith("When should I call")


def test_advice_is_shown_for_each_of_its_priorities():
    shown = [one["message"] for one in preview_messages("advice/fracture")]
    assert [one["custom"]["priority"] for one in shown] == ["page", "same-day", "review"]
    assert all(one["custom"]["kind"] == "escalation" and one["text"] for one in shown)


def test_all_texts_are_listed_and_unknown_ones_are_not_found(address):
    assert requests.get(f"{address}/texts", timeout=30).json() == text_ids()
    assert len(text_ids()) == 86
    assert requests.get(f"{address}/texts/advice/nothing", timeout=30).status_code == 404
    assert requests.get(f"{address}/../site.yml", timeout=30).status_code == 404


def test_fault_of_a_file_is_told(address, monkeypatch):
    from assistant.editorial import preview
    from assistant.faq.document import ContentError

    def fail(_):
        raise ContentError(preview.FOLDER / "x.md", 7, "key 'id' is missing")

    monkeypatch.setattr(preview, "preview_messages", fail)
    reply = requests.get(f"{address}/texts/denosumab", timeout=30)
    assert reply.status_code == 422 and "x.md:7: key 'id' is missing" in reply.text
