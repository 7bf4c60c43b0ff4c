"""``python -m sync`` is ``openphone-sync``."""

from sync.cli.main import main

main()
