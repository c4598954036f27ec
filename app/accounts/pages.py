"""Pages to sign up, in and out, and of the own account."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.accounts import queries, service
from app.accounts.deps import SignedIn, Visitor, cookie_name
from app.accounts.rules import (
    LOGIN_LIFE,
    PASSWORD_MIN,
    SECTORS,
    Actor,
    Caller,
    Scope,
    home_of,
    own_path,
)
from app.accounts.schemas import (
    NewTokenView,
    PersonPatch,
    ProfileIn,
    SignInIn,
    SignUpIn,
    TokenIn,
)
from app.core import countries, languages, zones
from app.web.deps import Now, ReadDb, SettingsDep, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()

Next = Annotated[str, Query(alias="next", max_length=500)]

# Of the United Nations, and Portuguese, in which the network also trains: shown before the rest.
_WORLD_LANGUAGES = ("ar", "en", "es", "fr", "pt", "ru", "zh")
_TOKEN_FORM = {"scopes": (Scope.READ.value,), "days": 365}
_SCOPE_CHOICES = (
    (Scope.READ.value, "Read", "See what you can see."),
    (Scope.WRITE.value, "Write", "Do what you can do: book, file, edit. Includes reading."),
)


@router.get("/sign-in")
def show_sign_in(request: Request, actor: Visitor, target: Next = "") -> Response:
    """The form to sign in; somebody who is signed in goes on."""
    if actor.signed_in:
        return RedirectResponse(own_path(target, otherwise=home_of(actor)), status_code=303)
    return _no_store(page(request, "accounts/sign_in.html", form=Form.of(next=target)))


@router.post("/sign-in")
def sign_in(
    request: Request,
    form: Annotated[Submitted[SignInIn], Depends(submitted(SignInIn))],
    write: Write,
    settings: SettingsDep,
    now: Now,
) -> Response:
    """Start a login and go where the person wanted to go."""

    def use(body: SignInIn) -> Response:
        cookie = request.cookies.get(cookie_name(settings.base_url))
        token, actor = service.sign_in(
            write.database, body, caller=_caller(request), replaces=cookie, now=now
        )
        target = own_path(body.next, otherwise=home_of(actor))
        return _with_cookie(RedirectResponse(target, status_code=303), token, settings.base_url)

    answer = form.attempt(use)
    return answer or _no_store(page(request, "accounts/sign_in.html", status=422, form=form))


@router.get("/sign-up")
def show_sign_up(request: Request, actor: Visitor) -> Response:
    """The form to open an account."""
    if actor.signed_in:
        return RedirectResponse(home_of(actor), status_code=303)
    return _no_store(_sign_up_page(request, Form()))


@router.post("/sign-up")
def sign_up(
    request: Request,
    form: Annotated[Submitted[SignUpIn], Depends(submitted(SignUpIn))],
    write: Write,
    settings: SettingsDep,
    now: Now,
) -> Response:
    """Open the account, sign in and show the person's own page."""
    caller = _caller(request)

    def use(body: SignUpIn) -> Response:
        hashed = service.prepare_sign_up(write.database, body, caller=caller, now=now)

        def open_account(db: Session) -> str:
            service.sign_up(db, body, hashed, caller=caller, now=now)
            return "/me?notice=signed-up"

        answer = write.redirect("sign-up", open_account)
        # The usual way in, so that a form sent twice proves its password the second time too.
        credentials = SignInIn(email=body.email, password=body.password)
        token, _ = service.sign_in(
            write.database, credentials, caller=caller, replaces=None, now=now
        )
        return _with_cookie(answer, token, settings.base_url)

    answer = form.attempt(use)
    return answer or _no_store(_sign_up_page(request, form, status=422))


@router.post("/sign-out")
def sign_out(request: Request, write: Write, settings: SettingsDep, now: Now) -> Response:
    """End the login, here and on the server."""
    name = cookie_name(settings.base_url)
    token = request.cookies.get(name)
    if token:
        write.run(lambda db: service.sign_out(db, token, now=now))
    answer = RedirectResponse("/?notice=signed-out", status_code=303)
    answer.delete_cookie(
        name, secure=settings.base_url.startswith("https:"), httponly=True, samesite="lax"
    )
    return answer


