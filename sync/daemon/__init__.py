"""Runs on a schedule, and everything that tells of them."""
