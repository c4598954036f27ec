"""Pages and feeds through the whole product, over HTTP."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlmodel import col, update

from app.core.clock import utc_now
from app.registry.models import CatalogueRevision
from benchmarks import data
from benchmarks.figures import note
from benchmarks.load import Target
from benchmarks.plan import WORKERS, Plan
from benchmarks.servers import Server, serving
from benchmarks.stores import Store, opened

LARGE = 5_000
_DIFFERENT = 50
_EVENTS = 1_000
_FEED = "/calendars/slots.ics"

Served = dict[str, tuple[Server, data.Network, str]]


def pages(plan: Plan) -> None:
    """The listing page and slot pages, on a network of the demonstration's size and a large one."""
    for slots in (data.DEMONSTRATION, plan.size(LARGE, 400)):
        with _served(plan, slots) as served:
            for store in plan.turns():
                server, network, _ = served[store.kind]
                note(f"pages: {slots} slots, {store.kind}")
                listing = plan.load(server, [Target("/slots")])
                plan.note(f"listing page, {slots:,} slots", store, listing)
                details = [Target(f"/slots/{each}") for each in network.slots[:_DIFFERENT]]
                plan.note(f"slot page, {slots:,} slots", store, plan.load(server, details))


def feeds(plan: Plan) -> None:
    """The feed of a thousand events: whole, compressed, not modified, and after a change."""
    with _served(plan, plan.size(LARGE, 700)) as served:
        for store in plan.turns():
            server, _, url = served[store.kind]
            note(f"feeds: {store.kind}")
            plan.results.add(
                "feed of 1,000 events, after a change", "ms", store.kind, _rebuilt(server, url)
            )
            status, headers, body = server.get(_FEED)
            assert status == 200
            assert body.count(b"BEGIN:VEVENT") == _EVENTS, "The feed has another size."
            tag = {"If-None-Match": headers["etag"]}
            plan.note("feed of 1,000 events, plain", store, plan.load(server, [Target(_FEED)]))
            packed = Target(_FEED, headers={"Accept-Encoding": "gzip"})
            plan.note("feed of 1,000 events, gzip", store, plan.load(server, [packed]))
            held = plan.load(server, [Target(_FEED, headers=tag)], expect=304)
            plan.note("feed of 1,000 events, 304", store, held)


@contextmanager
def _served(plan: Plan, slots: int) -> Iterator[Served]:
    """The same network on every database, each behind a server of its own."""
    with ExitStack() as stack:
        found: Served = {}
        for store in plan.stores:
            name = f"web_{slots}"
            url = store.create(name)
            stack.callback(store.drop, name)
            note(f"making {slots} slots, {store.kind}")
            network = _fill(store, url, slots)
            server = stack.enter_context(serving(url, workers=WORKERS))
            found[store.kind] = (server, network, url)
        yield found


def _fill(store: Store, url: str, slots: int) -> data.Network:
    with opened(url) as database:
        network = data.fill(database, slots=slots)
    store.settle(url)
    return network


def _rebuilt(server: Server, url: str) -> float:
    """Milliseconds for the first answer after the catalogue has changed; events are remembered."""
    server.get(_FEED)
    with opened(url) as database:
        change = update(CatalogueRevision).values(
            value=col(CatalogueRevision.value) + 1, changed_at=utc_now()
        )
        database.run(lambda db: db.execute(change))
    started = time.perf_counter()
    server.get(_FEED)
    return (time.perf_counter() - started) * 1000
