"""Reads `escalation.yml`: contacts, rota, limits, where notifications go, the database."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from holidays import country_holidays
from holidays.holiday_base import HolidayBase
from pydantic import Field, ValidationError, validator

from assistant.escalation.duty.recipients import (
    FHIR,
    TERMINAL,
    WEBHOOK,
    Contact,
    FhirServer,
    SettingsPart,
    Webhook,
)
from assistant.paths import ROOT, state_folder

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class SettingsError(Exception):
    """The escalation settings cannot be used; the message says where and why."""


def _quoted(value: Any) -> Any:
    """YAML reads 17:00 without quotes as the number 1020."""
    if isinstance(value, int | float):
        raise ValueError(f'must be in quotes, such as "17:00"; found the number {value}')
    return value


class OfficeHours(SettingsPart):
    """The hours in which somebody is in; on public holidays nobody is."""

    days: list[Day] = ["mon", "tue", "wed", "thu", "fri"]
    begin: time = Field(default=time(9), alias="from")
    end: time = Field(default=time(17), alias="to")

    _quoted = validator("begin", "end", pre=True, allow_reuse=True)(_quoted)

    @validator("end")
    def _after_begin(cls, end: time, values: dict[str, Any]) -> time:  # noqa: N805
        if "begin" in values and end <= values["begin"]:
            raise ValueError(f"must be later than `from` ({values['begin']:%H:%M})")
        return end


class Holidays(SettingsPart):
    """Public holidays: those of a country (ISO 3166), days of the site's own, and exceptions."""

    country: str | None = None
    subdivision: str | None = None
    also: list[date] = []
    without: list[date] = []

    def __contains__(self, day: date) -> bool:
        return day not in self.without and (day in self.also or day in self._public())

    def _public(self) -> HolidayBase | frozenset[date]:
        return _public_holidays(self.country, self.subdivision) if self.country else frozenset()

    @validator("subdivision", always=True)
    def _known(cls, subdivision: str | None, values: dict[str, Any]) -> str | None:  # noqa: N805
        if values.get("country"):
            try:
                _public_holidays(values["country"], subdivision)
            except NotImplementedError as error:
                raise ValueError(str(error)) from error
        return subdivision


class OnDuty(SettingsPart):
    """Contacts in the order in which a case is passed on, when no shift says otherwise."""

    office: list[str] = [TERMINAL]
    out_of_hours: list[str] = [TERMINAL]


class Shift(SettingsPart):
    """Who is on duty for a while, instead of the usual ones; local time."""

    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    on_duty: list[str]

    @validator("begin", "end")
    def _local(cls, moment: datetime) -> datetime:  # noqa: N805
        if moment.tzinfo is not None:
            raise ValueError("must be local time, without a zone")
        return moment

    @validator("end")
    def _after_begin(cls, end: datetime, values: dict[str, Any]) -> datetime:  # noqa: N805
        if "begin" in values and end <= values["begin"]:
            raise ValueError("must be later than `from`")
        return end


class Limits(SettingsPart):
    """Minutes until somebody must have acknowledged a case; else it is passed on.

    The model is the closed loop of critical laboratory results: 95% acknowledged, the next contact
    after 10 minutes. A `review` case has until the next working list.
    """

    page: float = Field(default=10, gt=0)
    same_day: float = Field(default=60, gt=0, alias="same-day")
    person: float = Field(default=120, gt=0)


def _this_server() -> str:
    return f"http://127.0.0.1:{os.environ.get('PORT', '5005')}"


