"""Serving, and the work behind it."""

import signal
import threading
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn

from app.cli.setup import opened, ready_settings
from app.core.errors import BusyError
from app.worker import make_worker

GRACE_SECONDS = 10
"""How long requests under way may still take when the server is told to stop."""

_WORKER_CONNECTIONS = 4


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    trusted_proxy: Annotated[
        str,
        typer.Option(
            help="Addresses of reverse proxies, separated by commas, whose X-Forwarded-For and "
            "X-Forwarded-Proto are believed. Nobody's are by default."
        ),
    ] = "",
) -> None:
    """Serve pages, API and calendars until stopped; requests under way are finished first."""
    # A database that needs migrating is said here, not at the first request.
    with opened() as database, suppress(BusyError):
        database.refresh_statistics()  # before the first connection of a reader
    uvicorn.run(
        "app.main:create_server_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxy),
        forwarded_allow_ips=trusted_proxy or None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def worker() -> None:
    """Deliver events and do timed work until stopped; several may run beside each other."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = ready_settings()
    with opened(pool_size=_WORKER_CONNECTIONS) as database:
        make_worker(database, settings).run(stop)
