"""How the faults of a sheet read: what is wrong with a cell and what to do, in Chinese and English. One table."""

from collections.abc import Mapping
from typing import Final

Wording = tuple[str, str]

FAULTS: Final[dict[str, tuple[Wording, Wording]]] = {
    "missing": (("此处为空", "nothing stands here"), ("填写后再导入", "fill it in and import again")),
    "too_long": (("文字太长", "the text is too long"), ("不超过 {limit} 个字符", "use at most {limit} characters")),
    "wrong_form": (
        ("“{value}”格式不对", "{value!r} is not of the right form"),
        ("写成：{form}", "write it as: {form}"),
    ),
    "not_a_number": (
        ("“{value}”不是可用的整数", "{value!r} is not a whole number that fits"),
        ("填 {least} 到 {most} 之间的整数", "write a whole number from {least} to {most}"),
    ),
    "not_a_choice": (
        ("“{value}”不在可选范围内", "{value!r} is none of the choices"),
        ("可填：{choices}", "use one of: {choices}"),
    ),
    "not_a_moment": (
        ("“{value}”不是日期", "{value!r} is not a date"),
        ("写成 2026-03-02 或 2026-03-02 09:30", "write 2026-03-02 or 2026-03-02 09:30"),
    ),
    "twice_in_file": (
        ("“{value}”在本文件第 {row} 行已出现", "{value!r} stands in row {row} of this file already"),
        ("删去重复的一行，或改正编号", "delete one of the rows, or correct one"),
    ),
    "taken": (
        ("“{value}”在系统中已存在", "{value!r} is in the system already"),
        ("无需重复导入；若是另一件，请改编号", "leave the row out; if it is another one, give it another number"),
    ),
    "unknown_person": (
        ("没有“{value}”这个人，或重名", "there is nobody, or more than one, called {value!r}"),
        ("先导入人员，或填写用户名", "import the people first, or write the user name"),
    ),
    "unknown_item": (
        ("没有编码或档号为“{value}”的档案", "there is no item with code or record number {value!r}"),
        ("先导入档案，或改正编码", "import the items first, or correct the code"),
    ),
    "unknown_customer": (
        ("没有编号为“{value}”的客户", "there is no customer with id {value!r}"),
        ("先导入客户，或改正编号", "import the customers first, or correct the id"),
    ),
    "no_such_place": (
        ("没有“{value}”这个柜门", "there is no door {value!r}"),
        ("先导入柜位，或按“柜号/门号”填写，如 a/1", "import the places first, or write station/door, such as a/1"),
    ),
    "not_in_place": (
        ("“{value}”当前不在柜中", "{value!r} is not in its cabinet now"),
        ("它已借出或下落不明，请先在系统中处理", "it is out or unaccounted for; settle that in the system first"),
    ),
    "in_future": (
        ("“{value}”在将来", "{value!r} is in the future"),
        ("填写已经发生的时间", "write a moment that has passed"),
    ),
    "never_lent": (
        ("“{value}”为绝密，不得借阅（R06）", "{value!r} is top secret and never lent (R06)"),
        ("立即收回并登记", "get it back at once and put it on record"),
    ),
    "refused": (("系统拒绝：{detail}", "refused: {detail}"), ("按提示改正后再导入", "correct it and import again")),
}


def fault_text(code: str, params: Mapping[str, str], language: str) -> tuple[str, str]:
    """Give what is wrong and what to do."""
    at = 1 if language == "en" else 0
    what, fix = FAULTS[code if code in FAULTS else "refused"]
    detail = params.get(f"detail_{language}", code)
    filled = {"value": "", "row": "", "detail": detail, **params}
    return what[at].format(**filled), fix[at].format(**filled)
