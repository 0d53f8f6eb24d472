"""What every test of the dialects has."""

from tests.order import in_order

__all__ = ["in_order"]
