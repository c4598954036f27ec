"""JSON routes of the own account; main mounts them under ``/api/v1``."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from app.accounts import queries, service
from app.accounts.deps import SignedIn
from app.accounts.schemas import NewTokenView, PersonPatch, PersonView, TokenIn, TokenView
from app.core.paging import Page
from app.web.deps import Now, ReadDb, Write

router = APIRouter(tags=["Own account"])


@router.get("/me")
def show_me(db: ReadDb, actor: SignedIn) -> PersonView:
    """Who the token belongs to, with the person's roles."""
    return queries.person_view(db, actor.identified())


@router.patch("/me", response_model=PersonView)
def edit_me(body: PersonPatch, write: Write, actor: SignedIn, now: Now) -> Response:
    """Change what was sent of the own profile."""

    def edit(db: Session) -> PersonView:
        user = service.edit_profile(db, actor, body, now=now)
        return queries.person_view(db, user.id)

    return write.answer(actor.key, edit)


@router.get("/me/tokens")
def list_tokens(db: ReadDb, actor: SignedIn, now: Now) -> Page[TokenView]:
    """The own tokens that work, newest first; never the tokens themselves."""
    items = queries.own_tokens(db, actor.identified(), now)
    return Page(items=items, total=len(items), next=None)


@router.post("/me/tokens", status_code=201, response_model=NewTokenView)
def make_token(body: TokenIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Make a token. Its text is in this answer and nowhere else.

    A repeated call with the same Idempotency-Key makes no second token and has ``token`` null.
    """
    made: list[NewTokenView] = []

    def make(db: Session) -> NewTokenView:
        made.append(service.make_token(db, actor, body, now=now))
        # What is kept for a repetition must not hold the secret.
        return made[-1].model_copy(update={"token": None})

    answer = write.answer(actor.key, make, status=201)
    if made:
        answer = JSONResponse(made[-1].model_dump(mode="json"), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.delete("/me/tokens/{token_id}", status_code=204)
def revoke_token(token_id: UUID, write: Write, actor: SignedIn, now: Now) -> None:
    """Take a token back, at once and for good."""
    write.run(lambda db: service.revoke_token(db, actor, token_id, now=now))
