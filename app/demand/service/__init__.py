"""Use cases of skill-gap requests."""

from app.demand.service.casework import MAX_LINKS, TooManyError, add_link, remove_link, write_note
from app.demand.service.counting import begin_training, count_seats, recount
from app.demand.service.endings import close_request, end_reasons, expire_request, withdraw_request
from app.demand.service.filing import amend_request, copy_request, file_request, submit_request
from app.demand.service.merging import Pair, finish_merge, lines_after, lock_pair
from app.demand.service.survey import (
    LikelyRepeatedError,
    Report,
    import_survey,
    look_at_survey,
    require_importer,
    too_large,
)
from app.demand.service.triage import answer, ask_clarification, assign_owner, open_request

__all__ = [
    "MAX_LINKS",
    "LikelyRepeatedError",
    "Pair",
    "Report",
    "TooManyError",
    "add_link",
    "amend_request",
    "answer",
    "ask_clarification",
    "assign_owner",
    "begin_training",
    "close_request",
    "copy_request",
    "count_seats",
    "end_reasons",
    "expire_request",
    "file_request",
    "finish_merge",
    "import_survey",
    "lines_after",
    "lock_pair",
    "look_at_survey",
    "open_request",
    "recount",
    "remove_link",
    "require_importer",
    "submit_request",
    "too_large",
    "withdraw_request",
    "write_note",
]
