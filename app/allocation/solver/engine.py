"""HiGHS, held so that the same model gives the same answer: one thread, one seed, no clock.

Source: HiGHS, https://highs.dev (MIT).
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from app.allocation.rules.facts import CancelledError

INFINITY = highspy.kHighsInf

_WHOLE = highspy.HighsVarType.kInteger
_REAL = highspy.HighsVarType.kContinuous


@dataclass(slots=True)
class Columns:
    """The unknowns: bounds, gain each, and whether they are whole."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)

    def add(self, upper: float, gain: float = 0.0, *, whole: bool = True) -> int:
        """One more unknown, from 0 to ``upper``; returns its number."""
        self.lower.append(0.0)
        self.upper.append(upper)
        self.gain.append(gain)
        self.whole.append(whole)
        return len(self.upper) - 1


@dataclass(slots=True)
class Rows:
    """The limits, one after the other, as sparse rows."""

    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(
        self,
        columns: Sequence[int],
        factors: Sequence[float],
        *,
        at_least: float = -INFINITY,
        at_most: float = INFINITY,
    ) -> None:
        """One more limit on the sum of ``factors`` times ``columns``."""
        self.columns.extend(columns)
        self.factors.extend(factors)
        self.starts.append(len(self.columns))
        self.lower.append(at_least)
        self.upper.append(at_most)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.upper)

    def copy(self) -> "Rows":
        """The same limits, to which others can be added without changing these."""
        return Rows([*self.starts], [*self.columns], [*self.factors], [*self.lower], [*self.upper])


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to look: until what is found is within ``gap`` (relative) or ``close`` of the bound.

    With gains that are whole numbers, a ``close`` below 1 and no ``gap`` mean the very best.

    ``nodes`` bounds the search in a way that is the same on every machine; ``until`` (of
    ``time.monotonic``) is only the last resort. ``look_every`` so many seconds it asks whether to
    stop.
    """

    gap: float = 0.0
    close: float = 0.99
    nodes: int = 100_000
    until: float = math.inf
    should_stop: Callable[[], bool] = lambda: False
    look_every: float = 0.1

    def check(self) -> None:
        """Stop here if told to.

        Raises:
            CancelledError: The run was told to stop.
        """
        if self.should_stop():
            raise CancelledError


@dataclass(frozen=True, slots=True)
class Answer:
    """The best point found, and what no point can exceed.

    ``values`` is None when none was found; with ``is_impossible`` there is none. ``is_proven``
    says that the search ended by itself, within its gap, and not at a limit.
    """

    values: NDArray[np.float64] | None
    bound: float
    is_proven: bool
    is_impossible: bool


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best point without whole numbers, and the price of each limit in it.

    A price is what one more of a row's bound would add to the sum of gains: at least 0 where the
    upper bound holds, at most 0 where the lower one does. When the search was not ``finished`` in
    time the point may break limits; prices are of use all the same.
    """

    values: NDArray[np.float64]
    prices: NDArray[np.float64]
    finished: bool


def maximise(
    columns: Columns,
    rows: Rows,
    effort: Effort,
    *,
    start: NDArray[np.float64] | None = None,
    any_will_do: bool = False,
) -> Answer:
    """The largest sum of gains within all limits.

    Args:
        columns: At least one.
        rows: Any number.
        effort: How far to look.
        start: A point to begin with; ignored when it breaks a limit.
        any_will_do: Stop at the first point within all limits.

    Raises:
        CancelledError: ``effort`` said so meanwhile.
    """
    effort.check()
    engine = _engine(effort)
    engine.passModel(_model(columns, rows))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        engine.setSolution(solution)
    if any_will_do:
        engine.setOptionValue("mip_max_improving_sols", 1)
    _run(engine, _watch(engine, effort))
    return _answer(engine)


