"""What comes from and goes to other systems: sheets (XLSX, CSV) row by row, and the customers of a CRM.

Here things are read, written and named; what becomes of them is decided in `server.service`.
"""
