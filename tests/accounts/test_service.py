"""Signing up and in, roles and tokens, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts import attempts, passwords, queries, service
from app.accounts.models import Login, SignInAttempt, User
from app.accounts.rules import (
    LOGIN_LIFE,
    PAIR_FAILURES,
    SIGN_UP_FAILURES,
    TOKENS_MAX,
    Caller,
    EmailTakenError,
    ReadOnlyTokenError,
    Role,
    Scope,
    TokenExpiredError,
    TokenRevokedError,
    TokenUnknownError,
    TooManyAttemptsError,
    TooManyTokensError,
    token_hash,
)
from app.accounts.schemas import NewUser, PersonPatch, SignInIn, SignUpIn, TokenIn
from app.core.db import Database
from app.core.errors import EditConflictError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import Provider
from tests.factories import NOW, make_actor, make_trainee, make_user

PASSWORD = "a long enough sentence"
HOME = Caller("192.0.2.7", "Browser")


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def sign_up(database: Database, email: str = "ada@people.example", name: str = "Ada") -> User:
    body = SignUpIn(name=name, email=email, password=PASSWORD)  # type: ignore[arg-type]  # as typed
    hashed = service.prepare_sign_up(database, body, caller=HOME, now=NOW)
    return database.run(lambda db: service.sign_up(db, body, hashed, caller=HOME, now=NOW))


def sign_in(
    database: Database,
    password: str = PASSWORD,
    *,
    email: str = "ada@people.example",
    caller: Caller = HOME,
    replaces: str | None = None,
) -> str:
    body = SignInIn(email=email, password=password)  # type: ignore[arg-type]  # as typed
    token, _ = service.sign_in(database, body, caller=caller, replaces=replaces, now=NOW)
    return token


def is_live(database: Database, token: str) -> bool:
    with database.read() as db:
        return queries.actor_of_login(db, token_hash(token), NOW) is not None


def facts_about(db: Session, subject_id: UUID) -> list[str]:
    statement = select(OutboxEvent).where(OutboxEvent.subject_id == subject_id)
    return [event.name for event in db.exec(statement.order_by(col(OutboxEvent.version)))]


def test_somebody_who_signed_up_can_sign_in(database: Database) -> None:
    user = sign_up(database, "Ada@People.Example", name="Ada")

    token = sign_in(database, email="ADA@people.example ")

    with database.read() as db:
        actor = queries.actor_of_login(db, token_hash(token), NOW)
        assert actor is not None
        assert actor.user_id == user.id
        assert actor.roles == {"trainee"}
        assert facts_about(db, user.id) == ["user.signed_up"]


def test_neither_password_nor_token_is_kept_as_it_is(database: Database) -> None:
    user = sign_up(database)
    token = sign_in(database)

    with database.read() as db:
        login = db.exec(select(Login)).one()
        everything = [
            *(row.model_dump_json() for row in db.exec(select(OutboxEvent))),
            *(row.model_dump_json() for row in db.exec(select(AuditEntry))),
            login.model_dump_json(),
            user.model_dump_json(),
        ]
    assert not any(PASSWORD in text or token in text for text in everything)


def test_a_taken_address_is_refused_beside_its_field(database: Database) -> None:
    sign_up(database)

    with pytest.raises(InvalidError) as refusal:
        sign_up(database, name="Somebody else")

    assert refusal.value.problems[0].loc == ("email",)
    with database.read() as db:
        assert db.exec(select(User.name)).all() == ["Ada"]


def test_trying_many_taken_addresses_is_stopped(database: Database) -> None:
    sign_up(database)
    for _ in range(SIGN_UP_FAILURES):
        with pytest.raises(InvalidError):
            sign_up(database)

    with pytest.raises(TooManyAttemptsError):
        sign_up(database, "free@people.example")


def test_many_people_can_sign_up_from_one_training_room(database: Database) -> None:
    for number in range(SIGN_UP_FAILURES + 2):
        sign_up(database, f"p{number}@people.example")

    with database.read() as db:
        assert len(db.exec(select(User)).all()) == SIGN_UP_FAILURES + 2


def test_a_weak_password_opens_no_account(database: Database) -> None:
    body = SignUpIn(name="Ada", email="a@b.example", password="tiny-one")  # type: ignore[arg-type]  # as typed

    with pytest.raises(InvalidError) as refusal:
        service.prepare_sign_up(database, body, caller=HOME, now=NOW)

    assert refusal.value.problems[0].loc == ("password",)
    assert "tiny-one" not in str(refusal.value)


def test_somebody_who_was_named_takes_over_the_same_row(database: Database) -> None:
    with database.write() as db:
        named = service.named_person(
            db, email="ada@people.example", name="A. Example", country="KE", by=None, now=NOW
        )

    user = sign_up(database, name="عائشة")

    assert (user.id, user.name, user.country, user.zone) == (
        named.id,
        "عائشة",
        "KE",
        "Africa/Nairobi",
    )
    assert is_live(database, sign_in(database))


def test_naming_somebody_twice_gives_the_same_person_unchanged(db: Session) -> None:
    first = service.named_person(
        db, email="li@people.example", name="李明", country="CN", by=None, now=NOW
    )
    again = service.named_person(
        db, email="LI@people.example", name="Other", country="KE", by=None, now=NOW
    )

    assert again.id == first.id
    assert (again.name, again.country) == ("李明", "CN")


def test_two_who_name_one_person_at_the_same_moment_get_one_row(database: Database) -> None:
    def name(_: int) -> UUID:
        return database.run(
            lambda db: (
                service.named_person(
                    db, email="same@people.example", name="Same", country=None, by=None, now=NOW
                ).id
            )
        )

    with ThreadPoolExecutor(max_workers=6) as pool:
        ids = set(pool.map(name, range(12)))

    assert len(ids) == 1


def test_a_person_who_was_only_named_cannot_sign_in(database: Database) -> None:
    with database.write() as db:
        make_user(db, email="ada@people.example")

    with pytest.raises(InvalidError, match="not right"):
        sign_in(database)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(database: Database) -> None:
    sign_up(database)
    messages = set()
    for email in ("ada@people.example", "nobody@people.example"):
        with pytest.raises(InvalidError) as refusal:
            sign_in(database, "another long sentence", email=email)
        messages.add((refusal.value.message, refusal.value.problems[0].loc))

    assert len(messages) == 1


def test_a_closed_account_cannot_be_entered(database: Database) -> None:
    user = sign_up(database)
    token = sign_in(database)
    with database.write() as db:
        db.get_one(User, user.id).is_active = False

    with pytest.raises(InvalidError):
        sign_in(database)
    assert not is_live(database, token)


def test_guessing_is_stopped_even_with_the_right_password(database: Database) -> None:
    sign_up(database)
    for _ in range(PAIR_FAILURES):
        with pytest.raises(InvalidError):
            sign_in(database, "a wrong sentence")

    with pytest.raises(TooManyAttemptsError) as refusal:
        sign_in(database)

    seconds = refusal.value.details["retry_after"]
    assert isinstance(seconds, int)
    assert 0 < seconds <= 901
    assert is_live(database, sign_in(database, caller=Caller("198.51.100.1")))


def test_guesses_sent_at_the_same_moment_all_count(database: Database) -> None:
    sign_up(database)

    def guess(_: int) -> str:
        try:
            sign_in(database, "a wrong sentence")
        except (InvalidError, TooManyAttemptsError) as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(max_workers=8) as pool:
        codes = list(pool.map(guess, range(PAIR_FAILURES * 2)))

    assert codes.count("invalid") == PAIR_FAILURES
    assert codes.count("too_many_attempts") == PAIR_FAILURES


def test_signing_in_often_is_no_failure(database: Database) -> None:
    sign_up(database)

    tokens = {sign_in(database) for _ in range(PAIR_FAILURES + 1)}

    assert len(tokens) == PAIR_FAILURES + 1


def test_a_login_ends_at_sign_out_and_when_it_is_replaced(database: Database) -> None:
    user = sign_up(database)
    first = sign_in(database)
    second = sign_in(database, replaces=first)
    assert not is_live(database, first)

    for _ in range(2):
        database.run(lambda db: service.sign_out(db, second, now=NOW))

    assert not is_live(database, second)
    with database.read() as db:
        ended = db.exec(select(AuditEntry).where(AuditEntry.action == "login.ended")).all()
    assert [entry.actor_id for entry in ended] == [user.id, user.id]


def test_a_login_lasts_two_weeks(db: Session) -> None:
    actor = make_trainee(db)
    hashed = token_hash(service.start_login(db, actor.identified(), user_agent="B" * 999, now=NOW))
    db.flush()

    last = NOW + LOGIN_LIFE
    assert queries.actor_of_login(db, hashed, last - timedelta(seconds=1)) == actor
    assert queries.actor_of_login(db, hashed, last) is None


def test_a_token_carries_its_scopes_until_it_expires(db: Session) -> None:
    actor = make_trainee(db)
    made = service.make_token(db, actor, TokenIn(label="Reader", days=2), now=NOW)
    assert made.token is not None
    hashed = token_hash(made.token)

    caller = queries.actor_of_token(db, hashed, NOW)

    assert caller.scopes == {Scope.READ}
    with pytest.raises(ReadOnlyTokenError):
        service.make_token(db, caller, TokenIn(label="More"), now=NOW)
    with pytest.raises(TokenExpiredError):
        queries.actor_of_token(db, hashed, NOW + timedelta(days=2))


def test_a_token_that_may_write_may_read(db: Session) -> None:
    made = service.make_token(
        db, make_trainee(db), TokenIn(label="Writer", scopes=(Scope.WRITE,)), now=NOW
    )

    assert made.scopes == ("read", "write")


def test_a_revoked_token_says_so_and_an_invented_one_is_unknown(db: Session) -> None:
    actor = make_trainee(db)
    made = service.make_token(db, actor, TokenIn(label="Lost"), now=NOW)
    assert made.token is not None
    for _ in range(2):
        service.revoke_token(db, actor, made.id, now=NOW)

    with pytest.raises(TokenRevokedError):
        queries.actor_of_token(db, token_hash(made.token), NOW)
    with pytest.raises(TokenUnknownError):
        queries.actor_of_token(db, token_hash("cadre_invented"), NOW)
    assert facts_about(db, made.id) == ["token.made", "token.revoked"]


def test_a_strangers_token_cannot_be_found(db: Session) -> None:
    made = service.make_token(db, make_trainee(db), TokenIn(label="Mine"), now=NOW)

    with pytest.raises(NotFoundError):
        service.revoke_token(db, make_trainee(db), made.id, now=NOW)


def test_a_person_has_a_limited_number_of_tokens(db: Session) -> None:
    actor = make_trainee(db)
    for number in range(TOKENS_MAX):
        last = service.make_token(db, actor, TokenIn(label=f"Token {number}"), now=NOW)

    with pytest.raises(TooManyTokensError):
        service.make_token(db, actor, TokenIn(label="One more"), now=NOW)

    service.revoke_token(db, actor, last.id, now=NOW)
    assert service.make_token(db, actor, TokenIn(label="One more"), now=NOW).token


def test_a_patch_changes_what_was_sent_and_says_what_it_was(db: Session) -> None:
    actor = make_trainee(db, name="Ada", country="KE", languages=("en",))

    service.edit_profile(
        db, actor, PersonPatch(country=None, languages=("fr", "ar", "fr")), now=NOW
    )

    view = queries.person_view(db, actor.identified())
    assert (view.name, view.country, view.languages, view.version) == ("Ada", None, ("fr", "ar"), 2)
    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "user.edited")).one()
    assert entry.changes == {"country": ["KE", None], "languages": [["en"], ["fr", "ar"]]}


def test_a_patch_without_a_change_leaves_no_trace(db: Session) -> None:
    actor = make_trainee(db, name="Ada")

    user = service.edit_profile(db, actor, PersonPatch(name="Ada"), now=NOW)

    assert user.version == 1
    assert facts_about(db, user.id) == []


def test_an_edit_of_an_old_version_is_refused(db: Session) -> None:
    actor = make_trainee(db)
    service.edit_profile(db, actor, PersonPatch(name="Newer", version=1), now=NOW)

    with pytest.raises(EditConflictError):
        service.edit_profile(db, actor, PersonPatch(name="Older", version=1), now=NOW)


def test_roles_come_from_memberships(db: Session) -> None:
    user = make_user(db)
    provider = _provider(db)
    service.add_membership(db, user.id, Role.FOCAL_POINT, country="GH", by=None, now=NOW)
    service.add_membership(
        db, user.id, Role.PROVIDER_EDITOR, provider_id=provider.id, by=None, now=NOW
    )

    editor = make_actor(db, user.id)
    assert editor.countries == {"GH"}
    assert editor.providers == {provider.id}
    assert editor.owned == frozenset()

    service.add_membership(
        db, user.id, Role.PROVIDER_OWNER, provider_id=provider.id, by=None, now=NOW
    )
    assert make_actor(db, user.id).owned == {provider.id}
    assert len(queries.members_of_provider(db, provider.id)) == 1


def test_a_role_given_twice_is_one_role(db: Session) -> None:
    user = make_user(db)
    first = service.add_membership(db, user.id, Role.SECRETARIAT, by=None, now=NOW)
    again = service.add_membership(db, user.id, Role.SECRETARIAT, by=None, now=NOW)

    assert again.id == first.id
    assert facts_about(db, user.id) == ["user.given_role"]
    assert [each.id for each in queries.secretariat(db)] == [user.id]


@pytest.mark.parametrize(
    ("role", "country", "with_provider"),
    [
        (Role.TRAINEE, "", False),
        (Role.FOCAL_POINT, "", False),
        (Role.SECRETARIAT, "KE", False),
        (Role.PROVIDER_OWNER, "", False),
        (Role.FOCAL_POINT, "KE", True),
    ],
)
def test_a_role_without_its_place_is_a_mistake_of_the_program(
    db: Session, role: Role, country: str, with_provider: bool
) -> None:
    user = make_user(db)
    provider_id = _provider(db).id if with_provider else None

    with pytest.raises(ValueError, match="does not go with"):
        service.add_membership(
            db, user.id, role, provider_id=provider_id, country=country, by=None, now=NOW
        )


def test_a_created_person_has_the_time_zone_of_the_country(db: Session) -> None:
    facts = NewUser(email="Li@People.example", name="李明", country="CN", sector="regulator")

    user = service.create_user(db, facts, now=NOW)

    assert (user.email, user.zone, user.password_hash) == (
        "li@people.example",
        "Asia/Shanghai",
        None,
    )
    with pytest.raises(EmailTakenError):
        service.create_user(db, facts, now=NOW)


def test_the_hash_given_for_a_created_person_opens_the_account(database: Database) -> None:
    hashed = passwords.hash_password(PASSWORD)
    facts = NewUser(email="ada@people.example", name="Ada", password_hash=hashed)
    database.run(lambda db: service.create_user(db, facts, now=NOW))

    assert is_live(database, sign_in(database))
    assert hashed not in repr(facts)


def test_old_counters_and_logins_are_forgotten(database: Database) -> None:
    sign_up(database)
    token = sign_in(database)
    later = NOW + LOGIN_LIFE + timedelta(days=31)

    assert database.run(lambda db: attempts.forget_old(db, now=NOW)) == 0
    assert database.run(lambda db: attempts.forget_old(db, now=later)) > 0

    with database.read() as db:
        assert not db.exec(select(SignInAttempt)).all()
        assert queries.actor_of_login(db, token_hash(token), NOW) is None


def _provider(db: Session) -> Provider:
    row = Provider(
        slug=f"p-{new_id().hex}",
        name="Example Institute",
        type="university",
        country="KE",
        zone="Africa/Nairobi",
        created_at=NOW,
        updated_at=NOW,
    )
    db.add(row)
    db.flush()
    return row
