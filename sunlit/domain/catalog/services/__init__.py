"""The verbs of the product library."""

from sunlit.domain.catalog.services.stock import return_stock, take_stock

__all__ = ["return_stock", "take_stock"]
