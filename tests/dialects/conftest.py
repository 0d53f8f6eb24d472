"""What every test of the dialects has."""

from tests.events_in_order import in_order as in_order
