"""What may be asked for, and nothing else: the input of every use case that takes more than a name."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from server.domain.words import ItemKind, Mode, Role, Secrecy, Task

Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
NewCode = Annotated[str, StringConstraints(pattern=r"^[!-.0-~]*[!-\-0-~][!-.0-~]*$", max_length=64)]
"""What an item may be given as its code: a word of an address, so no slash, and not dots alone."""
Text = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Hex = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{4,128}$", to_upper=True)]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]
Place = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}/[1-9][0-9]?$")]
StationName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Codes = Annotated[list[Code], Field(min_length=1, max_length=200)]


class Input(BaseModel):
    """What all inputs have in common: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class NewPerson(Input):
    username: Username
    name: Name
    role: Role
    department: Text = ""
    locale: Literal["zh", "en"] = "zh"
    password: str = Field(default="", max_length=256, repr=False)
    pin: Pin | None = Field(default=None, repr=False)
    badges: list[Hex] = Field(default=[], max_length=10)


class NewBadge(Input):
    badge: Hex


class NewStation(Input):
    name: StationName
    title: Text = ""
    doors: int = Field(ge=1, le=99)
    public_key: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="", description="empty: the station will enrol itself with a code"
    )


class NewItem(Input):
    code: NewCode
    kind: ItemKind
    title: Name
    secrecy: Secrecy
    category: Text = ""
    department: Text = ""
    record_number: Name | None = None
    scheme: Text = Field(default="", description="make the record number by this scheme of the policy sheet (R30)")
    term: Text = Field(default="", description="the retention term as such a number names it")
    parts: int = Field(default=1, ge=1, le=10_000)
    pages: int = Field(default=0, ge=0, le=1_000_000)
    place: Place
    epc: Hex | None = None
    tid: Hex | None = None


class NewTag(Input):
    epc: Hex
    tid: Hex | None = None


class Company(Input):
    """Everything to begin with: who there is, which cabinets, what they hold."""

    people: list[NewPerson] = []
    stations: list[NewStation] = []
    items: list[NewItem] = []


class NewRequest(Input):
    items: Codes
    mode: Mode
    purpose: Text
    for_: Username | None = Field(default=None, alias="for")
    from_: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    due: AwareDatetime | None = None
    documents: list[Name] = Field(default=[], max_length=100)
    impressions: int = Field(default=0, ge=0, le=10_000)
    pages: Text = ""
    recipient: Text = ""
    outside: bool = False


class NewDecision(Input):
    note: Text = ""
    until: AwareDatetime | None = None
    due: AwareDatetime | None = None


class Note(Input):
    note: Text = ""


class Scope(Input):
    modes: list[Mode] | None = None
    secrecy: list[Secrecy] | None = None
    departments: list[Text] | None = None
    categories: list[Text] | None = None


class NewDelegation(Input):
    to: Username
    from_: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime
    scope: Scope = Scope()


class NewRegistration(Input):
    person: Username
    items: Codes
    mode: Mode = Mode.LOAN
    purpose: Text
    until: AwareDatetime | None = None
    due: AwareDatetime | None = None


class NewOrder(Input):
    person: Username
    items: Codes
    task: Task
    purpose: Text
    until: AwareDatetime | None = None
    to: Place | None = Field(default=None, description="with the task move: where the items belong from now on")


class NewHandover(Input):
    items: Codes
    to: Username
    witness: Username | None = None
    purpose: Text = ""


class NewCheck(Input):
    complete: bool
    parts: int | None = Field(default=None, ge=0, le=10_000)
    pages: int | None = Field(default=None, ge=0, le=1_000_000)
    note: Text = ""


class Conclusion(Input):
    conclusion: Name


class Resolution(Input):
    resolution: Name


class NewStocktake(Input):
    title: Text = ""
    stations: list[StationName] = Field(min_length=1, max_length=100)
    blind: bool = False


class NewSweep(Input):
    stations: list[StationName] | None = Field(default=None, max_length=100)


class NewScan(Input):
    place: Place
    code: Code | None = None
    epc: Hex | None = None


class NewScans(Input):
    scans: list[NewScan] = Field(min_length=1, max_length=500)


class NewLabels(Input):
    items: Codes
    format: Literal["pdf", "png", "zpl"] = "pdf"


def micros(at: datetime) -> int:
    """Give a moment as µs UTC."""
    return round(at.timestamp() * 1_000_000)


def micros_or_none(at: datetime | None) -> int | None:
    """Give a moment as µs UTC, if there is one."""
    return None if at is None else micros(at)
