"""Where a source's file lies, and getting hold of all of it: on this machine, or at an address."""

from connectors.files.given import FilePath, GivenFile, same_file

__all__ = ["FilePath", "GivenFile", "same_file"]
