"""Do people find what they mean? Questions as clerks type them, with what they expect among the first three."""
