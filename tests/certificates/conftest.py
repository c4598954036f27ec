"""The clock, the desk and the client of the tests of booking: certificates follow from seats."""

from tests.booking.conftest import client, desk, hands

__all__ = ["client", "desk", "hands"]
