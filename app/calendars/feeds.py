"""Whole feeds: what each is called, what is in it, and when it was last built."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import VISITOR
from app.calendars.cache import Body, BodyCache, FragmentCache, assemble
from app.calendars.ical import FeedInfo, join
from app.calendars.queries import meetings
from app.calendars.queries.tokens import OpenFeed
from app.calendars.rules import FeedKind, in_order, window_of
from app.core import countries, languages
from app.core.config import Settings
from app.core.errors import NotFoundError
from app.core.links import absolute
from app.registry.queries.rows import catalogue_revision, find_facility, find_provider
from app.registry.schemas.filters import SlotFilter
from app.taxonomy import queries as taxonomy

_EVERYTHING = "training dates"


@dataclass(frozen=True, slots=True)
class Press:
    """What feeds are made with; one for each application."""

    settings: Settings
    bodies: BodyCache
    fragments: FragmentCache


@dataclass(frozen=True, slots=True)
class PublicFeed:
    """A public feed before it is filled.

    ``page`` and ``source`` are the paths of a page with the same content and of the feed itself;
    None where they would give away the name of a confidential place.
    """

    name: str
    wanted: SlotFilter
    page: str | None
    source: str | None


def public_body(
    db: Session, press: Press, path: str, feed: Callable[[Session], PublicFeed], *, now: datetime
) -> Body:
    """The feed at ``path``, built only when the catalogue or the day has changed.

    Args:
        db: To read from; the revision is read first (see :class:`BodyCache`).
        press: What to make it with.
        path: The feed's address in one canonical form.
        feed: Finds out what belongs to it; may raise NotFoundError.
        now: Aware UTC time.
    """
    revision, changed_at = catalogue_revision(db)

    def build() -> Body:
        return _filled(db, press, feed(db), changed_at=changed_at, now=now)

    return press.bodies.body(path, revision, _day_of(now), build)


def search_body(db: Session, press: Press, wanted: SlotFilter, *, now: datetime) -> Body:
    """The feed of a search.

    Free seats change with every booking, which is no change of the catalogue: a feed that asks
    for them is put together at each call.
    """
    feed = search_feed(wanted)
    if wanted.has_seats is None:
        return public_body(db, press, feed.source or "", lambda _: feed, now=now)
    return _filled(db, press, feed, changed_at=now, now=now)


def search_feed(wanted: SlotFilter) -> PublicFeed:
    """The feed of a search; the same for the same filters in any order."""
    query = _query(wanted)
    words = filter_words(wanted)
    return PublicFeed(
        name=", ".join(words) if words else _EVERYTHING,
        wanted=wanted,
        page=f"/slots{query}",
        source=f"/calendars/slots.ics{query}",
    )


def provider_feed(db: Session, ref: str) -> PublicFeed:
    """All dates of one provider.

    Raises:
        NotFoundError: There is none in public.
    """
    row = find_provider(db, VISITOR, ref)
    return PublicFeed(
        name=row.name,
        wanted=SlotFilter(provider=[str(row.id)]),
        page=f"/providers/{row.slug}",
        source=f"/calendars/providers/{row.slug}.ics",
    )


def facility_feed(db: Session, ref: str) -> PublicFeed:
    """All dates at one facility; of a confidential one without its name.

    Raises:
        NotFoundError: There is none in public.
    """
    row, _ = find_facility(db, VISITOR, ref)
    open_to_all = row.visibility == "public"
    return PublicFeed(
        name=row.name if open_to_all else f"A site in {row.city}, {countries.name(row.country)}",
        wanted=SlotFilter(facility=[str(row.id)]),
        page=f"/facilities/{row.slug}" if open_to_all else None,
        source=f"/calendars/facilities/{row.slug}.ics" if open_to_all else None,
    )


def skill_feed(skill_id: str) -> PublicFeed:
    """All dates of courses that teach one skill.

    Raises:
        NotFoundError: There is no such skill.
    """
    if not taxonomy.is_skill(skill_id):
        raise NotFoundError("There is no such skill.")
    return PublicFeed(
        name=taxonomy.skill_label(skill_id),
        wanted=SlotFilter(skill=[skill_id]),
        page=f"/skills/{skill_id}",
        source=f"/calendars/skills/{skill_id}.ics",
    )


def country_feed(alpha2: str) -> PublicFeed:
    """All dates in one country; capitals make no difference.

    Raises:
        NotFoundError: There is no such country.
    """
    code = alpha2.upper()
    if not countries.is_country(code):
        raise NotFoundError("There is no such country.")
    return PublicFeed(
        name=countries.name(code),
        wanted=SlotFilter(country=[code]),
        page=f"/slots?country={code}",
        source=f"/calendars/countries/{code}.ics",
    )


def slot_body(db: Session, press: Press, slot_id: UUID) -> Body:
    """All meetings of one slot, whenever they are, to be saved once.

    Raises:
        NotFoundError: There is no such slot in public.
    """
    entries = meetings.slot_entries(db, slot_id, domain=press.settings.network_domain)
    modified = max(entry.stamp for entry in entries)
    info = FeedInfo(
        name=press.settings.network_name,
        description="One training.",
        last_modified=modified,
        url=absolute(f"/slots/{slot_id}"),
        demonstration=press.settings.demo,
    )
    fragments = (press.fragments.fragment(entry) for entry in in_order(entries))
    return Body(join(info, fragments), last_modified=modified)


def private_body(db: Session, press: Press, feed: OpenFeed, *, now: datetime) -> Body:
    """The feed of one person or one country. Nothing in it tells its address."""
    token, settings = feed.token, press.settings
    window, domain = window_of(_day_of(now)), settings.network_domain
    if token.kind == FeedKind.COUNTRY and token.country:
        entries = meetings.cohort_entries(db, token.country, window, domain=domain)
        words = f"Blocks of seats of {countries.name(token.country)}."
    else:
        entries = meetings.booked_entries(db, token.user_id, window, domain=domain)
        words = "Your bookings."
    info = FeedInfo(
        name=f"{settings.network_name}: {token.label}",
        description=f"{words} Keep the address of this calendar to yourself.",
        last_modified=token.created_at,
        demonstration=settings.demo,
    )
    made = assemble(info, entries, window, press.fragments)
    return Body(made.content, last_modified=made.last_modified, left_out=made.left_out)


def filter_words(wanted: SlotFilter) -> list[str]:
    """What a search asks for, in words; empty when for everything."""
    named: tuple[tuple[Sequence[str], Callable[[str], str]], ...] = (
        (wanted.skill, taxonomy.skill_label),
        (wanted.domain, _domain_label),
        (wanted.platform, lambda each: taxonomy.label("platforms", each)),
        (wanted.country, countries.name),
        (wanted.region, countries.region_name),
        (wanted.mode, lambda each: taxonomy.label("delivery_modes", each)),
        (wanted.language, languages.name),
        (wanted.funding, lambda each: taxonomy.label("funding_types", each)),
        ([*wanted.provider, *wanted.facility, *wanted.course, *wanted.code], str),
    )
    words = [f"“{wanted.q}”"] if wanted.q else []
    for values, label in named:
        words += [label(value) for value in sorted(set(values))]
    return words


def _filled(
    db: Session, press: Press, feed: PublicFeed, *, changed_at: datetime, now: datetime
) -> Body:
    settings, window = press.settings, window_of(_day_of(now))
    found = meetings.public_entries(db, feed.wanted, window, domain=settings.network_domain)
    cut = f" {found.left_out} later or older dates are left out." if found.left_out else ""
    info = FeedInfo(
        name=f"{settings.network_name}: {feed.name}",
        description=f"Training of {settings.network_name}: {feed.name}.{cut}",
        # The window's own day is at least as new as the first moment of the catalogue's content.
        last_modified=window.rolled_at,
        url=absolute(feed.page) if feed.page else None,
        source=absolute(feed.source) if feed.source else None,
        demonstration=settings.demo,
    )
    made = assemble(info, found.entries, window, press.fragments)
    return Body(
        made.content,
        # What left the feed has no entry to show when: the catalogue's change was the last.
        last_modified=max(made.last_modified, changed_at),
        left_out=found.left_out + made.left_out,
    )


def _day_of(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _domain_label(domain_id: str) -> str:
    found = taxonomy.domain(domain_id)
    return found.label if found else domain_id


def _query(wanted: SlotFilter) -> str:
    """The filters as a query that is the same for the same search, or nothing."""
    given = wanted.model_dump(mode="json", exclude_defaults=True)
    pairs: set[tuple[str, str]] = set()
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        pairs |= {(name, _plain(each)) for each in values}
    return f"?{urlencode(sorted(pairs))}" if pairs else ""


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
