"""Customers as a CRM has them: one protocol, and one file per CRM."""

from server.exchange.crm.base import Crm, CrmCustomer, CrmError, CrmPage

__all__ = ["Crm", "CrmCustomer", "CrmError", "CrmPage"]
