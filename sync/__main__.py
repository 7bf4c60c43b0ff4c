"""``python -m sync`` is ``openphone-sync``."""

from sync.cli.entry import run

run()
