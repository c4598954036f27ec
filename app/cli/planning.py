"""Making plans for the whole network from the terminal."""

import json
import sys
from typing import Annotated

import typer

from app.accounts.queries import actor_of_user, secretariat
from app.allocation.jobs import make_next
from app.allocation.queries.run_views import run_detail
from app.allocation.rules.runs import PHASE_LABELS, RunState
from app.allocation.schemas.runs import LineView, RunDetail, RunIn, SettingsIn
from app.allocation.service.runs import start_run
from app.cli.setup import opened
from app.core.clock import utc_now
from app.core.errors import NotFoundError, invalid
from app.core.zones import to_local


def allocate(
    floor: Annotated[
        int, typer.Option(min=0, max=100, help="Guaranteed part of the best common share, percent.")
    ] = 90,
    seconds: Annotated[int, typer.Option(min=1, max=600, help="Longest search.")] = 120,
    by: Annotated[
        str, typer.Option(help="E-mail of the secretariat's person in whose name it is made.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Propose seats for all open requests at once, and print the plan; nothing is booked.

    A plan is applied by a person, on its page or through the API.
    """
    with opened(pool_size=2) as database:
        with database.read() as db:
            people = [each for each in secretariat(db) if by in ("", each.email)]
            if not people:
                raise NotFoundError("Nobody of the secretariat has this address.")
            actor = actor_of_user(db, people[0].id)
        wish = RunIn(settings=SettingsIn(floor_percent=floor, seconds=seconds))
        run_id = database.run(lambda db: start_run(db, actor, wish, now=utc_now()).id)
        make_next(database, utc_now, only=run_id, said=_say)
        with database.read() as db:
            run = run_detail(db, run_id)
    if run.state != RunState.DONE:
        raise invalid("run", run.error or f"The run is {run.state}.", "no_plan")
    print(json.dumps(run.model_dump(mode="json")) if as_json else _table(run))


def _say(percent: int, phase: str) -> None:
    if sys.stderr.isatty():
        text = PHASE_LABELS.get(phase, phase)
        print(f"\r{percent:3} % {text:<70}", end="", file=sys.stderr, flush=True)


def _table(run: RunDetail) -> str:
    """The lines, what each rule makes, and where the plan is read and applied."""
    lines = [_line(each) for each in run.lines]
    figures = run.figures
    if figures is not None:
        lines.append("")
        for name, plan in (
            ("plan", figures.plan),
            ("greedy", figures.greedy),
            ("in turn", figures.round_robin),
        ):
            if plan is not None:
                lines.append(
                    f"{name:<8} value {plan.value:,}  people {plan.people:,} of {figures.asked:,}  "
                    f"lowest share {plan.lowest_share:.2f}  Jain {plan.jain:.3f}  "
                    f"LDCs {100 * plan.ldc_share:.1f} % (of demand {100 * figures.ldc_demand:.1f})"
                )
        lines.append(f"at most {figures.gap_percent:.2f} % from the best")
    return "\n".join([*lines, "", run.url])


def _line(line: LineView) -> str:
    day = f"{to_local(line.starts_at, line.zone):%Y-%m-%d}"
    first = "  (comes first)" if line.is_theory else ""
    request = line.request_code or str(line.request)
    return f"{line.country}  {request:<36}  {line.seats:>5}  {day}  {line.course}{first}"
