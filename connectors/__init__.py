"""Where rows come from. Nothing in this package knows of OpenPhone or imports from ``sync``."""
