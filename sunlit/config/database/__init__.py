"""Django's PostgreSQL with a cheaper look at a kept connection (`base`, where Django seeks a backend)."""
