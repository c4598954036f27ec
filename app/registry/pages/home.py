"""The start page."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.deps import Visitor
from app.registry.pages.readers import next_cards
from app.registry.queries.figures import network_figures
from app.registry.schemas.filters import SlotFilter
from app.web.deps import Now, ReplicaDb
from app.web.rendering import page

router = APIRouter()

DEMO_SIGN_INS = (
    ("trainee@demo.example", "Trainee", "finds a date, books it, waits in line, subscribes"),
    ("focal@demo.example", "Focal point of Ghana", "files needs, reads matches, takes seats"),
    ("provider@demo.example", "Training provider", "plans slots, opens seats, sees who comes"),
    ("secretariat@demo.example", "Secretariat", "verifies providers, sees gaps and clashes"),
)
"""Who can be tried in the demonstration: e-mail, role, what the role does."""

_DATED = ["hands-on", "classroom-onsite", "classroom-remote", "blended"]  # not open for months
DEMO_PASSWORD = "demo-demo-demo"  # noqa: S105 - public, and good for the demonstration only


@router.get("/")
def show_home(request: Request, db: ReplicaDb, actor: Visitor, now: Now) -> Response:
    """What the network is, what is in it, what comes next, and what each role can do."""
    figures = network_figures(db, now=now)
    return page(
        request,
        "registry/home.html",
        figures=[
            (f"{figures.providers:,}", "providers", "/providers"),
            (f"{figures.countries:,}", "countries that host them", "/slots?view=map"),
            (f"{figures.facilities:,}", "facilities", "/providers"),
            (f"{figures.courses:,}", "courses", "/slots"),
            (f"{figures.slots:,}", "dates to come", "/slots"),
            (f"{figures.seats_free:,}", "seats free now", "/slots?has_seats=true"),
        ],
        cards=next_cards(db, actor, SlotFilter(has_seats=True, mode=_DATED), now=now, limit=5),
        sign_ins=DEMO_SIGN_INS,
        password=DEMO_PASSWORD,
    )
