"""Turn facts into sheets and pages to print: CSV, XLSX, PDF.

Reads no database; it is handed the facts.
"""
