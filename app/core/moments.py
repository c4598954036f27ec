"""Instants in words: in the zone of a place, and in the zone of whoever reads."""

from datetime import datetime, timedelta

from app.core.zones import to_local

_MINUTES = 60


def day_text(moment: datetime) -> str:
    """``Thu 14 Jan 2027``; ``moment`` is wall time already."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def local_text(starts_at: datetime, zone: str, ends_at: datetime | None = None) -> str:
    """``Thu 14 Jan 2027, 09:00``, and up to when: ``–12:30`` or ``to Fri 15 Jan 2027, 17:00``."""
    start = to_local(starts_at, zone)
    text = f"{day_text(start)}, {start:%H:%M}"
    if ends_at is None:
        return text
    end = to_local(ends_at, zone)
    if end.date() == start.date():
        return f"{text}–{end:%H:%M}"
    return f"{text} to {day_text(end)}, {end:%H:%M}"


def deadline_text(
    instant: datetime, zone: str, first: datetime | None = None, reader_zone: str | None = None
) -> str:
    """``Mon 14 Jun 2027, 18:00 (Lisbon)``, in the reader's zone too, and since when it is later.

    Args:
        instant: The deadline.
        zone: IANA zone in which it was announced.
        first: The deadline as first announced, where it was extended.
        reader_zone: IANA zone of whoever reads, where known.
    """
    place = zone.rpartition("/")[2].replace("_", " ")
    text = f"{local_text(instant, zone)} ({place})"
    own = reader_text(instant, zone, reader_zone)
    text = f"{text} {own}" if own else text
    return f"{text}; {extended_text(first, zone)}" if first else text


def extended_text(first: datetime, zone: str) -> str:
    """``extended from Mon 7 Jun 2027, 18:00``: a deadline as it was announced at first."""
    return f"extended from {local_text(first, zone)}"


def zone_text(instant: datetime, zone: str) -> str:
    """``Nairobi, UTC+3``: whose wall time it is, and its offset at that instant."""
    offset = offset_text(to_local(instant, zone).utcoffset() or timedelta())
    if zone == "UTC":
        return "UTC"
    city = zone.rpartition("/")[2].replace("_", " ")
    return f"{city}, {offset}"


def offset_text(offset: timedelta) -> str:
    """``UTC+5:45``, ``UTC-3``, ``UTC``."""
    minutes = round(offset.total_seconds() / _MINUTES)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), _MINUTES)
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def reader_text(instant: datetime, zone: str, reader_zone: str | None) -> str:
    """``(Thu 14 Jan, 07:00 in Lisbon)``; empty when the reader's clock shows the same time."""
    if reader_zone is None:
        return ""
    own, there = to_local(instant, reader_zone), to_local(instant, zone)
    if own.utcoffset() == there.utcoffset():
        return ""
    place = "UTC" if reader_zone == "UTC" else reader_zone.rpartition("/")[2].replace("_", " ")
    return f"({own:%a} {own.day} {own:%b}, {own:%H:%M} in {place})"


def iso_text(instant: datetime) -> str:
    """RFC 3339 in UTC, for ``<time datetime>``."""
    return to_local(instant, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
