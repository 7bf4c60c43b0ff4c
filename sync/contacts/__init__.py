"""A contact in canonical form, what may change about it, and what may be wrong with a row. Knows nobody."""