@router.get("/account")
def show_account(request: Request, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """The own profile, time zone and API tokens."""
    return _account_page(request, db, actor, now=now)


@router.post("/account")
def edit_account(
    request: Request,
    form: Annotated[Submitted[ProfileIn], Depends(submitted(ProfileIn))],
    db: ReadDb,
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Save the profile as sent: an empty field empties it."""

    def use(body: ProfileIn) -> Response:
        patch = PersonPatch(**body.model_dump())

        def edit(db: Session) -> str:
            service.edit_profile(db, actor, patch, now=now)
            return "/account?notice=saved"

        return write.redirect(actor.key, edit)

    return form.attempt(use) or _account_page(
        request, db, actor, now=now, status=422, profile_form=form
    )


@router.post("/account/tokens")
def make_token(
    request: Request,
    form: Annotated[Submitted[TokenIn], Depends(submitted(TokenIn))],
    db: ReadDb,
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Make a token and show it this once, hence no redirect."""

    def use(body: TokenIn) -> Response:
        made: list[NewTokenView] = []

        def make(db: Session) -> str:
            made.append(service.make_token(db, actor, body, now=now))
            return "/account#tokens"

        answer = write.redirect(actor.key, make)
        if not made:  # the same form again: its token was shown already
            return answer
        return _account_page(request, db, actor, now=now, status=201, made=made[-1])

    return form.attempt(use) or _account_page(
        request, db, actor, now=now, status=422, token_form=form
    )


@router.post("/account/tokens/{token_id}/revocation")
def revoke_token(token_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Take a token back."""

    def revoke(db: Session) -> str:
        service.revoke_token(db, actor, token_id, now=now)
        return "/account?notice=revoked"

    return write.redirect(actor.key, revoke)


def _caller(request: Request) -> Caller:
    host = request.client.host if request.client else ""
    return Caller(host, request.headers.get("user-agent", ""))


def _with_cookie(answer: Response, token: str, base_url: str) -> Response:
    answer.set_cookie(
        cookie_name(base_url),
        token,
        max_age=int(LOGIN_LIFE.total_seconds()),
        secure=base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return answer


def _no_store(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _country_choices() -> list[tuple[str, str]]:
    return [(each.alpha2, each.name_common) for each in countries.countries()]


def _sign_up_page(request: Request, form: Form, *, status: int = 200) -> Response:
    return page(
        request,
        "accounts/sign_up.html",
        status=status,
        form=form,
        countries=_country_choices(),
        password_min=PASSWORD_MIN,
    )


def _account_page(
    request: Request,
    db: Session,
    actor: Actor,
    *,
    now: datetime,
    status: int = 200,
    **shown: Form | NewTokenView,
) -> Response:
    """The account page; ``shown`` is a form with errors, or the token just made."""
    person = queries.person_view(db, actor.identified())
    context: dict[str, Any] = {
        "profile_form": Form.of(**person.model_dump()),
        "token_form": Form.of(**_TOKEN_FORM),
        "made": None,
        **shown,
    }
    first = {*_WORLD_LANGUAGES, *context["profile_form"].values_of("languages")}
    spoken = sorted(languages.languages(), key=lambda each: each.code not in first)
    answer = page(
        request,
        "accounts/account.html",
        status=status,
        person=person,
        tokens=queries.own_tokens(db, person.id, now),
        countries=_country_choices(),
        languages=[(each.code, each.own_name) for each in spoken],
        languages_first=sum(each.code in first for each in spoken),
        zones=[(name, name.replace("_", " ")) for name in zones.zone_names()],
        sectors=list(SECTORS.items()),
        scopes=_SCOPE_CHOICES,
        revoke_key=Form().key,
        **context,
    )
    return _no_store(answer)
