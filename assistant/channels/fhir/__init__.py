"""The hospital's messaging by HL7 FHIR R4: `assistant.channels.fhir.FhirInput`."""

from assistant.channels.fhir.channel import FhirInput

__all__ = ["FhirInput"]
