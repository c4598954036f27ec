"""What one more slot would be worth, from the newest plan, for those who may read it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, select

from app.accounts.rules import Actor
from app.allocation.models import AllocationRun, SlotWorth
from app.allocation.queries.run_views import newest_plan
from app.allocation.rules.reach import Reach, told
from app.allocation.schemas.worth import WorthFilter, WorthView
from app.allocation.words import worth_text
from app.core import countries
from app.core.errors import ForbiddenError
from app.registry.models import Course, CourseSkill, Provider
from app.registry.rules import ProviderState


def require_reader(db: Session, actor: Actor) -> None:
    """Let the secretariat and people of verified providers go on.

    Raises:
        ForbiddenError: The actor is none of them.
    """
    if actor.secretariat:
        return
    own = select(Provider.id).where(
        col(Provider.id).in_(actor.providers), Provider.state == ProviderState.VERIFIED
    )
    if db.exec(own.limit(1)).first() is None:
        raise ForbiddenError("For the secretariat and for verified providers.")


def worth_page(
    db: Session,
    actor: Actor,
    wanted: WorthFilter,
    *,
    now: datetime,
    limit: int,
    offset: int = 0,
) -> tuple[list[WorthView], int, int | None]:
    """Slots that would be worth most, first those; some of them, how many, where to go on.

    Of the newest plan, months to come only. Who is not of the secretariat gets them in the order
    of months: the order of worth would tell what the counts do not.

    Raises:
        ForbiddenError: The actor may not read this.
    """
    require_reader(db, actor)
    run = newest_plan(db)
    if run is None:
        return [], 0, None
    where = [col(SlotWorth.run_id) == run.id, *_conditions(wanted, now)]
    total = db.exec(select(func.count()).select_from(SlotWorth).where(*where)).one()
    order = (
        (col(SlotWorth.worth).desc(), col(SlotWorth.id))
        if actor.secretariat
        else (
            *(col(SlotWorth.month), col(SlotWorth.skill_id), col(SlotWorth.region)),
            col(SlotWorth.level),  # no two rows of a run are equal in all four
        )
    )
    query = select(SlotWorth).where(*where).order_by(*order).limit(limit).offset(offset)
    found = [_view(actor, row, run) for row in db.exec(query)]
    end = offset + len(found)
    return found, total, end if end < total else None


def skills_taught_by(db: Session, provider_ids: Sequence[object]) -> list[str]:
    """The skills that courses of these providers teach."""
    query = (
        select(CourseSkill.skill_id)
        .join(Course, col(Course.id) == col(CourseSkill.course_id))
        .where(col(Course.provider_id).in_(provider_ids))
    )
    return sorted(set(db.exec(query)))


def _conditions(wanted: WorthFilter, now: datetime) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [col(SlotWorth.month) > now.date()]
    if wanted.skill:
        where.append(col(SlotWorth.skill_id).in_(wanted.skill))
    if wanted.region:
        where.append(col(SlotWorth.region).in_(_subregions(wanted.region)))
    return where


def _subregions(asked: Sequence[str]) -> list[str]:
    """The subregions that lie in one of the regions: with most of their countries.

    A WHO region is not made of subregions of the United Nations; whole ones would leave Eastern
    Africa out of the African Region for the sake of two countries.
    """
    wanted = [countries.in_region(code) for code in asked]
    found = []
    for each in countries.regions():
        members = countries.in_region(each.code)
        if any(2 * len(members & region) > len(members) for region in wanted):
            found.append(each.code)
    return found


def _view(actor: Actor, row: SlotWorth, run: AllocationRun) -> WorthView:
    inside = actor.secretariat
    reach = Reach(row.people, row.countries) if inside else told(row.people, row.countries)
    return WorthView(
        skill=row.skill_id,
        level=row.level,
        region=row.region,
        month=row.month,
        seats=row.seats,
        people=reach.people,
        countries=reach.countries,
        worth=row.worth if inside else None,
        is_checked=row.is_checked,
        run=run.id if inside else None,
        text=worth_text(row.skill_id, row.region, row.month, reach),
    )
