"""Field types for input models that check reference data: skills, product types, vocabularies.

Each refuses an unknown value with a ``code`` for programs (``unknown_skill``, ``unknown_term``, …)
and a sentence for people. List variants drop repetitions and keep the order.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from app.core.fields import (
    CountryCode,
    CountryCodes,
    LanguageCode,
    LanguageCodes,
    RegionCode,
    RegionCodes,
    ZoneName,
    known,
    once,
)
from app.taxonomy import queries

__all__ = [
    "AccessRules",
    "AudienceSectors",
    "Biosafety",
    "CancellationReason",
    "Certificate",
    "CleanroomGrade",
    "CountryCode",
    "CountryCodes",
    "DeliveryMode",
    "DeliveryModes",
    "DomainId",
    "Equipment",
    "EvidenceBasis",
    "FacilityType",
    "FundingType",
    "JobRole",
    "LanguageCode",
    "LanguageCodes",
    "PlatformId",
    "PlatformIds",
    "ProgrammeStatus",
    "ProviderType",
    "RegionCode",
    "RegionCodes",
    "Sector",
    "SkillId",
    "SkillIds",
    "Visibility",
    "ZoneName",
    "in_vocabulary",
    "once",
]

_STRIPPED = StringConstraints(strip_whitespace=True)


def in_vocabulary(name: str, noun: str, *, general: bool = False) -> AfterValidator:
    """A validator for the ids of one vocabulary; ``noun`` is what the message calls them.

    With ``general``, ids that stand for all others (``any``, ``all``) are accepted too.

    Raises:
        KeyError: There is no vocabulary of this name.
    """
    queries.vocabulary(name)  # a wrong name fails where it is written, not at the first request
    return known(
        lambda term_id: queries.is_term(name, term_id, general=general),
        noun,
        "unknown_term",
    )


SkillId = Annotated[str, _STRIPPED, known(queries.is_skill, "skill", "unknown_skill")]
SkillIds = Annotated[tuple[SkillId, ...], once]

DomainId = Annotated[
    str,
    _STRIPPED,
    known(lambda value: queries.domain(value) is not None, "domain", "unknown_term"),
]

PlatformId = Annotated[
    str,
    _STRIPPED,
    known(
        lambda value: queries.is_term("platforms", value, general=True),
        "product type",
        "unknown_platform",
    ),
]
"""A product type, or ``all``."""
PlatformIds = Annotated[tuple[PlatformId, ...], once]

DeliveryMode = Annotated[str, _STRIPPED, in_vocabulary("delivery_modes", "mode")]
DeliveryModes = Annotated[tuple[DeliveryMode, ...], once]

Sector = Annotated[str, _STRIPPED, in_vocabulary("audience_sectors", "sector")]
"""The sector of a person or a need."""
AudienceSectors = Annotated[
    tuple[
        Annotated[str, _STRIPPED, in_vocabulary("audience_sectors", "sector", general=True)],
        ...,
    ],
    once,
]
"""The sectors a course is for; ``any`` is everyone."""

ProviderType = Annotated[str, _STRIPPED, in_vocabulary("provider_types", "kind of provider")]
FacilityType = Annotated[str, _STRIPPED, in_vocabulary("facility_types", "kind of facility")]
CleanroomGrade = Annotated[str, _STRIPPED, in_vocabulary("cleanroom_grades", "cleanroom grade")]
Biosafety = Annotated[str, _STRIPPED, in_vocabulary("biosafety", "biosafety level")]
Visibility = Annotated[str, _STRIPPED, in_vocabulary("confidentiality", "visibility")]
Equipment = Annotated[
    tuple[
        Annotated[str, _STRIPPED, in_vocabulary("equipment_categories", "equipment")],
        ...,
    ],
    once,
]
AccessRules = Annotated[
    tuple[
        Annotated[str, _STRIPPED, in_vocabulary("access_requirements", "access rule")],
        ...,
    ],
    once,
]
ProgrammeStatus = Annotated[str, _STRIPPED, in_vocabulary("programme_status", "programme status")]
FundingType = Annotated[str, _STRIPPED, in_vocabulary("funding_types", "kind of funding")]
Certificate = Annotated[str, _STRIPPED, in_vocabulary("certificates", "certificate")]
CancellationReason = Annotated[str, _STRIPPED, in_vocabulary("cancellation_reasons", "reason")]
EvidenceBasis = Annotated[str, _STRIPPED, in_vocabulary("evidence_basis", "kind of evidence")]
JobRole = Annotated[str, _STRIPPED, in_vocabulary("job_roles", "job role")]
