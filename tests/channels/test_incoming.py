"""What clients send, and what they are told when it cannot be used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.channels.incoming import (
    MAX_BODY_BYTES,
    MAX_CHARACTERS,
    RequestError,
    clean,
    read_id,
    read_message,
    read_object,
)


@pytest.mark.parametrize(
    "given_text, read",
    [
        ("/restart my legs are numb", "restart my legs are numb"),
        ("/greet@1.0 I cannot feel my legs", "greet@1.0 I cannot feel my legs"),
        (' \t//\x00/inform{"a": "b"}', 'inform{"a": "b"}'),
        ("\x1b/restart", "restart"),
        ("/", ""),
        ("", ""),
        ("my legs\r\nare numb", "my legs\nare numb"),
        ("le\x00gs", "legs"),
        ("legs\x0bnumb", "legs numb"),
        ("pain 5/10", "pain 5/10"),
        ("😢😢", "😢😢"),
        ("bad \ud800 half", "bad \ufffd half"),
    ],
)
def test_clean_takes_out_what_patients_do_not_write(given_text: str, read: str):
    assert clean(given_text) == read


@given(st.text())
def test_clean_text_is_never_a_command_and_cleaning_again_changes_nothing(text: str):
    once = clean(text)
    assert clean(once) == once
    assert not once.strip().startswith("/")
    once.encode("utf-8")


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_bytes_are_read_or_refused_clearly(body: bytes, content_type: str):
    try:
        assert isinstance(read_object(body, content_type), dict)
    except RequestError as error:
        assert error.status in (400, 413, 415)
        assert all(error.body[key] for key in ("error", "given", "allowed", "do"))


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        (b"\xff\xfe\x00", "application/json", 400),
        (b"", "application/json", 400),
        (b"not json", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "multipart/form-data; boundary=x", 415),
        (b"{}", "application/json; charset=latin-1", 415),
        (b'{"message": "' + b"a" * MAX_BODY_BYTES + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(body: bytes, content_type: str, status: int):
    with pytest.raises(RequestError) as caught:
        read_object(body, content_type)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/x-www-form-urlencoded",
    ],
)
def test_json_is_read_from_careless_clients_too(content_type: str):
    assert read_object(b"\xef\xbb\xbf{}", content_type) == {}


def test_a_browser_must_say_that_it_sends_json():
    with pytest.raises(RequestError) as caught:
        read_object(b"{}", "text/plain", from_browser=True)
    assert caught.value.status == 415


@pytest.mark.parametrize("body", [{}, {"text": "hello"}, {"message": None}, {"message": ["a"]}])
def test_a_body_without_a_message_string_is_refused(body: dict):
    with pytest.raises(RequestError) as caught:
        read_message(body, None)
    assert caught.value.status == 400


def test_errors_say_type_and_length_and_never_the_words():
    with pytest.raises(RequestError) as caught:
        read_message({"message": {"secret": "crimson teapot"}}, None)
    assert caught.value.body["given"] == "an object"
    with pytest.raises(RequestError) as caught:
        read_id("crimson teapot " * 20, "sender")
    assert caught.value.body["given"] == "a string of 300 characters"
    assert "crimson" not in str(caught.value.body)


@pytest.mark.parametrize("value", [7, True, [], {}, "", "  ", "a" * 201, "a\nb", "a\ud800"])
def test_an_id_that_is_no_short_printable_string_is_refused(value: object):
    with pytest.raises(RequestError):
        read_id(value, "message_id")


def test_a_text_of_exactly_the_limit_is_whole():
    incoming = read_message({"message": "a" * MAX_CHARACTERS}, "m1")
    assert (len(incoming.text), incoming.cut_from) == (MAX_CHARACTERS, None)


def test_a_longer_text_is_cut_and_says_so():
    incoming = read_message({"message": "a" * (MAX_CHARACTERS + 1)}, None)
    assert (len(incoming.text), incoming.cut_from) == (MAX_CHARACTERS, MAX_CHARACTERS + 1)
