"""What can be imported: the fields of each kind, how their columns may be called, and how a cell of each is read.

One table. The first Chinese name is the heading of an empty sheet to fill in; `key` fields are those by which a row is
known again within one file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from server.domain.words import ItemKind, Mode, Role, Secrecy
from server.exchange.cells import CellError, Reader, choice, last_moment, moment, number, pattern, text, word


class Kind(StrEnum):
    """What a sheet lists."""

    PEOPLE = "people"
    ITEMS = "items"
    CUSTOMERS = "customers"
    PLACES = "places"
    LOANS = "loans"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its headings in Chinese and English (the first of each is the usual one) and its reader."""

    name: str
    zh: str
    en: str
    read: Reader
    required: bool = False
    key: bool = False
    default: Any = None

    @property
    def headings(self) -> tuple[str, ...]:
        """Give every way the column may be called."""
        return (self.name, *self.zh.split("|"), *self.en.split("|"))

    def heading(self, language: str) -> str:
        """Give the usual heading."""
        return (self.en if language == "en" else self.zh).split("|")[0]


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row was not taken: the field it is at ("" when it is the row as a whole), a code and what it mentions."""

    at: str
    code: str
    params: Mapping[str, str] = field(default_factory=dict)


_USERNAME = pattern(
    r"[a-z0-9][a-z0-9._-]{0,63}", "a-z 0-9 . _ - (zhang.wei)", lambda cell: cell.removeprefix("@").lower()
)
_CODE = pattern(r"(?!\.+$)[!-.0-~]{1,64}", "ASCII, no /, 1–64 (F0001)")
_PLACE = pattern(r"[a-z0-9][a-z0-9_-]{0,31}/[1-9][0-9]?", "a/1", lambda cell: cell.replace("／", "/").lower())
_STATION = pattern(r"[a-z0-9][a-z0-9_-]{0,31}", "a-z 0-9 _ - (a)", str.lower)
_HEX = pattern(r"[0-9A-F]{4,128}", "0-9 A-F (E280…)", lambda cell: cell.replace(" ", "").upper())
_KEY = pattern(r"[0-9a-f]{64}", "64 × 0-9 a-f", str.lower)
_KINDS = word(
    *ItemKind, also={"file": "档案 文件夹", "box": "盒", "document": "单份文件", "copy": "复印件", "seal": "公章"}
)
_SECRECY = word(*Secrecy, also={"ordinary": "一般 内部 公开 无"})
_ROLES = word(*Role, also={"requester": "职员 普通员工", "archivist": "档案员", "records_manager": "档案经理"})
_MODES = word(Mode.LOAN, Mode.READING, Mode.PHOTOCOPY, Mode.SEAL_USE, also={"loan": "外借 借出"})
_GRADES = choice({"A": ("A级", "优", "良好"), "B": ("B级", "普通", "一般"), "C": ("C级", "风险")})

FIELDS: Final[dict[Kind, tuple[Field, ...]]] = {
    Kind.PEOPLE: (
        Field("username", "用户名|账号|登录名|工号", "username|user name|login|account", _USERNAME, True, True),
        Field("name", "姓名|名字|员工姓名", "name|full name", text(200), True),
        Field("department", "部门|所属部门|科室", "department|dept", text(500), default=""),
        Field("role", "角色|岗位|职务|职位", "role|post|position", _ROLES, default="requester"),
        Field("badge", "工卡号|卡号|门禁卡号|工牌", "badge|card|card number", _HEX),
    ),
    Kind.ITEMS: (
        Field("code", "编码|条码|二维码|标签编号", "code|barcode|label", _CODE, key=True),
        Field("title", "题名|名称|案卷题名|文件名|标题", "title|name", text(200), True),
        Field("kind", "类型|种类|载体", "kind|type", _KINDS, default="file"),
        Field("secrecy", "密级|保密级别", "secrecy|classification", _SECRECY, True),
        Field("record_number", "档号|归档号", "record number|record no", text(200), key=True),
        Field("category", "门类|类别|分类", "category|class", text(500), default=""),
        Field("department", "部门|归属部门|责任部门", "department|dept", text(500), default=""),
        Field("parts", "件数|份数", "parts|pieces", number(1, 10_000), default=1),
        Field("pages", "页数|总页数", "pages|page count", number(0, 1_000_000), default=0),
        Field("place", "位置|存放位置|柜位|库位", "place|location|shelf", _PLACE, True),
        Field("epc", "标签EPC|EPC|RFID", "epc|tag|rfid", _HEX, key=True),
        Field("tid", "标签TID|TID", "tid", _HEX),
        Field("customer", "客户编号|客户ID", "customer|customer id", text(200)),
    ),
    Kind.CUSTOMERS: (
        Field("external_id", "客户编号|客户ID|编号|客户代码", "customer id|id|number", text(200), True, True),
        Field("name", "客户名称|名称|企业名称|公司名称", "customer|name|company|account name", text(200), True),
        Field("industry", "行业|所属行业", "industry|sector", text(200), default=""),
        Field("size", "规模|企业规模|人员规模", "size|employees", text(200), default=""),
        Field("region", "地区|区域|省市|所在地", "region|area|city", text(200), default=""),
        Field("grade", "客户等级|等级|级别", "grade|rating|level", _GRADES),
    ),
    Kind.PLACES: (
        Field("station", "柜号|档案柜|柜子编号", "station|cabinet", _STATION, True, True),
        Field("title", "柜名|名称|柜子名称", "title|name", text(500), default=""),
        Field("doors", "门数|柜门数", "doors|door count", number(1, 99)),
        Field("public_key", "公钥|设备公钥", "public key|key", _KEY),
        Field("door", "门号|柜门", "door", number(1, 99), key=True),
        Field("shelf", "层号|层|隔板", "shelf|level", text(50), key=True),
        Field("holds", "存放内容|用途", "holds|contents", text(500), default=""),
    ),
    Kind.LOANS: (
        Field("item", "编码|档号|条码|档案编码", "item|code|record number", text(200), True, True),
        Field("person", "借阅人|用户名|借阅人账号|姓名", "person|borrower|username", text(200), True),
        Field("taken_us", "借阅日期|借出日期|借出时间", "taken|lent on|taken at|date", moment, True),
        Field("due_us", "应还日期|期限|归还期限", "due|due date|due back", last_moment),
        Field("mode", "方式|利用方式|借阅方式", "mode|use", _MODES, default="loan"),
        Field("purpose", "事由|借阅事由|用途|目的", "purpose|reason", text(500), default=""),
    ),
}
ONE_OF: Final[dict[Kind, tuple[str, ...]]] = {Kind.ITEMS: ("code", "record_number")}
"""Fields of which a row must have at least one."""
TOGETHER: Final = frozenset({Kind.PLACES})
"""Kinds whose rows are known again by all their key fields together, not by each alone."""


def field_named(kind: Kind, name: str) -> Field | None:
    """Find a field."""
    return next((one for one in FIELDS[kind] if one.name == name), None)


def guess(kind: Kind, headings: Sequence[str]) -> dict[str, str]:
    """Guess which heading holds which field: first by the very name, then by a name within the heading."""
    found: dict[str, str] = {}
    free = {heading: _plain(heading) for heading in headings if heading}

    def take(one: Field, fits: Iterable[str]) -> None:
        if one.name not in found and (heading := next(iter(fits), None)) is not None:
            found[one.name] = heading
            del free[heading]

    for one in FIELDS[kind]:
        names = [_plain(name) for name in one.headings]
        take(one, [h for name in names for h, plain in free.items() if plain == name])
    for one in FIELDS[kind]:
        names = [_plain(name) for name in one.headings if len(_plain(name)) > 1]
        take(one, [h for name in names for h, plain in free.items() if name in plain])
    return found


def read_row(
    kind: Kind, mapping: Mapping[str, int], cells: Sequence[str], zone: ZoneInfo
) -> tuple[dict[str, Any], list[RowFault]]:
    """Read a row's cells by the columns that hold its fields; gives the values and everything wrong with them."""
    values: dict[str, Any] = {}
    faults: list[RowFault] = []
    for one in FIELDS[kind]:
        cell = cells[mapping[one.name]] if one.name in mapping else ""
        if not cell:
            values[one.name] = one.default
            if one.required:
                faults.append(RowFault(one.name, "missing"))
            continue
        try:
            values[one.name] = one.read(cell, zone)
        except CellError as error:
            faults.append(RowFault(one.name, error.code, {"value": cell[:80], **error.params}))
    if (either := ONE_OF.get(kind)) and not faults and not any(values[name] for name in either):
        faults.append(RowFault(either[0], "missing"))
    return values, faults


def keys_of(kind: Kind, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give what a row is known again by, as (field, value)."""
    named = [one.name for one in FIELDS[kind] if one.key]
    if kind in TOGETHER:
        return [(named[0], "/".join(str(values[name] or "") for name in named))]
    return [(name, str(values[name])) for name in named if values.get(name)]


def _plain(heading: str) -> str:
    """Give a heading without case, blanks, marks and what stands in brackets."""
    for opened in "([（【":
        heading = heading.split(opened)[0] or heading
    return "".join(c for c in heading.casefold() if c.isalnum())
