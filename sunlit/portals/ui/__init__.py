"""The kit: one look, one set of macros, one template environment for every portal."""
