"""Tables of the supply side: the catalogue, and what planning a slot takes up."""

from app.registry.models.catalogue import (
    CatalogueRevision,
    Course,
    CoursePrerequisite,
    CourseSkill,
    Facility,
    FacilityClosure,
    Meeting,
    Provider,
    Slot,
)
from app.registry.models.planning import Occupancy, Resource, SeatShare, Series, SlotResource

__all__ = [
    "CatalogueRevision",
    "Course",
    "CoursePrerequisite",
    "CourseSkill",
    "Facility",
    "FacilityClosure",
    "Meeting",
    "Occupancy",
    "Provider",
    "Resource",
    "SeatShare",
    "Series",
    "Slot",
    "SlotResource",
]
