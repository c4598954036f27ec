"""The files of open data, at ``/data/{name}.{csv,json,jsonld}``."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.core.errors import NotFoundError
from app.opendata import queries
from app.opendata.files import KEPT, Shelf, csv_file, json_file
from app.opendata.jsonld import jsonld_file
from app.opendata.schemas import DATA_SETS, LICENCE_URL, DataSet
from app.web.conditional import Representation, conditional_response
from app.web.deps import Now, ReplicaDb, SettingsDep

router = APIRouter()

_HEADERS = {
    "Access-Control-Allow-Origin": "*",  # nothing here depends on who is asking
    "Link": f'<{LICENCE_URL}>; rel="license"',
}
_CACHING = f"public, max-age={KEPT.seconds}"
_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
    "jsonld": "application/ld+json",
}


@router.get("/data/slots.jsonld")
def read_jsonld(request: Request, db: ReplicaDb, now: Now) -> Response:
    """Courses with their dates, in the words of schema.org."""

    def make() -> bytes:
        return jsonld_file(queries.course_rows(db), queries.slot_rows(db, now=now))

    return _sent(request, db, DATA_SETS["slots"], "jsonld", make, now=now)


@router.get("/data/{name}.csv")
def read_csv(request: Request, name: str, db: ReplicaDb, now: Now) -> Response:
    """One data set as a table."""
    data = _data_set(name)

    def make() -> bytes:
        return csv_file(data, queries.rows(db, name, now=now))

    return _sent(request, db, data, "csv", make, now=now)


@router.get("/data/{name}.json")
def read_json(
    request: Request, name: str, db: ReplicaDb, now: Now, settings: SettingsDep
) -> Response:
    """One data set as JSON, with its licence and what its columns mean."""
    data = _data_set(name)

    def make() -> bytes:
        rows = queries.rows(db, name, now=now)
        return json_file(data, rows, network=settings.network_name)

    return _sent(request, db, data, "json", make, now=now)


def _data_set(name: str) -> DataSet:
    if name not in DATA_SETS:
        raise NotFoundError("There is no such data set.")
    return DATA_SETS[name]


def _sent(
    request: Request,
    db: Session,
    data: DataSet,
    ending: str,
    make: Callable[[], bytes],
    *,
    now: datetime,
) -> Response:
    shelf: Shelf = request.app.state.open_data
    stamp = queries.stamp(db, data.name, now=now)
    file = shelf.file(f"{data.name}.{ending}", stamp, make, now=now)
    what = Representation(
        body=file.content,
        etag=file.etag,
        last_modified=min(file.last_modified, now),
        media_type=_TYPES[ending],
        cache_control=_CACHING,
        filename=f"cadre-{data.name}.{ending}",
        attachment=ending == "csv",
        compress=lambda: file.compressed,
        headers=_HEADERS,
    )
    return conditional_response(request, what)
