"""What is remembered between runs, and one run of a sync at a time."""
