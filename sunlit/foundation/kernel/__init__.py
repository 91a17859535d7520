"""Plain Python that everything stands on: no Django models, no procurement."""
