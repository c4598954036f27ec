"""What a client remembers beyond its own death: what it was about to send, and the answers.

A line is written with one call before the order leaves, and one when it was answered. SIGKILL
loses nothing that was handed to the system.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torture.orders import Order


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order: the first answer that settled it.

    ``status`` 0: none came. ``code`` is that of a refusal. ``problem`` says what was wrong with
    the answers themselves: two that differ, an error that nobody should see.
    """

    status: int
    body: str = ""
    code: str = ""
    replayed: bool = False
    tries: int = 1
    problem: str = ""

    @property
    def done(self) -> bool:
        """Whether the order was carried out."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


class Journal:
    """One client's file, opened again by each successor of that client."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        orders = list(entries(path))
        self.pending = orders[-1][0] if orders and orders[-1][1] is None else None

    def begin(self, order: Order) -> None:
        """The order is about to be sent."""
        self._write({"order": asdict(order)})

    def end(self, answer: Answer) -> None:
        """The last order was answered."""
        self._write({"answer": asdict(answer)})

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


def entries(path: Path) -> Iterator[tuple[Order, Answer | None]]:
    """Every order of a journal with its answer; only the last one can be without."""
    order: Order | None = None
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if "order" in entry:
                order = Order(**entry["order"])
            elif order is not None:
                yield order, Answer(**entry["answer"])
                order = None
    if order is not None:
        yield order, None
