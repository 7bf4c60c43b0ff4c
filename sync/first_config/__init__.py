"""The first ``config.yaml`` of a source: which column is which, and the text that says so.

Pure: a source as it was seen, and the workspace's custom fields → a proposal → text. Knows no file, no terminal, no
network.
"""

from sync.first_config.change import changed
from sync.first_config.draft import config_text, quoted
from sync.first_config.guess import guess
from sync.first_config.headings import is_known
from sync.first_config.proposal import Origin, Proposal
from sync.first_config.survey import Survey

__all__ = ["Origin", "Proposal", "Survey", "changed", "config_text", "guess", "is_known", "quoted"]
