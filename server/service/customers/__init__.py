"""Customers: their records, sealed fields, grades and credit files, and keeping in step with a CRM."""
