"""What must hold in insight."""
