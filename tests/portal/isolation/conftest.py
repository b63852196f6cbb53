"""The house, and its customers, as the tests of the portal have them."""

from tests.portal.customer.conftest import customers, house

__all__ = ["customers", "house"]
