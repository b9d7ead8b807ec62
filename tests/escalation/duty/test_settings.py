"""escalation.yml: what is wrong in it is named, and an edit that went wrong stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.escalation.duty import settings as module
from assistant.escalation.duty.settings import SettingsError, load_settings, read_settings
from assistant.paths import ROOT

GOOD = """
contacts:
  nurse: {name: Oncology nurse, notify: ["json://pager.example/x"]}
on_duty: {office: [nurse], out_of_hours: []}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "escalation.yml"
    path.write_text(GOOD)
    monkeypatch.setenv("ASSISTANT_ESCALATION", str(path))
    return path


def test_the_shipped_settings_can_be_read_and_reach_nobody():
    settings = read_settings(ROOT / "escalation.yml")
    assert not settings.reaches_people
    assert settings == module.Settings(holidays={"country": "GB", "subdivision": "ENG"})


def test_a_site_with_contacts_reaches_people(file: Path):
    assert read_settings().reaches_people


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("on_duty: {office: [nobody], out_of_hours: [terminal]}", "on_duty names nobody"),
        (
            "shifts: [{from: 2026-12-24T08:00, to: 2026-12-24T09:00, on_duty: [x]}]",
            "shifts names x",
        ),
        (
            "shifts: [{from: 2026-12-24T08:00, to: 2026-12-24T08:00, on_duty: []}]",
            "later than `from`",
        ),
        (
            "contacts: {a: {name: A, notify: ['webhook:pager']}}\n"
            "on_duty: {office: [a], out_of_hours: [a]}",
            "notify names pager",
        ),
        (
            "webhooks: {pager: {url: 'https://p.example', secret: short}}",
            "webhooks > pager > secret",
        ),
        (
            "webhooks: {p: {url: 'https://p.example', secret: 'whsec_not base64 at all!'}}",
            "must be base64",
        ),
        ("time_zone: Europe/Lundun", "no time zone such as Europe/London"),
        ("working_list: 17:00", 'must be in quotes, such as "17:00"'),
        ("office_hours: {from: '17:00', to: '09:00'}", "later than `from` (17:00)"),
        ("office_hours: {days: [monday]}", "office_hours > days"),
        ("holidays: {country: XX}", "XX"),
        ("limits: {page: 0}", "limits > page"),
        ("join_minute: 3", "join_minute: extra fields not permitted"),
        ("public_url: pager.example", "public_url"),
        ("- 1", "expected settings"),
        ("a: [", "is no YAML"),
    ],
)
def test_a_fault_is_named_with_its_place(file: Path, given: str, named: str):
    file.write_text(given)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert named in str(caught.value) and str(file) in str(caught.value)


def test_secrets_come_from_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch):
    file.write_text("webhooks: {pager: {url: 'https://p.example', secret: '${PAGER_SECRET}'}}")
    with pytest.raises(SettingsError, match="PAGER_SECRET, which the environment does not have"):
        read_settings()
    monkeypatch.setenv("PAGER_SECRET", "0123456789abcdef")
    assert read_settings().webhooks["pager"].secret == "0123456789abcdef"


def test_links_lead_to_this_server_where_no_address_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PORT", "5010")
    file.write_text("link_hours: 12")
    assert read_settings().public_url == "http://127.0.0.1:5010"
    file.write_text("public_url: https://assistant.hospital.example")
    assert read_settings().public_url == "https://assistant.hospital.example"


def test_the_last_good_settings_stay_when_an_edit_goes_wrong(file: Path):
    good = load_settings()
    assert list(good.contacts) == ["nurse"] and module.settings_fault() is None
    file.write_text("contacts: []")
    assert load_settings() == good
    assert "contacts" in (module.settings_fault() or "")
    file.unlink()
    assert load_settings() == good and "cannot be read" in (module.settings_fault() or "")


def test_the_database_is_the_environments_then_the_settings_then_a_file(
    file: Path, state: Path, monkeypatch: pytest.MonkeyPatch
):
    assert module.database_url() == f"sqlite:///{state / 'escalations.sqlite'}"
    file.write_text("database: postgresql://a@b/c")
    assert module.database_url() == "postgresql://a@b/c"
    monkeypatch.setenv("ASSISTANT_DATABASE", "postgresql://x@y/z")
    assert module.database_url() == "postgresql://x@y/z"


def test_no_secret_of_the_file_is_in_an_error(file: Path):
    for given in ("secret: 'hunter2-hunter2-hunter2\nx: [", "just a text hunter2 secret"):
        file.write_text(given)
        with pytest.raises(SettingsError) as caught:
            read_settings()
        assert "hunter2" not in str(caught.value)


def test_a_process_that_never_had_good_settings_names_no_database(file: Path, monkeypatch):
    monkeypatch.setattr(module._LastGood, "read", False)
    monkeypatch.setattr(module._LastGood, "settings", module.Settings())
    file.write_text("contacts: []")
    with pytest.raises(SettingsError, match="contacts"):
        module.database_url()
