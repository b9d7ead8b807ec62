"""Settings of the hospital channels in credentials.yml."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, ValidationError
from rasa.shared.exceptions import RasaException

from assistant.channels.trust import SignatureTrust, TokenTrust
from assistant.escalation.duty.recipients import SettingsPart


class FhirSettings(SettingsPart):
    """Settings of the FHIR channel.

    Attributes:
        server: Which of `fhir_servers` of escalation.yml replies go to and resources come from.
        tokens: Bearer tokens that are taken.
        signatures: Signed requests that are taken.
    """

    server: str = Field(min_length=1)
    tokens: TokenTrust | None = None
    signatures: SignatureTrust | None = None


class HubSettings(SettingsPart):
    """Settings of the plain webhook.

    Attributes:
        callback: Which of `webhooks` of escalation.yml replies are posted to, signed.
        tokens: Bearer tokens that are taken.
        signatures: Signed requests that are taken.
    """

    callback: str = Field(min_length=1)
    tokens: TokenTrust | None = None
    signatures: SignatureTrust | None = None


def read_settings(model: type[BaseModel], channel: str, credentials: dict[str, Any] | None) -> Any:
    """Checks a channel's section of credentials.yml.

    Raises:
        RasaException: If it cannot be used; the message names the setting, never its value.
    """
    try:
        return model.parse_obj(credentials or {})
    except ValidationError as error:
        faults = [f"{' > '.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise RasaException(
            f"credentials.yml: {channel}: {'; '.join(faults)}; allowed are "
            f"{', '.join(model.__fields__)} (docs/hospital-integration.md)"
        ) from None
