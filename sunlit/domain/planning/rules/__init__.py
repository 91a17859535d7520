"""What must hold before a purchase."""
