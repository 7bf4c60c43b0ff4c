"""The daemon's page and endpoints."""
