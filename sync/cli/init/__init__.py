"""``openphone-sync init``: the first configuration, asked for and written."""

from sync.cli.init.entry import command

__all__ = ["command"]