class Relaxation:
    """The same limits without whole numbers, asked again and again with other lower bounds.

    Each answer starts from the one before, so that a question costs a fraction of the first.

    Args:
        columns: Whole or not, they are taken as real.
        rows: All limits; the lower bounds of some are changed later.
        effort: Only its word to stop is heard.
    """

    def __init__(self, columns: Columns, rows: Rows, effort: Effort) -> None:
        self._effort = effort
        self._engine = _engine(replace(effort, until=math.inf))
        self._stopped = _watch(self._engine, effort)
        self._engine.passModel(_model(replace(columns, whole=[False] * len(columns.whole)), rows))

    def is_possible(self, at_least: Mapping[int, int]) -> bool:
        """Whether some point keeps all limits when these rows have these lower bounds.

        Raises:
            CancelledError: ``effort`` said so meanwhile.
        """
        self._ask(at_least, math.inf)
        return bool(self._engine.getModelStatus() != highspy.HighsModelStatus.kInfeasible)

    def best(self, at_least: Mapping[int, int], until: float = math.inf) -> Optimum | None:
        """The point with the largest sum of gains under these lower bounds; None if there is none.

        Args:
            at_least: Of some rows; the others keep theirs.
            until: When to give up, by ``time.monotonic``.

        Raises:
            CancelledError: ``effort`` said so meanwhile.
        """
        self._ask(at_least, until)
        status = self._engine.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        found = self._engine.getSolution()
        return Optimum(
            np.array(found.col_value),
            np.array(found.row_dual),
            status == highspy.HighsModelStatus.kOptimal,
        )

    def _ask(self, at_least: Mapping[int, int], until: float) -> None:
        self._effort.check()
        for row, least in at_least.items():
            self._engine.changeRowBounds(row, float(least), INFINITY)
        # The engine counts from its first question on.
        rest = max(0.05, until - time.monotonic())
        self._engine.setOptionValue("time_limit", self._engine.getRunTime() + rest)
        _run(self._engine, self._stopped)


def _run(engine: highspy.Highs, stopped: Sequence[bool]) -> None:
    engine.run()
    if stopped:
        raise CancelledError


def _engine(effort: Effort) -> highspy.Highs:
    engine = highspy.Highs()  # type: ignore[no-untyped-call]  # the package types its core alone
    engine.silent()
    options: dict[str, bool | float | str] = {
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
        "mip_rel_gap": effort.gap,
        "mip_abs_gap": effort.close,
        "mip_max_nodes": effort.nodes,
        "mip_heuristic_run_feasibility_jump": False,  # half the time on our models, for nothing
    }
    if effort.until < math.inf:
        options["time_limit"] = max(0.05, effort.until - time.monotonic())
    for name, value in options.items():
        engine.setOptionValue(name, value)
    return engine


def _model(columns: Columns, rows: Rows) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_ = len(columns.upper)
    model.num_row_ = len(rows.upper)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.array(columns.gain)
    model.col_lower_ = np.array(columns.lower)
    model.col_upper_ = np.array(columns.upper)
    model.row_lower_ = np.array(rows.lower)
    model.row_upper_ = np.array(rows.upper)
    model.integrality_ = [_WHOLE if each else _REAL for each in columns.whole]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.array(rows.starts, dtype=np.int32)
    model.a_matrix_.index_ = np.array(rows.columns, dtype=np.int32)
    model.a_matrix_.value_ = np.array(rows.factors)
    return model


def _watch(engine: highspy.Highs, effort: Effort) -> list[bool]:
    """Have the engine ask now and then whether to stop; holds a word once it was told to."""
    stopped: list[bool] = []
    looked = [time.monotonic()]

    def look(event: highspy.highs.HighsCallbackEvent) -> None:
        now = time.monotonic()
        if now - looked[0] >= effort.look_every:
            looked[0] = now
            if stopped or effort.should_stop():
                stopped.append(True)
                event.interrupt()

    for event in (engine.cbMipInterrupt, engine.cbSimplexInterrupt):
        event.subscribe(look)
    return stopped


def _answer(engine: highspy.Highs) -> Answer:
    status = engine.getModelStatus()
    info = engine.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(engine.getSolution().col_value) if found else None
    bound = info.mip_dual_bound if math.isfinite(info.mip_dual_bound) else INFINITY
    impossible = status == highspy.HighsModelStatus.kInfeasible
    return Answer(values, bound, status == highspy.HighsModelStatus.kOptimal, impossible)
