"""A needs survey becomes drafts: all of them in one transaction, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import countries
from app.core.errors import ConflictError, FieldProblem, ForbiddenError, InvalidError, invalid
from app.core.tables import Cell
from app.demand import queries, rules
from app.demand.models import GapRequest
from app.demand.schemas import GapRequestIn
from app.demand.service.filing import draft_request, request_problems
from app.demand.survey import Survey, SurveyProblem, SurveyRequest, place_of, read_survey


class LikelyRepeatedError(ConflictError):
    """Requests of the survey look like ones that are there already."""

    code = "likely_repeated"


@dataclass(frozen=True, slots=True)
class Report:
    """What would become of a survey: requests, problems, and rows that are likely there already."""

    survey: Survey
    repeated: tuple[int, ...]

    @property
    def problems(self) -> tuple[SurveyProblem, ...]:
        """What stands in the way, by row."""
        return self.survey.problems


def look_at_survey(
    db: Session, actor: Actor, table: Sequence[Sequence[Cell]], *, now: datetime
) -> Report:
    """Read a survey as ``actor`` would import it, and keep nothing.

    Raises:
        ForbiddenError: The actor is neither a focal point nor the secretariat.
    """
    require_importer(actor)
    only = next(iter(actor.countries)) if len(actor.countries) == 1 else None
    survey = read_survey(table, country=only)
    found = list(survey.problems)
    for each in survey.requests:
        problems = [*_of_country(actor, each.request), *request_problems(each.request, now=now)]
        found += [SurveyProblem(*place_of(p.loc, each.rows), p.msg) for p in problems]
    repeated = _repeated(db, actor, survey.requests)
    ordered = tuple(sorted(found, key=lambda problem: problem.row))
    return Report(Survey(survey.requests, ordered, survey.ignored), repeated)


def import_survey(
    db: Session,
    actor: Actor,
    table: Sequence[Sequence[Cell]],
    *,
    repeat: bool = False,
    now: datetime,
) -> list[GapRequest]:
    """Keep every request of a survey as a draft of its country; with one problem none is kept.

    Args:
        db: The running transaction.
        actor: A focal point, for own countries; or the secretariat, for any.
        table: The cells, from the headings on.
        repeat: Keep what looks as if it was there already, too.
        now: Aware UTC time.

    Raises:
        ForbiddenError: The actor is neither.
        InvalidError: Something is wrong; each problem is at ``rows``, number of the row, heading.
        LikelyRepeatedError: Some look like requests that are there, and ``repeat`` is False.
    """
    actor.require_write()
    report = look_at_survey(db, actor, table, now=now)
    if report.problems:
        raise InvalidError(
            *(
                FieldProblem(("rows", each.row, each.column), each.message, "survey")
                for each in report.problems
            )
        )
    if report.repeated and not repeat:
        rows = ", ".join(str(row) for row in report.repeated)
        raise LikelyRepeatedError(
            f"Requests like those of the rows {rows} are there already.", rows=report.repeated
        )
    return [draft_request(db, actor, each.request, now=now) for each in report.survey.requests]


def too_large() -> InvalidError:
    """What to answer to a survey that is too long for one go."""
    text = "The table is too large for one go. Please split it into two files."
    return invalid("file", text, "too_large")


def require_importer(actor: Actor) -> None:
    """Let only focal points and the secretariat go on.

    Raises:
        ForbiddenError: The actor is neither.
    """
    actor.identified()
    if not (actor.countries or actor.secretariat):
        raise ForbiddenError("Only focal points and the secretariat import a needs survey.")


def _of_country(actor: Actor, request: GapRequestIn) -> list[FieldProblem]:
    country = request.country
    if country is None:
        return [FieldProblem(("country",), "Please fill this in.", "missing")]
    if not rules.sees_everything(actor, country):
        text = f"You are not the focal point of {countries.name(country)}."
        return [FieldProblem(("country",), text, "not_your_country")]
    return []


def _repeated(db: Session, actor: Actor, requests: Sequence[SurveyRequest]) -> tuple[int, ...]:
    """First rows of the requests that ask for the same as one that is there and not over."""
    there = queries.asked_for(
        db, actor, {each.request.country for each in requests if each.request.country}
    )
    return tuple(
        each.rows[0]
        for each in requests
        if any(
            (each.request.country, need.skill, need.people, each.request.needed_by) in there
            for need in each.request.needs
        )
    )
