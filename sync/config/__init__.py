"""From ``config.yaml`` to a checked configuration."""
