"""The tables of the database by topic, and nothing that decides.

Moments are integer microseconds UTC (`*_us`). Lists and maps are JSON text in canonical form. Enumerations are stored
as the words of `server.domain.words`. Table classes never leave `server/store/` and `server/service/`.
"""

from server.store.tables.alarms import Alarm, Notice
from server.store.tables.items import Item, Tag, Tally
from server.store.tables.ledger import LedgerAnchor, LedgerEntry, PolicySheet
from server.store.tables.movements import Case, Incident, Loan, Movement, Visit
from server.store.tables.people import Answer, Badge, Person, SignIn
from server.store.tables.requests import Authority, Decision, Delegation, Line, Request
from server.store.tables.stations import Epoch, Inbox, Outgoing, Quarantine, Station
from server.store.tables.stocktakes import Stocktake, StocktakeLine, StocktakeSighting, StocktakeSweep

__all__ = [
    "Alarm",
    "Answer",
    "Authority",
    "Badge",
    "Case",
    "Decision",
    "Delegation",
    "Epoch",
    "Inbox",
    "Incident",
    "Item",
    "LedgerAnchor",
    "LedgerEntry",
    "Line",
    "Loan",
    "Movement",
    "Notice",
    "Outgoing",
    "Person",
    "PolicySheet",
    "Quarantine",
    "Request",
    "SignIn",
    "Station",
    "Stocktake",
    "StocktakeLine",
    "StocktakeSighting",
    "StocktakeSweep",
    "Tag",
    "Tally",
    "Visit",
]
