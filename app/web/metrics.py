"""Numbers for Prometheus: requests by route template, and what the database says of itself.

They are those of one process. With several serving processes on one address a scrape meets one
of them by chance: let each listen on its own port, or read the numbers from the access log.
"""

import time
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import BusyError
from app.core.gauges import Gauge, GaugeSource
from app.core.queries import outbox_waiting

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Seconds. A page should take a few milliseconds; above ten seconds nobody waits any more.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_NO_ROUTE = "none"
_ERROR = 500


class Metrics:
    """The registry of one application; tests make many, so it is none of the process's own."""

    def __init__(self, database: Database, clock: Clock, sources: Iterable[GaugeSource]) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "cadre_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "cadre_http_request_seconds",
            "Time from the request to the end of the answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(_FromDatabase(database, clock, tuple(sources)))

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self.registry)


class Measured:
    """Middleware that counts every answer, under the template of its route.

    Stands inside the guard, which turns HEAD into GET; what the guard refuses is in its log.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _ERROR  # when nothing was sent, the error handler outside answers so
        started = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route, method = template_of(scope), scope["method"]
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(method, route).observe(time.perf_counter() - started)


def template_of(scope: Scope) -> str:
    """The address as routes declare it (``/api/v1/slots/{id}``), so that ids make no new series.

    ``none`` where no route took the request, the mount's path for files.
    """
    route = scope.get("route")
    if route is None:
        return scope.get("root_path") or _NO_ROUTE if "endpoint" in scope else _NO_ROUTE
    # A route knows its path without the prefix of the router it was included with.
    filled = route.path_format.format(**scope.get("path_params", {}))
    path: str = scope["path"]
    prefix = path.removesuffix(filled) if path.endswith(filled) else ""
    return f"{prefix}{route.path_format}"


class _FromDatabase(Collector):
    """Gauges that are read when somebody scrapes."""

    def __init__(self, database: Database, clock: Clock, sources: tuple[GaugeSource, ...]) -> None:
        self._database, self._clock, self._sources = database, clock, sources

    def describe(self) -> Iterator[Metric]:
        """Nothing: the database is not asked before the first scrape."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges of now; without a database, only that it is away."""
        try:
            with self._database.read() as db:
                gauges = list(self._read(db))
        except (SQLAlchemyError, BusyError):
            gauges = []
        up = Gauge("cadre_database_up", "Whether the database answers.", float(bool(gauges)))
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in (up, *gauges):
            names = tuple(gauge.labels)
            family = families.setdefault(
                gauge.name, GaugeMetricFamily(gauge.name, gauge.meaning, labels=names)
            )
            family.add_metric([gauge.labels[name] for name in names], gauge.value)
        yield from families.values()

    def _read(self, db: Session) -> Iterator[Gauge]:
        now = self._clock()
        waiting = outbox_waiting(db)
        age = (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
        yield Gauge("cadre_outbox_waiting", "Events nobody has dealt with.", waiting.events)
        yield Gauge("cadre_outbox_oldest_seconds", "Age of the oldest of them.", age)
        for source in self._sources:
            yield from source(db, now)
