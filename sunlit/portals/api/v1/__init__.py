"""Version 1: the operations, one module a subject."""
