import pytest

from assistant.paths import ROOT
from assistant.site import PLACEHOLDERS, SiteError, fill, load_site

SHIPPED = (ROOT / "site.yml").read_text(encoding="utf-8")


@pytest.fixture
def site_with(tmp_path):
    def write(old, new):
        file = tmp_path / "site.yml"
        file.write_text(SHIPPED.replace(old, new), encoding="utf-8")
        return file

    return write


def test_shipped_settings_are_safe_to_show():
    assert load_site(ROOT / "site.yml").cancer_line == "your cancer team's number"


def test_no_brace_survives_even_for_an_unknown_name():
    text = fill("Call {cancer_line} or {cancer_lime}.", load_site(ROOT / "site.yml"))
    assert text == "Call your cancer team's number or your cancer team."


def test_every_placeholder_is_filled():
    text = fill(" ".join(f"{{{name}}}" for name in PLACEHOLDERS), load_site(ROOT / "site.yml"))
    assert "{" not in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hours:", "ours:", "hours is missing"),
        ("locale: en-GB", "locale: English", "locale must be like en-GB, found 'English'"),
        ("retention_days: 90", "retention_days: 0", "retention_days must be a whole number from 1"),
        ('hospital: "your hospital"', 'hospital: "{x}"', "hospital must be a text"),
        ('hospital: "your hospital"', "hospital: 7", "hospital must be a text"),
        ("retention_days: 90", "retention_days: 90\nextra: 1", "extra is unknown; allowed are"),
        ("locale", "\tlocale", "is no YAML"),
    ],
)
def test_faulty_settings_are_refused_with_the_reason(site_with, old, new, said):
    with pytest.raises(SiteError, match=said):
        load_site(site_with(old, new))


def test_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(SiteError, match=r"copy site\.yml"):
        load_site(tmp_path / "site.yml")


def test_changed_number_needs_no_restart(site_with):
    import os

    file = site_with("x", "x")
    before = load_site(file).cancer_line
    file.write_text(SHIPPED.replace(before, "01234 111"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert load_site(file).cancer_line == "01234 111"
