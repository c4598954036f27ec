"""The ``cadre`` command. Answers go to standard output, everything else to standard error.

Exit status: 0 done, 1 refused (with the reason), 2 wrong usage.
"""

import sys
from collections.abc import Sequence

import typer
from pydantic import ValidationError

from app.cli import demonstration, people, planning, serving, upkeep
from app.core.errors import AppError
from app.web.forms import plain_message

cli = typer.Typer(
    name="cadre",
    help="Need, explained match, seat, calendar, trained people, smaller gap.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, passwords among them
)
cli.command()(serving.serve)
cli.command()(serving.worker)
cli.command()(demonstration.demo)
cli.command("demo-tokens")(demonstration.demo_tokens)
cli.command("migrate")(upkeep.migrate_database)
cli.command()(upkeep.verify)
cli.command()(planning.allocate)
cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    upkeep.bench
)
cli.add_typer(people.user_cli, name="user")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command of the terminal; ``arguments`` are by default those of the process."""
    try:
        cli(args=arguments)
    except AppError as error:
        print(error.message, file=sys.stderr)
        sys.exit(1)
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(str(step) for step in problem["loc"])
            print(f"{name}: {plain_message(problem)}", file=sys.stderr)
        sys.exit(1)
