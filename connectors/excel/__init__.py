"""The ``excel`` source: a sheet of an .xlsx, .xls or .ods workbook."""

from connectors.excel.connector import ExcelConnector, ExcelOptions

__all__ = ["ExcelConnector", "ExcelOptions"]
