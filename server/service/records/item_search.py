"""Finding items by what is known of them and of their customers (R31): category, industry, size, region, grade."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from server.service.context import Reading
from server.service.customers.credit import cover_of
from server.service.people.rights import Act
from server.store.tables import Customer, Item, Record

OF_ITEM: Final = ("category", "department", "secrecy", "kind")
OF_CUSTOMER: Final = ("industry", "size", "region")


@dataclass(frozen=True, slots=True)
class Facets:
    """What is looked for; "" and None stand for anything."""

    category: str = ""
    department: str = ""
    secrecy: str = ""
    kind: str = ""
    type: str = ""
    customer: int | None = None
    industry: str = ""
    size: str = ""
    region: str = ""
    grade: str = ""


ANYTHING: Final = Facets()


def conditions(look: Reading, facets: Facets) -> list[ColumnElement[bool]]:
    """Give what narrows a query for items; customers' facts only to who may see customers, grades to who may those."""
    found: list[Any] = [getattr(Item, name) == value for name in OF_ITEM if (value := getattr(facets, name))]
    if facets.category and (row := look.policy.keeping.category_of(facets.category)):
        found[0] = col(Item.category).in_((row.key, row.zh, row.en))
    records: list[Any] = [Record.file_type == facets.type] if facets.type else []
    if facets.customer is not None:
        records.append(Record.customer_id == facets.customer)
    customers: list[Any] = [
        getattr(Customer, name) == value for name in OF_CUSTOMER if (value := getattr(facets, name))
    ]
    if facets.grade:
        customers += [Customer.grade == facets.grade, *cover_of(look).only(col(Customer.id))]
    if customers:
        may = look.viewer.may(Act.SEE_CUSTOMERS)
        records.append(col(Record.customer_id).in_(select(Customer.id).where(*customers) if may else []))
    if records:
        found.append(col(Item.id).in_(select(Record.item_id).where(*records)))
    return found
