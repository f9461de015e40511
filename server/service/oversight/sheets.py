"""The policy sheet on record: its whole text is a ledger entry when it changes, so that history can be judged again."""

from sqlmodel import col, select

from server.domain.policy import Policy
from server.store.tables import PolicySheet
from server.store.unit_of_work import Database


def note_sheet(database: Database, policy: Policy, text: str, now_us: int) -> bool:
    """Enter the sheet into the ledger unless it is the one in force; returns whether it was entered."""
    newest = select(PolicySheet.digest).order_by(col(PolicySheet.ledger_id).desc()).limit(1)
    with database.begin() as uow:
        if uow.session.exec(newest).first() == policy.digest:
            return False
        entry = uow.ledger("policy_set", now_us, {"policy": policy.digest, "sheet": text})
        uow.session.add(PolicySheet(ledger_id=entry, digest=policy.digest, from_us=now_us))
    return True
