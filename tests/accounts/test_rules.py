"""Who may do what, what a password must be, and where a link may lead."""

from datetime import UTC, datetime

import pytest

from app.accounts import passwords
from app.accounts.rules import (
    SECTORS,
    VISITOR,
    Actor,
    Caller,
    ReadOnlyTokenError,
    Scope,
    home_of,
    network_of,
    own_path,
    password_problem,
    sign_in_limits,
    window_start,
)
from app.core.errors import ForbiddenError, SignInRequiredError
from app.core.ids import new_id
from app.taxonomy import queries as taxonomy


def test_a_visitor_has_to_sign_in_before_anything_else() -> None:
    with pytest.raises(SignInRequiredError):
        VISITOR.require_write()

    assert VISITOR.roles == frozenset()
    assert VISITOR.key == "anonymous"


def test_a_reading_token_may_not_write() -> None:
    actor = Actor(user_id=new_id(), scopes=frozenset({Scope.READ}))

    with pytest.raises(ReadOnlyTokenError):
        actor.require_write()


def test_only_the_secretariat_passes_as_secretariat() -> None:
    somebody = Actor(user_id=new_id())
    member = Actor(user_id=new_id(), secretariat=True)

    with pytest.raises(ForbiddenError):
        somebody.require_secretariat()
    assert member.require_secretariat() == member.user_id


def test_every_person_is_a_trainee_and_may_be_more() -> None:
    actor = Actor(user_id=new_id(), providers=frozenset({new_id()}), countries=frozenset({"GH"}))

    assert actor.roles == {"trainee", "provider", "focal"}


@pytest.mark.parametrize(
    ("facts", "home"),
    [
        ({}, "/me"),
        ({"countries": frozenset({"GH"})}, "/me"),
        ({"providers": frozenset({new_id()})}, "/provider"),
        ({"secretariat": True, "countries": frozenset({"GH"})}, "/secretariat"),
    ],
)
def test_people_arrive_where_their_work_is(facts: dict[str, object], home: str) -> None:
    assert home_of(Actor(user_id=new_id(), **facts)) == home  # type: ignore[arg-type]  # mixed


@pytest.mark.parametrize("target", ["/slots", "/slots?skill=gmp&country=KE", "/me#top", "/"])
def test_a_path_of_this_site_is_followed(target: str) -> None:
    assert own_path(target, otherwise="/home") == target.partition("#")[0]


@pytest.mark.parametrize(
    "target",
    [
        "",
        "slots",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "/a\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "/" + "a" * 600,
    ],
)
def test_a_link_that_leads_away_is_not_followed(target: str) -> None:
    assert own_path(target, otherwise="/home") == "/home"


@pytest.mark.parametrize(
    ("password", "hint"),
    [
        ("short", "at least 12"),
        ("a" * 40, "repeats"),
        ("abcdef" * 40, "at most 200"),
        ("Person@People.Example", "e-mail"),
    ],
)
def test_a_weak_password_is_refused_in_words(password: str, hint: str) -> None:
    problem = password_problem(password, email="person@people.example")

    assert problem is not None
    assert hint in problem


def test_a_sentence_in_any_script_will_do_as_a_password() -> None:
    assert password_problem("مفتاح البيت تحت الحجر", email="a@b.example") is None


def test_a_password_is_known_again_however_its_letters_were_composed() -> None:
    kept = passwords.hash_password("caf\u00e9 au lait 2027")

    assert passwords.verify_password("cafe\u0301 au lait 2027", kept)
    assert not passwords.verify_password("cafe au lait 2027", kept)
    assert kept.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_subscriber_counts_as_one_network(host: str, network: str) -> None:
    assert network_of(host) == network


def test_limits_hold_neither_address_nor_network() -> None:
    keys = [limit.key for limit in sign_in_limits("a@b.example", Caller("192.0.2.7"))]

    assert len(set(keys)) == 2
    assert all(len(key) == 64 for key in keys)


def test_windows_begin_at_quarters_of_an_hour() -> None:
    moment = datetime(2027, 1, 4, 9, 44, 59, 999, tzinfo=UTC)

    assert window_start(moment) == datetime(2027, 1, 4, 9, 30, tzinfo=UTC)


def test_the_sectors_of_people_are_those_of_the_vocabulary() -> None:
    terms = taxonomy.vocabulary("audience_sectors")

    assert {term.id: term.label for term in terms} == SECTORS
