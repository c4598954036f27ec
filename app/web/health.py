"""What watches over the product asks: does it live, can it serve, how is it doing."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.core import migrate, zones
from app.core.db import Database
from app.core.errors import AppError, BusyError
from app.core.idempotency import IdempotencyKey
from app.core.ids import new_id
from app.core.queries import outbox_waiting
from app.web.deps import Now
from app.web.metrics import CONTENT_TYPE, Metrics

router = APIRouter()

OUTBOX_AGE_MAX = timedelta(hours=1)
"""An event that waits longer means that no worker is running, or none gets through."""

_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be well; ``detail`` says how it is."""

    ok: bool
    detail: str


class _UndoneError(AppError):
    """Ends the transaction of a probe without keeping anything."""


@router.get("/livez")
async def livez() -> Response:
    """The process answers; asks nobody else."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


@router.get("/readyz")
def readyz(request: Request, now: Now) -> Response:
    """Whether requests can be served; 503 with what is wrong."""
    checks = _checks(request.app.state.database, now)
    ready = all(check.ok for check in checks.values())
    body = {
        "status": "ready" if ready else "not ready",
        "checks": {name: asdict(check) for name, check in checks.items()},
    }
    return JSONResponse(body, 200 if ready else 503, _NO_STORE)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Numbers of this process in Prometheus's text format."""
    found: Metrics = request.app.state.metrics
    return Response(found.text(), headers={**_NO_STORE, "Content-Type": CONTENT_TYPE})


def _checks(database: Database, now: datetime) -> dict[str, Check]:
    checks = {"database": _writable(database, now)}
    try:
        with database.read() as db:
            checks["migrations"] = _at_head(db)
            checks["outbox"] = _outbox(db, now)
    except SQLAlchemyError as error:
        unknown = Check(ok=False, detail=f"cannot be read: {type(error).__name__}")
        checks = {"migrations": unknown, "outbox": unknown, **checks}
    return {**checks, "tzdata": Check(ok=True, detail=zones.tzdata_version())}


def _writable(database: Database, now: datetime) -> Check:
    """Write a row for real and take it back."""
    row = IdempotencyKey(actor="readyz", key=str(new_id()), request_hash="", created_at=now)
    try:
        _write_and_undo(database, row)
    except _UndoneError:
        return Check(ok=True, detail="writable")
    except (SQLAlchemyError, BusyError) as error:
        return Check(ok=False, detail=f"cannot be written: {type(error).__name__}")


def _write_and_undo(database: Database, row: IdempotencyKey) -> NoReturn:
    with database.write() as db:
        db.add(row)
        db.flush()
        raise _UndoneError("a probe keeps nothing")


def _at_head(db: Session) -> Check:
    found = migrate.current(db.connection())
    if found == migrate.head():
        return Check(ok=True, detail=f"at {found}")
    return Check(ok=False, detail=f"at {found}, the program wants {migrate.head()}")


def _outbox(db: Session, now: datetime) -> Check:
    waiting = outbox_waiting(db)
    if waiting.oldest_at is None:
        return Check(ok=True, detail="empty")
    age = max(now - waiting.oldest_at, timedelta())
    detail = f"{waiting.events} waiting, the oldest for {round(age.total_seconds())} s"
    return Check(ok=age <= OUTBOX_AGE_MAX, detail=detail)
