"""The application behind a real socket, for browsers and other clients."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.core.config import Settings
from app.core.db import Database
from app.main import create_app

START_SECONDS = 15.0


@contextmanager
def serve(database: Database, settings: Settings) -> Iterator[str]:
    """Serve ``database`` on a free port of this machine; yields the base address.

    The server runs in a thread, so a test can look into the same database between two clicks.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(database, settings.model_copy(update={"base_url": base_url}))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        _wait_until_started(server, thread)
        try:
            yield base_url
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            msg = "The server did not start."
            raise RuntimeError(msg)
        time.sleep(0.01)
