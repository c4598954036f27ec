"""Every read of the demand side, and who may see what."""

from app.demand.queries.cases import (
    QUEUES,
    helpers,
    inside_row,
    link_rows,
    links_of,
    note_view,
    notes_of,
    queue,
    queue_counts,
)
from app.demand.queries.requests import (
    Found,
    case_of,
    list_requests,
    lock_request,
    lock_requests,
    lock_row,
    needs_of,
    request_row,
    request_view,
    request_views,
    visible_requests,
)

__all__ = [
    "QUEUES",
    "Found",
    "case_of",
    "helpers",
    "inside_row",
    "link_rows",
    "links_of",
    "list_requests",
    "lock_request",
    "lock_requests",
    "lock_row",
    "needs_of",
    "note_view",
    "notes_of",
    "queue",
    "queue_counts",
    "request_row",
    "request_view",
    "request_views",
    "visible_requests",
]
