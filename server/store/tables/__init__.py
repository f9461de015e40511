"""The tables of the database by topic, and nothing that decides.

Moments are integer microseconds UTC (`*_us`). Lists and maps are JSON text in canonical form. Enumerations are stored
as the words of `server.domain.words`. Table classes never leave `server/store/` and `server/service/`.
"""

from server.store.tables.alarms import Alarm, Notice
from server.store.tables.disposal import (
    Appraisal,
    BackupTaken,
    Departed,
    DestroyedItem,
    Destruction,
    DestructionConfirmation,
    DestructionItem,
    DestructionStep,
    DestructionWitness,
    DisposalHold,
    RetentionTerm,
    StocktakeCondition,
    StocktakeCounter,
    StocktakeDifference,
    StocktakeRecount,
)
from server.store.tables.duties import Duty
from server.store.tables.exchange import CrmState, ImportedItem, ImportFault, ImportJob, Shelf
from server.store.tables.items import Item, Tag, Tally
from server.store.tables.ledger import LedgerAnchor, LedgerEntry, PolicySheet
from server.store.tables.lending import CopyMade, LoanCheck, Reminder, Repair, Search
from server.store.tables.movements import Case, Incident, Loan, Movement, Visit
from server.store.tables.people import Answer, Badge, Person, SignIn
from server.store.tables.requests import (
    Authority,
    Decision,
    Delegation,
    Emergency,
    Hold,
    Line,
    Request,
    RequestAwaits,
    RequestItem,
)
from server.store.tables.seals import Entrusted, KeySet, KeyUse, Seal, SealHandover, SealUse
from server.store.tables.rights import Breach, Clearance, RecordLook, RightScope, RightsReview, Training
from server.store.tables.stations import Epoch, Inbox, Outgoing, Quarantine, Station
from server.store.tables.stocktakes import Stocktake, StocktakeLine, StocktakeSighting, StocktakeSweep

__all__ = [
    "Alarm",
    "Answer",
    "Appraisal",
    "Authority",
    "BackupTaken",
    "Badge",
    "Breach",
    "Case",
    "Clearance",
    "CopyMade",
    "CrmState",
    "Decision",
    "Delegation",
    "Departed",
    "DestroyedItem",
    "Destruction",
    "DestructionConfirmation",
    "DestructionItem",
    "DestructionStep",
    "DestructionWitness",
    "DisposalHold",
    "Duty",
    "Emergency",
    "Entrusted",
    "Epoch",
    "Hold",
    "ImportFault",
    "ImportJob",
    "ImportedItem",
    "Inbox",
    "Incident",
    "Item",
    "KeySet",
    "KeyUse",
    "LedgerAnchor",
    "LedgerEntry",
    "Line",
    "Loan",
    "LoanCheck",
    "Movement",
    "Notice",
    "Outgoing",
    "Person",
    "PolicySheet",
    "Quarantine",
    "RecordLook",
    "Reminder",
    "Repair",
    "Request",
    "RequestAwaits",
    "RequestItem",
    "RetentionTerm",
    "RightScope",
    "RightsReview",
    "Seal",
    "SealHandover",
    "SealUse",
    "Search",
    "Shelf",
    "SignIn",
    "Station",
    "Stocktake",
    "StocktakeCondition",
    "StocktakeCounter",
    "StocktakeDifference",
    "StocktakeLine",
    "StocktakeRecount",
    "StocktakeSighting",
    "StocktakeSweep",
    "Tag",
    "Tally",
    "Training",
    "Visit",
]
