"""One run of one sync, and what takes one back."""
