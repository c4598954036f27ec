"""What the form of a slot offers; the pages of planning and of changing one share it."""

from sqlmodel import Session

from app.accounts.rules import Actor
from app.registry.labels import CRITERIA
from app.registry.queries import catalogue
from app.registry.queries.resources import resources_of
from app.registry.schemas.filters import CatalogueFilter
from app.registry.schemas.resources import ResourceView
from app.registry.schemas.views import ProviderRef, ProviderView
from app.taxonomy import queries as taxonomy

_ALL = 200
SPARE_ROWS = 3
"""Empty rows for meetings, since none can be added without JavaScript."""


def slot_form_context(
    db: Session, actor: Actor, provider: ProviderView | ProviderRef
) -> dict[str, object]:
    """Context of ``registry/slot_form.html`` beside form, slot, provider and action."""
    own = CatalogueFilter(provider=[str(provider.id)])
    courses, _, _ = catalogue.course_page(db, actor, own, limit=_ALL, after=None)
    facilities, _, _ = catalogue.facility_page(db, actor, own, limit=_ALL, after=None)
    return {
        "courses": [(str(each.id), each.title) for each in courses],
        "facilities": [
            (str(each.id), f"{each.name}, {each.city} ({each.zone})") for each in facilities
        ],
        "modes": [(term.id, term.label) for term in taxonomy.vocabulary("delivery_modes")],
        "criteria": list(CRITERIA.items()),
        "resources": [
            (str(each.id), _named(each)) for each in resources_of(db, actor, str(provider.id))
        ],
        "spare_rows": SPARE_ROWS,
    }


def _named(resource: ResourceView) -> str:
    where = f" ({resource.facility_name})" if resource.facility_name else ""
    return f"{resource.name}{where}{'' if resource.is_active else ', no longer in use'}"
