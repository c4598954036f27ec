"""The shapes of the demand side: what clients send, filter by and read."""

from app.demand.schemas.cases import (
    AnswerIn,
    CloseIn,
    EndReason,
    LinkIn,
    MergeIn,
    NoteIn,
    OwnerIn,
    QuestionIn,
    Reason,
    WithdrawIn,
)
from app.demand.schemas.filters import QueueFilter, RequestFilter
from app.demand.schemas.inputs import GapRequestForm, GapRequestIn, GapRequestPatch, NeedIn, Needs
from app.demand.schemas.views import (
    Helper,
    LinkView,
    NeedView,
    NoteView,
    RequestCard,
    RequestView,
    SurveyProblemView,
    SurveyReport,
    SurveyRequestView,
)

__all__ = [
    "AnswerIn",
    "CloseIn",
    "EndReason",
    "GapRequestForm",
    "GapRequestIn",
    "GapRequestPatch",
    "Helper",
    "LinkIn",
    "LinkView",
    "MergeIn",
    "NeedIn",
    "NeedView",
    "Needs",
    "NoteIn",
    "NoteView",
    "OwnerIn",
    "QuestionIn",
    "QueueFilter",
    "Reason",
    "RequestCard",
    "RequestFilter",
    "RequestView",
    "SurveyProblemView",
    "SurveyReport",
    "SurveyRequestView",
    "WithdrawIn",
]
