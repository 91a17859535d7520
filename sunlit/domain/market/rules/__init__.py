"""What must hold in the marketplace."""
