"""Google Sheets as a source of rows, with results written back beside them. Knows nothing of OpenPhone.

``options`` is what a configuration may say, ``connector`` tells the story of a run, ``grid`` knows cells, headers and
ranges, ``placing`` decides which row a result belongs to, ``writing`` writes it there. ``client``, ``credentials``
and ``transport`` speak to Google; they are imported only once a sheet is opened, because gspread and google-auth
take their time.
"""

from connectors.google_sheets.connector import GoogleSheetsConnector
from connectors.google_sheets.options import GoogleSheetsOptions, WriteBack

__all__ = ["GoogleSheetsConnector", "GoogleSheetsOptions", "WriteBack"]
