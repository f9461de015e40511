"""What a story file may hold beside its steps: people, cabinets, items, and what is expected; one struct each."""

from msgspec import Struct


class PersonSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Somebody in the story."""

    name: str = ""
    role: str = "requester"
    department: str = ""
    badge: str | None = None
    pin: str | None = None
    scope: dict[str, list[str]] = {}
    training: dict[str, str] = {}
    active: bool = True


class StationSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A cabinet: the family of each device, and how many doors."""

    reader: str = "m100"
    lock: str = "lock8a"
    badge: str = "rdm6300"
    scanner: str = "barcode_serial"
    doors: int = 1
    exit: str = ""
    leaves: str = "premises"
    inputs: bool = False


class ItemSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A thing under control, the door it begins behind, and the one it belongs behind if that is another."""

    place: str
    kind: str = "file"
    title: str = ""
    secrecy: str = "ordinary"
    category: str = ""
    department: str = ""
    record_number: str | None = None
    parts: int = 1
    pages: int = 0
    tag: str | None = None
    code: str | None = None
    tid: str | None = None
    home: str | None = None
    parent: str | None = None
    customer: str = ""
    grade: str = ""


class AlarmSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """An alarm that must be there; what is left out is not looked at."""

    kind: str
    item: str | None = None
    person: str | None = None
    station: str | None = None
    at: str | None = None
    late: bool | None = None
    within: str | float | None = None
    real: bool = False
    state: str | None = None
    severity: str | None = None


class CaseSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """A case that must be there; what is left out is not looked at."""

    kind: str | None = None
    item: str | None = None
    station: str | None = None
    at: str | None = None


class VerdictSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """A verdict and what comes with it; what is left out is not looked at."""

    verdict: str
    lawful: str | bool | None = None
    person: str | None = None
    rules: list[str] | None = None
    late: bool | None = None


class OverdueSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """An item that must be overdue; what is left out is not looked at."""

    item: str
    person: str | None = None
    rule: str | None = None


class NoticeSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """A notice that must have been sent; what is left out is not looked at."""

    kind: str | None = None
    to: str | None = None
    text: str | None = None


class LedgerSpec(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Kinds of ledger entries that must stand in this order, or be contained."""

    contains: list[str] = []
    order: list[str] = []


class Expect(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What must be so, and nothing else, when the world is quiet after a step (left out: after the last)."""

    after: str | None = None
    verdicts: dict[str, str | VerdictSpec | list[str | VerdictSpec]] | None = None
    holders: dict[str, str] | None = None
    alarms: list[AlarmSpec] = []
    cleared: list[AlarmSpec] | None = None
    cases: list[CaseSpec] | int = []
    overdue: list[OverdueSpec] | None = None
    counts: dict[str, object] | None = None
    loans: dict[str, str] | None = None
    ledger: LedgerSpec | list[str] | None = None
    quarantine: list[str] | int = []
    notices: list[NoticeSpec] | None = None
    station: dict[str, list[str] | str] | None = None
    late: list[str] | bool | None = None
