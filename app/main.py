"""The application: every router, handler and middleware is put together here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from jinja2 import Environment
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.accounts import api as accounts_api
from app.accounts import pages as accounts_pages
from app.accounts.rules import VISITOR
from app.allocation import api as allocation_api
from app.allocation import pages as allocation_pages
from app.booking import api as booking_api
from app.booking import pages as booking_pages
from app.booking.queries.fulfilment import seats_in_use
from app.booking.queries.gauges import seat_gauges
from app.calendars import api as calendars_api
from app.calendars import pages as calendars_pages
from app.calendars.cache import BodyCache, FragmentCache
from app.calendars.feeds import Press
from app.certificates import api as certificates_api
from app.certificates import pages as certificates_pages
from app.core import links, log, zones
from app.core.clock import Clock, utc_now
from app.core.config import Settings, settings_from_environment
from app.core.db import Database
from app.core.paging import CursorCodec
from app.demand import api as demand_api
from app.demand import pages as demand_pages
from app.matching import api as matching_api
from app.matching import pages as matching_pages
from app.matching.sections import SECTIONS
from app.matching.service import Board
from app.opendata import api as opendata_api
from app.opendata import pages as opendata_pages
from app.opendata.files import Shelf
from app.qualifications import api as qualifications_api
from app.qualifications import pages as qualifications_pages
from app.registry import api as registry_api
from app.registry import labels
from app.registry import pages as registry_pages
from app.reports import api as reports_api
from app.reports import pages as reports_pages
from app.taxonomy import api as taxonomy_api
from app.web import docs, errors, health, rendering
from app.web.guard import Guard
from app.web.metrics import Measured, Metrics
from app.web.static import HashedFiles
from app.worker import in_background, make_worker

API_PREFIX = "/api/v1"

API_ROUTERS: tuple[APIRouter, ...] = (
    taxonomy_api.router,
    accounts_api.router,
    registry_api.router,
    demand_api.router,
    qualifications_api.router,
    booking_api.router,
    certificates_api.router,
    matching_api.router,
    allocation_api.router,
    reports_api.router,
    calendars_api.router,
)
PAGE_ROUTERS: tuple[APIRouter, ...] = (
    calendars_api.feeds,  # first: /slots/{id}.ics would else be looked for as /slots/{id}
    accounts_pages.router,
    allocation_pages.router,  # first: /secretariat/… and /provider/…/worth
    registry_pages.router,
    docs.router,
    demand_pages.router,
    qualifications_pages.router,
    booking_pages.router,
    certificates_pages.router,
    matching_pages.router,
    reports_pages.router,
    calendars_pages.router,
    opendata_api.router,
    opendata_pages.router,
)


def create_app(
    database: Database | None = None, settings: Settings | None = None, *, clock: Clock = utc_now
) -> FastAPI:
    """The application over ``database``.

    Args:
        database: Where everything is kept; by default what the settings name.
        settings: By default those of the environment.
        clock: Reads the time; tests set it.
    """
    settings = settings or settings_from_environment()
    zones.use_packaged_tzdata()
    links.set_base(settings.base_url)
    log.configure(log_format=settings.log_format, level=settings.log_level)
    app = FastAPI(
        title="Cadre",
        version="0.1.0",
        openapi_url=f"{API_PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    _fill_state(app, settings, database, clock)
    for router in API_ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    for router in PAGE_ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.include_router(health.router, include_in_schema=False)
    app.mount("/static", HashedFiles(directory=rendering.STATIC), name="static")
    errors.install(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts())
    app.add_middleware(Measured, metrics=app.state.metrics)
    app.add_middleware(Guard, base_url=settings.base_url, max_body_bytes=settings.max_body_bytes)
    return app


def create_server_app(
    database: Database | None = None, settings: Settings | None = None
) -> FastAPI:
    """What ``cadre serve`` runs: the application, which makes its board as soon as it serves."""
    app = create_app(database, settings)
    app.state.starts_board = True
    return app


def _fill_state(app: FastAPI, settings: Settings, database: Database | None, clock: Clock) -> None:
    """What routes find in ``app.state``: one of each per process."""
    state = app.state
    state.settings = settings
    state.database = database or Database(
        settings.database_url, replica_url=settings.replica_url, pool_size=settings.threads
    )
    state.clock = clock
    state.metrics = Metrics(state.database, clock, [seat_gauges])
    state.cursors = CursorCodec(settings.key())
    state.visitor = VISITOR
    state.templates = rendering.environment()
    state.page_parts = rendering.joined(
        demand_pages.PARTS,
        booking_pages.PARTS,
        booking_pages.PATHS,
        booking_pages.CLASHES,
        certificates_pages.PARTS,
        matching_pages.PARTS,
        SECTIONS,
        allocation_pages.PARTS,
    )
    _labels(state.templates)
    state.seats_in_use = seats_in_use
    state.board = Board(state.database, clock=clock)
    state.starts_board = False
    state.facets = registry_pages.FacetCache()
    state.press = Press(settings, BodyCache(), FragmentCache())
    state.open_data = Shelf()


def _labels(env: Environment) -> None:
    """What templates call things: the toolkit knows no feature, so their words come from here."""
    env.globals.update(labels.GLOBALS)
    env.filters.update(labels.FILTERS)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # As many working threads as database connections: nobody waits for a connection in the pool.
    anyio.to_thread.current_default_thread_limiter().total_tokens = app.state.settings.threads
    state = app.state
    if state.starts_board:
        state.board.start()
    if not state.settings.demo:
        yield
    else:  # one command serves the whole demonstration, timed work included
        with in_background(make_worker(state.database, state.settings, clock=state.clock)):
            yield
    state.database.dispose()
