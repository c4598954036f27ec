"""The demonstration network in one command."""

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer
import uvicorn

from app.cli.serving import GRACE_SECONDS
from app.cli.setup import opened, ready_settings
from app.core.config import Settings
from app.core.errors import ConflictError
from app.demo.people import PASSWORD, SIGN_INS
from app.demo.ready import DEFAULT_URL, fresh_tokens, make_ready

_WHO = (
    "sees every provider, slot, need and clash",
    "owns the Lantern Baobab School in Nairobi",
    "speaks for Ghana: files needs, takes seats",
    "Wanjiru Njeri Kamau, who books and learns",
)
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not listened on


class PortTakenError(ConflictError):
    """Something else listens at the address."""

    code = "port_taken"


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, envvar="PORT", help="Port to listen on.")
    ] = 8000,
    reset: Annotated[
        bool, typer.Option("--reset", help="Begin anew; what was changed is lost.")
    ] = False,
) -> None:
    """Serve an invented network, ready to click through; loaded once and then kept."""
    with _listening(host, port) as listener:
        settings = _settings(f"http://{_EVERYWHERE.get(host, host)}:{listener.getsockname()[1]}")
        started = time.monotonic()
        print("Loading the demonstration network …", file=sys.stderr)
        if make_ready(settings.database_url, reset=reset) is not None:
            seconds = time.monotonic() - started
            print(f"Loaded in {seconds:.0f} s.", file=sys.stderr)
        from app.main import create_app  # noqa: PLC0415 - one second, which tokens need not wait

        app = create_app(settings=settings)
        print(_welcome(settings.base_url), flush=True)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how one leaves
            uvicorn.Server(config).run(sockets=[listener])


def demo_tokens() -> None:
    """Print one JSON object with a fresh API token for each of the four sign-ins."""
    settings = _settings(None)
    make_ready(settings.database_url)
    with opened() as database:
        print(json.dumps(fresh_tokens(database)))


def _settings(base_url: str | None) -> Settings:
    """The environment's settings, with what the demonstration wants where nothing is said."""
    os.environ["CADRE_DEMO"] = "1"
    os.environ.setdefault("CADRE_DATABASE_URL", DEFAULT_URL)
    os.environ.setdefault("CADRE_LOG_LEVEL", "warning")  # so that the sign-ins stay in sight
    if base_url is not None:
        os.environ.setdefault("CADRE_BASE_URL", base_url)
    return ready_settings()


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket of our own: a port that is taken is said before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"Nothing can be served on {host}:{port} ({error.strerror}). "
                "Another port can be given with --port 9000."
            ) from error
        yield listener


def _welcome(base_url: str) -> str:
    sign_ins = [f"  {email:<27} {who}" for email, who in zip(SIGN_INS, _WHO, strict=True)]
    return "\n".join(
        [
            "",
            "Cadre demonstration. Everything in it is invented.",
            "",
            f"  Pages       {base_url}/",
            f"  API         {base_url}/api/docs",
            f"  Calendar    {base_url}/calendars/slots.ics",
            "",
            f"Sign in at {base_url}/sign-in with the password {PASSWORD} as",
            *sign_ins,
            "",
            "Tokens for the API: python3 run.py demo-tokens. Stop with Ctrl-C.",
        ]
    )
