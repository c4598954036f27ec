"""What the forms of the supply side offer to choose from."""

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import countries, languages, zones
from app.registry.queries import catalogue
from app.registry.schemas.filters import CatalogueFilter
from app.registry.schemas.views import CourseView, FacilityView, ProviderView
from app.taxonomy import queries as taxonomy

Options = list[tuple[str, str]]

_ALL = 200
_COMMON = ("ar", "en", "es", "fr", "pt", "ru", "sw", "zh", "hi", "id", "vi", "bn")
SPARE_ROWS = 3
"""Empty rows that a form shows, since none can be added without JavaScript."""


def terms(vocabulary: str, *, general: bool = False) -> Options:
    """A vocabulary as options."""
    return [(term.id, term.label) for term in taxonomy.vocabulary(vocabulary, general=general)]


def country_options() -> Options:
    """All countries."""
    return [(each.alpha2, each.name) for each in countries.countries()]


def zone_options() -> Options:
    """All time zones."""
    return [(name, name.replace("_", " ")) for name in zones.zone_names()]


def language_groups(chosen: list[str]) -> tuple[Options, Options]:
    """Languages that are often taught in (and the chosen ones), and all the others."""
    first = [*_COMMON, *(code for code in chosen if code not in _COMMON)]
    often = [(code, languages.name(code)) for code in first if languages.is_language(code)]
    shown = set(first)
    rest = [(each.code, each.name) for each in languages.languages() if each.code not in shown]
    return sorted(often, key=lambda option: option[1]), rest


def skill_groups() -> list[tuple[str, Options]]:
    """All skills under their domains."""
    return [
        (domain.label, [(skill.id, skill.label) for skill in taxonomy.skills_in_domain(domain.id)])
        for domain in taxonomy.domains()
    ]


def level_options() -> Options:
    """The four levels."""
    return [(term.id, f"{term.id}: {term.label}") for term in taxonomy.vocabulary("proficiency")]


def facilities_of(db: Session, actor: Actor, provider: ProviderView) -> list[FacilityView]:
    """The provider's facilities."""
    wanted = CatalogueFilter(provider=[str(provider.id)])
    return catalogue.facility_page(db, actor, wanted, limit=_ALL, after=None)[0]


def courses_of(db: Session, actor: Actor, provider: ProviderView) -> list[CourseView]:
    """The provider's courses."""
    wanted = CatalogueFilter(provider=[str(provider.id)])
    return catalogue.course_page(db, actor, wanted, limit=_ALL, after=None)[0]


def prerequisite_options(db: Session, actor: Actor, but: CourseView | None) -> Options:
    """Courses of the whole network that another one may build on, own and others'."""
    views, _, _ = catalogue.course_page(db, actor, CatalogueFilter(), limit=_ALL, after=None)
    return [
        (view.slug, f"{view.title} ({view.provider.name})")
        for view in views
        if but is None or view.id != but.id
    ]
