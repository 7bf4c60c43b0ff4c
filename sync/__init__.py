"""openphone-sync: keeps an OpenPhone workspace's contacts in step with a spreadsheet or CRM."""

__version__ = "0.1.0"
