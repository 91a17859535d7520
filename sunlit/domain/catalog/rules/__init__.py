"""What must hold in the product library: of a life's moves, of what a supplier writes, of its price."""

from sunlit.domain.catalog.rules.life import correction_still_fits, listing_is_in_order, price_is_allowed, reason_is_given, supplier_stands

__all__ = ["correction_still_fits", "listing_is_in_order", "price_is_allowed", "reason_is_given", "supplier_stands"]
