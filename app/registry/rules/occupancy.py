"""What a slot takes up of a facility, an equipment, a trainer or a person, and for how long."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from app.registry.rules.states import REMOTE_MODES, FacilityClashError
from app.registry.rules.times import Span

WINDOW_MODES = frozenset({"self-paced", "mentoring"})
"""Modes whose meetings are a window, not an appointment (vocabulary ``delivery_modes``)."""

_KEY_BITS = 63


class Taken(StrEnum):
    """What is taken. A trainer with an account and a person are one and the same resource."""

    FACILITY = "facility"
    EQUIPMENT = "equipment"
    TRAINER = "trainer"
    PERSON = "person"


class ResourceClashError(FacilityClashError):
    """An equipment or a trainer that the slot needs is taken at that time."""

    code = "resource_clash"


def resource_key(resource_id: UUID) -> int:
    """The low 63 bits of an id, so that a database can compare it as a whole number.

    Two ids with one key would refuse each other's times without need, never let two through. In
    a UUID of version 7 the low 62 bits are random, so a million resources hold such a pair with
    a probability of 10^12 / 2^63, one in nine million. Source: RFC 9562, section 5.7.
    """
    return resource_id.int & ((1 << _KEY_BITS) - 1)


def takes_time(mode: str) -> bool:
    """Whether a meeting of this mode needs its people and equipment at its very time."""
    return mode not in WINDOW_MODES


def takes_place(mode: str) -> bool:
    """Whether a meeting of this mode needs the facility."""
    return mode not in REMOTE_MODES


def taken_spans(meetings: Iterable[Span], *, buffer: timedelta) -> list[Span]:
    """For how long something is taken by the meetings of one slot, in the order of time.

    Each meeting is followed by the buffer, in which the thing is cleaned and made ready again;
    so two slots back to back need one buffer between them. Meetings of the slot itself may lie
    closer together than that: what then overlaps is one stretch.
    """
    spans: list[Span] = []
    for meeting in sorted(meetings, key=lambda each: each.starts_at):
        ends_at = meeting.ends_at + buffer
        if spans and meeting.starts_at < spans[-1].ends_at:
            spans[-1] = replace(spans[-1], ends_at=max(spans[-1].ends_at, ends_at))
        else:
            spans.append(replace(meeting, ends_at=ends_at))
    return spans
