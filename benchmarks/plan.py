"""How much is measured, on what, and where the figures go."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.figures import Results
from benchmarks.load import Job, Report, Target, run_job
from benchmarks.servers import Server
from benchmarks.stores import Store

CONNECTIONS = 16
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What every measurement is given.

    ``sizes`` are those of the networks of allocations, as asks x places; empty for all.
    ``quick`` uses small networks and few calls: it shows that everything runs, no more.
    """

    stores: tuple[Store, ...]
    runs: int = 5
    seconds: float = 5.0
    quick: bool = False
    results: Results = field(default_factory=Results)
    sizes: tuple[str, ...] = ()

    def turns(self) -> Iterator[Store]:
        """Whose turn it is: the databases alternate, so that a busy minute hits them alike."""
        for _ in range(self.runs):
            yield from self.stores

    def size(self, whole: int, quick: int) -> int:
        """``whole``, or ``quick`` where it only has to run."""
        return quick if self.quick else whole

    def load(
        self,
        server: Server,
        targets: list[Target],
        *,
        connections: int = CONNECTIONS,
        expect: int = 200,
    ) -> Report:
        """Load a server with ``targets`` in turn for as long as a run takes, after a warm-up."""
        return run_job(
            Job(
                server.port,
                targets,
                connections=connections,
                seconds=self.seconds,
                warm_up=min(1.0, self.seconds / 2),
                expect=(expect,),
            )
        )

    def note(self, what: str, store: Store, report: Report) -> None:
        """Keep rate and latency of a report."""
        self.results.add(what, "requests/s", store.kind, report.rate)
        self.results.add(f"{what}, p50", "ms", store.kind, report.p50)
        self.results.add(f"{what}, p99", "ms", store.kind, report.p99)
