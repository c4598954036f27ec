"""What it takes to be there: memory of a worker, time to start, time to load the demonstration."""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from app.core.clock import utc_now
from app.demo.loader import load_demo
from benchmarks import data
from benchmarks.figures import note
from benchmarks.load import Target
from benchmarks.plan import WORKERS, Plan
from benchmarks.servers import (
    Server,
    memory_mib,
    serving,
    settings,
    started,
    wait_until_live,
)
from benchmarks.stores import Store, opened


def memory(plan: Plan) -> None:
    """Memory of one of two workers: after the start, and after pages and feeds were asked for."""
    with _small_network(plan) as urls:
        for store in plan.turns():
            note(f"memory: {store.kind}")
            url, network = urls[store.kind]
            with serving(url, workers=WORKERS) as server:
                _note_memory(plan, store, server, "after the start")
                details = [Target(f"/slots/{each}") for each in network.slots]
                plan.load(server, [Target("/slots"), Target("/calendars/slots.ics"), *details])
                _note_memory(plan, store, server, "after load")


def start(plan: Plan) -> None:
    """From starting the process to the first 200 from ``/livez``, with one worker and with two."""
    with _small_network(plan) as urls:
        for store in plan.turns():
            for workers in (1, WORKERS):
                note(f"start: {workers} workers, {store.kind}")
                arguments = ["serve", "--workers", str(workers), "--port"]
                began = time.perf_counter()
                with started(arguments, settings(urls[store.kind][0]), workers=workers) as server:
                    wait_until_live(server)
                    seconds = time.perf_counter() - began
                plan.results.add(f"start, workers: {workers}", "s", store.kind, seconds)


def demo(plan: Plan) -> None:
    """The demonstration: loaded into an empty database; ``cadre demo`` first and second."""
    for store in plan.turns():
        note(f"demo: load, {store.kind}")
        url = store.create("demo_load")
        with opened(url) as database:
            began = time.perf_counter()
            load_demo(database, now=utc_now())
            seconds = time.perf_counter() - began
        plan.results.add("demonstration, loaded through the services", "s", store.kind, seconds)
        store.drop("demo_load")
    for store in plan.turns():
        if store.kind == "sqlite":  # what the command uses by itself
            _first_and_second(plan, store)


def _first_and_second(plan: Plan, store: Store) -> None:
    note("demo: command, sqlite")
    url = f"sqlite:///{store.place}/demo_command.db"
    for which in ("first", "second"):
        began = time.perf_counter()
        with started(["demo", "--port"], settings(url)) as server:
            wait_until_live(server)
            seconds = time.perf_counter() - began
            assert server.get("/slots")[0] == 200
        plan.results.add(f"cadre demo, {which} start", "s", store.kind, seconds)
    store.drop("demo_command")


@contextmanager
def _small_network(plan: Plan) -> Iterator[dict[str, tuple[str, data.Network]]]:
    with ExitStack() as stack:
        found = {}
        for store in plan.stores:
            url = store.create("small")
            stack.callback(store.drop, "small")
            with opened(url) as database:
                found[store.kind] = (url, data.fill(database, slots=data.DEMONSTRATION))
            store.settle(url)
        yield found


def _note_memory(plan: Plan, store: Store, server: Server, when: str) -> None:
    """The mean over the workers; nothing where the system does not tell."""
    found = [memory_mib(pid) for pid in server.worker_pids()]
    for name in ("Rss", "Pss"):
        values = [each[name] for each in found if name in each]
        if values:
            what = f"memory of a worker, {when}, {name.upper()}"
            plan.results.add(what, "MiB", store.kind, statistics.mean(values))
