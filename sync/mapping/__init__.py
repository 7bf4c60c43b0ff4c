"""A row and the mapping → the contact that the row wants, or the problems that keep it from being so. Pure."""