class Settings(SettingsPart):
    """What `escalation.yml` says; the defaults stand for a site that has configured nothing."""

    database: str | None = None
    public_url: str = Field(default_factory=_this_server, regex="^https?://")
    join_minutes: float = Field(default=60, ge=0)
    link_hours: float = Field(default=24, gt=0)
    take_over_minutes: float = Field(default=30, gt=0)
    limits: Limits = Limits()
    working_list: time = time(8, 30)
    time_zone: str = "Europe/London"
    office_hours: OfficeHours = OfficeHours()
    holidays: Holidays = Holidays()
    contacts: dict[str, Contact] = {TERMINAL: Contact(name="the terminal", notify=[TERMINAL])}
    webhooks: dict[str, Webhook] = {}
    fhir_servers: dict[str, FhirServer] = {}
    on_duty: OnDuty = OnDuty()
    shifts: list[Shift] = []

    @property
    def join_within(self) -> timedelta:
        """How long after its last mention a case still takes messages about the same."""
        return timedelta(minutes=self.join_minutes)

    @property
    def take_over_within(self) -> timedelta:
        """How long a person who has taken a conversation over may be silent in it."""
        return timedelta(minutes=self.take_over_minutes)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of office hours, shifts and working list."""
        return ZoneInfo(self.time_zone)

    @property
    def reaches_people(self) -> bool:
        """Whether any contact is more than the terminal that the assistant runs in."""
        return any(self.is_reached(name) for name in self.contacts)

    def is_reached(self, contact: str) -> bool:
        """Whether a contact is more than the terminal that the assistant runs in."""
        return set(self.contacts[contact].notify) != {TERMINAL}

    _quoted = validator("working_list", pre=True, allow_reuse=True)(_quoted)

    @validator("time_zone")
    def _zone(cls, name: str) -> str:  # noqa: N805
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone such as Europe/London") from error
        return name

    @validator("shifts", always=True)
    def _known_contacts(cls, shifts: list[Shift], values: dict[str, Any]) -> list[Shift]:  # noqa: N805
        contacts, duty = values.get("contacts"), values.get("on_duty")
        if contacts is None or duty is None:  # wrong themselves, and said so
            return shifts
        _require(contacts, [*duty.office, *duty.out_of_hours], "on_duty", "contacts")
        _require(contacts, [one for shift in shifts for one in shift.on_duty], "shifts", "contacts")
        targets = [target for contact in contacts.values() for target in contact.notify]
        named = [one.removeprefix(WEBHOOK) for one in targets if one.startswith(WEBHOOK)]
        _require(values.get("webhooks", {}), named, "notify", "webhooks")
        named = [one.removeprefix(FHIR) for one in targets if one.startswith(FHIR)]
        _require(values.get("fhir_servers", {}), named, "notify", "fhir_servers")
        return shifts


def _require(known: Iterable[str], named: Iterable[str], where: str, section: str) -> None:
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise ValueError(
            f"{where} names {', '.join(unknown)}, which {section} does not have; "
            f"it has {', '.join(sorted(known)) or 'none'}"
        )


@lru_cache(maxsize=8)
def _public_holidays(country: str, subdivision: str | None) -> HolidayBase:
    return country_holidays(country, subdiv=subdivision)


def settings_file() -> Path:
    """The settings: `escalation.yml`, or the file that `ASSISTANT_ESCALATION` names."""
    return Path(os.environ.get("ASSISTANT_ESCALATION", ROOT / "escalation.yml"))


def read_settings(file: Path | None = None) -> Settings:
    """Reads the settings, anew only when the file has changed.

    `${NAME}` in a text stands for a variable of the environment, so that secrets need not lie in
    the file.

    Raises:
        SettingsError: If they cannot be used.
    """
    file = file or settings_file()
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read ({error.strerror}); copy escalation.yml of this repository "
            "there"
        ) from error
    return _read(file, changed)


@lru_cache(maxsize=4)
def _read(file: Path, changed: int) -> Settings:
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # Without the parser's own words: they quote the file, and secrets lie in it.
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise SettingsError(f"{file}: is no YAML in UTF-8{line}") from None
    if not isinstance(given, dict):
        kind = type(given).__name__
        raise SettingsError(f"{file}: expected settings (`contacts: ...`), found a {kind}")
    try:
        return Settings(**_filled(given, file))
    except ValidationError as error:
        faults = [f"{' > '.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise SettingsError(f"{file}: " + "; ".join(faults)) from error


def _filled(value: Any, file: Path) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, file) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, file) for one in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda name: _variable(name[1], file), value)
    return value


def _variable(name: str, file: Path) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise SettingsError(
            f"{file}: names the variable {name}, which the environment does not have; set it"
        ) from None


class _LastGood:
    """The last settings that could be read: an edit that went wrong stops no escalation."""

    settings = Settings()
    fault: str | None = None
    read = False  # whether any could be read


def load_settings() -> Settings:
    """The settings, or the last good ones where the file has become unusable; never raises."""
    try:
        _LastGood.settings, _LastGood.fault = read_settings(), None
        _LastGood.read = True
    except SettingsError as error:
        _LastGood.fault = str(error)
    return _LastGood.settings


def settings_fault() -> str | None:
    """What was wrong with the file when it was last read."""
    return _LastGood.fault


def database_url() -> str:
    """The address of the escalation store.

    `ASSISTANT_DATABASE`, else `database` of the settings, else a SQLite file in the state folder.

    Raises:
        SettingsError: If this process never had good settings: nobody would look there.
    """
    configured = load_settings().database  # read in any case: the first turn has no time for it
    named = os.environ.get("ASSISTANT_DATABASE") or configured
    if named is None and not _LastGood.read:
        raise SettingsError(settings_fault() or "escalation.yml was never read")
    return named or f"sqlite:///{state_folder() / 'escalations.sqlite'}"
