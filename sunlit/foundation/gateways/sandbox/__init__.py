"""Stand-ins for the outside world that speak its interfaces over real HTTP."""
