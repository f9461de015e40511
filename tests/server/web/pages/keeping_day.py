"""What a day leaves in the registers: a customer, files with contents, deadlines, changes, a request about a grade."""

from sqlmodel import select

from server.service.customers import credit, customers
from server.service.customers.customer_shapes import NewCreditRequest, NewCustomer
from server.service.records import contents, file_reviews, filing, record_numbers, records
from server.service.records.contents import NewContent
from server.service.records.file_reviews import NewReview
from server.service.records.filing import NewFiling
from server.service.records.record_numbers import NewNumber
from server.service.records.records import RecordPatch
from server.store.tables import Item, Record

from .office import HOSTILE, Office, code_of


def keep_records(office: Office) -> None:
    """Keep the record of a day."""
    facts = {"name": HOSTILE, "industry": "制造", "region": "华东", "sealed": {"contact": "138"}}
    new = NewCustomer.model_validate(facts)
    number = office.do("chen", lambda work: customers.add_customer(work, office.deps.vault, new)).id
    office.do("chen", lambda work: credit.ask(work, NewCreditRequest(customer=number, purpose="年度评级")))
    for index in (0, 11):
        _keep(office, code_of(index), number)
    office.do("chen", lambda work: file_reviews.review(work, code_of(0), NewReview(accurate=True)))
    office.do("chen", lambda work: record_numbers.give_number(work, NewNumber(item=code_of(11), scheme="contract")))


def _keep(office: Office, code: str, customer: int) -> None:
    """Change a file's record, list a document in it, and send it on its way to a formal file."""
    with office.database.read() as session:
        item = session.exec(select(Item.id).where(Item.code == code)).one()
        version = session.get_one(Record, item).version
    patch = RecordPatch(customer=customer, file_type="contract", department="销售部", reason="补录")
    office.do("chen", lambda work: records.patch_record(work, code, version, patch))
    entry = NewContent(title=HOSTILE, kind="contract", number="HT-1", original=False)
    office.do("chen", lambda work: contents.add_content(work, code, entry))
    office.do("chen", lambda work: filing.open_filing(work, code, NewFiling(kind="contract")))
