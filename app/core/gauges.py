"""Numbers of the present that features offer to whoever watches over the product."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number of the present; ``labels`` tell it from others of the same name."""

    name: str
    meaning: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


GaugeSource = Callable[[Session, datetime], Iterable[Gauge]]
"""Reads numbers of a feature at an instant; cheap enough to be asked every few seconds."""
