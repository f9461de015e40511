"""The wording of every reason a rule can give: Chinese, English, and who can lift it. One table.

Templates hold `{item}` and named parameters; they are filled by one plain replacement, so that braces or codes inside
a title stay text. Parameters that are words of the vocabulary are worded too (`WORDS`).
"""

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Literal

from server.domain.verdicts import Reason
from server.domain.wordings import WORDS

Language = Literal["zh", "en"]


class Code(StrEnum):
    """A stable name for each thing a rule can say."""

    PURPOSE_MISSING = auto()
    ITEMS_MISSING = auto()
    REQUEST_NOT_WAITING = auto()
    NOT_YOUR_REQUEST = auto()
    NO_AUTHORITY = auto()
    AUTHORITY_IN_FORCE = auto()
    NAMES_ANOTHER = auto()
    WINDOW_EMPTY = auto()
    WINDOW_NOT_BEGUN = auto()
    WINDOW_OVER = auto()
    LINE_USED = auto()
    LINE_VOID = auto()
    LINE_PROMISED = auto()
    NOT_NAMED_IN_AUTHORITY = auto()
    REQUEST_NOT_DECIDED = auto()
    REQUEST_REFUSED = auto()
    REQUEST_WITHDRAWN = auto()
    DUTY_NEEDS_ORDER = auto()
    ORDER_GIVER = auto()
    ORDER_TASK = auto()
    MODE_NOT_FOR_KIND = auto()
    DUE_BEFORE_START = auto()
    SECRECY_NEVER = auto()
    SECRECY_NOT_IN_MODE = auto()
    SECRECY_NEEDS_APPROVAL = auto()
    FILER_POST = auto()
    APPROVER_POST = auto()
    REGISTERED_BY = auto()
    REGISTERED_POST = auto()
    REGISTERED_SECRECY = auto()
    REGISTERED_MODE = auto()
    OWN_REQUEST = auto()
    OWN_REQUEST_BY_DELEGATE = auto()
    DELEGATION_NOT_YOURS = auto()
    DELEGATION_TO_ONESELF = auto()
    DELEGATION_TO_ANOTHER = auto()
    DELEGATION_GIVES_NOTHING = auto()
    DELEGATION_NOT_BEGUN = auto()
    DELEGATION_OVER = auto()
    DELEGATION_REVOKED = auto()
    DELEGATION_SCOPE = auto()
    DELEGATE_POST = auto()
    CHECKED_BY = auto()
    LOAN_NOT_RETURNED = auto()
    INCOMPLETE = auto()
    PARTS_SHORT = auto()
    PAGES_SHORT = auto()
    HANDOVER_NEEDS_AUTHORITY = auto()
    HANDOVER_NOT_HOLDER = auto()
    HANDOVER_TO_ONESELF = auto()
    HANDOVER_RECORDED_BY = auto()
    HANDOVER_WITNESS = auto()
    HANDOVER_WITNESS_PARTY = auto()
    SEAL_DOCUMENTS_MISSING = auto()
    SEAL_IMPRESSIONS_MISSING = auto()
    NOBODY_NAMED = auto()
    RETURNED_FOR_ANOTHER = auto()
    RETURNED_ELSEWHERE = auto()
    RETURNED_BY_NOBODY = auto()
    NOT_RECORDED_OUT = auto()
    NOT_RECORDED_HERE = auto()
    TAG_NOT_BOUND = auto()
    NOT_READ = auto()
    LEFT_BEHIND = auto()
    BADGE_UNKNOWN = auto()
    PERSON_INACTIVE = auto()
    PIN_NEEDED = auto()
    PIN_WRONG = auto()
    ITEM_OUT = auto()
    ITEM_ELSEWHERE = auto()
    BELONGS_ELSEWHERE = auto()
    CODE_UNKNOWN = auto()
    CONCLUSION_MISSING = auto()
    ALARM_NOT_OPEN = auto()
    ROLE_MAY_NOT = auto()


@dataclass(frozen=True, slots=True)
class Wording:
    """The rule that usually says so, what is said in both languages, and who can lift it (a key of LIFTERS)."""

    rule: str
    zh: str
    en: str
    lift: str


LIFTERS: dict[str, tuple[str, str]] = {
    "nobody": ("无人可以放行", "nobody"),
    "oneself": ("本人更正后重新提交", "you, by correcting it and asking again"),
    "manager": ("部门经理代为申请", "your department manager, by filing the request"),
    "approver": ("有审批权的领导", "an approver of that post"),
    "archivist": ("档案管理员", "the archivist"),
    "giver": ("授权人重新授权", "who delegates, by a new delegation"),
    "admin": ("系统管理员", "the system administrator"),
    "office": ("档案部门查明后处理", "the records office, after looking into it"),
}

REASONS: dict[Code, Wording] = {
    Code.PURPOSE_MISSING: Wording("R01", "没有写明用途", "no purpose is given", "oneself"),
    Code.ITEMS_MISSING: Wording("R01", "没有选择档案或印章", "no item is named", "oneself"),
    Code.REQUEST_NOT_WAITING: Wording(
        "R01", "申请已是“{state}”,不能再这样处理", "the request is {state} already", "oneself"
    ),
    Code.NOT_YOUR_REQUEST: Wording(
        "R01", "只有申请人或代办人可以撤回", "only applicant or filer can withdraw it", "oneself"
    ),
    Code.NO_AUTHORITY: Wording("R02", "没有有效的授权 {item}", "no authority in force {item}", "approver"),
    Code.AUTHORITY_IN_FORCE: Wording(
        "R02", "依据有效的{authority}取用 {item}", "{item} taken by {authority}", "nobody"
    ),
    Code.NAMES_ANOTHER: Wording(
        "R02", "{item} 的授权写的是别人", "the authority for {item} names another person", "approver"
    ),
    Code.WINDOW_EMPTY: Wording("R02", "有效期的结束不晚于开始", "the window ends before it begins", "oneself"),
    Code.WINDOW_NOT_BEGUN: Wording(
        "R02", "{item} 的授权尚未生效", "the authority for {item} has not begun", "approver"
    ),
    Code.WINDOW_OVER: Wording("R02", "{item} 的授权已过期", "the authority for {item} is over", "approver"),
    Code.LINE_USED: Wording("R02", "{item} 的授权已经用过", "the authority for {item} is used up", "approver"),
    Code.LINE_VOID: Wording("R02", "{item} 的授权已撤销", "the authority for {item} was withdrawn", "approver"),
    Code.LINE_PROMISED: Wording(
        "R02", "{item} 的授权正在另一次开柜中使用", "{item} is promised to another session", "oneself"
    ),
    Code.NOT_NAMED_IN_AUTHORITY: Wording(
        "R02", "授权中没有 {item}", "{item} is not what the authority names", "approver"
    ),
    Code.REQUEST_NOT_DECIDED: Wording(
        "R02", "{item} 的申请尚未审批", "the request for {item} is not decided yet", "approver"
    ),
    Code.REQUEST_REFUSED: Wording("R02", "{item} 的申请被拒绝", "the request for {item} was refused", "approver"),
    Code.REQUEST_WITHDRAWN: Wording("R02", "{item} 的申请已撤回", "the request for {item} was withdrawn", "oneself"),
    Code.DUTY_NEEDS_ORDER: Wording(
        "R02", "勤务须由勤务令下达,不能申请", "duty is by order, not by request", "archivist"
    ),
    Code.ORDER_GIVER: Wording("R02", "只有{roles}可以下达勤务令", "a duty order is given by {roles}", "archivist"),
    Code.ORDER_TASK: Wording("R02", "规则未列勤务“{task}”", "{task} is not a duty the policy knows", "archivist"),
    Code.MODE_NOT_FOR_KIND: Wording(
        "R03", "{item} 是{kind},不能用于{mode}", "{item}: {mode} is not for a {kind}", "nobody"
    ),
    Code.DUE_BEFORE_START: Wording("R05", "归还期限早于开始", "the due moment is before the start", "oneself"),
    Code.SECRECY_NEVER: Wording(
        "R06", "{item} 为{secrecy},不调阅、不外借", "{item} is {secrecy}: never used or lent", "nobody"
    ),
    Code.SECRECY_NOT_IN_MODE: Wording(
        "R07", "{item} 为{secrecy},不允许{mode}", "{item} is {secrecy}: {mode} is not allowed", "nobody"
    ),
    Code.SECRECY_NEEDS_APPROVAL: Wording(
        "R08", "{item} 为{secrecy},须经专门审批", "{item} is {secrecy}: it needs an approval of its own", "approver"
    ),
    Code.FILER_POST: Wording(
        "R09", "须由本部门经理代为申请", "the department manager must file this request", "manager"
    ),
    Code.APPROVER_POST: Wording("R09", "须由{roles}审批", "this is approved by {roles}", "approver"),
    Code.REGISTERED_BY: Wording(
        "R09", "直接借阅由{roles}登记", "standing rules are registered by {roles}", "archivist"
    ),
    Code.REGISTERED_POST: Wording("R09", "只有{roles}可直接借阅", "only {roles} borrow straight", "manager"),
    Code.REGISTERED_SECRECY: Wording(
        "R09", "{item} 为{secrecy},不能直接借阅", "{item} is {secrecy}: it cannot be borrowed straight", "approver"
    ),
    Code.REGISTERED_MODE: Wording(
        "R09", "直接借阅不包括{mode}", "borrowing straight does not cover {mode}", "approver"
    ),
    Code.OWN_REQUEST: Wording("R10", "不能审批自己提出的申请", "nobody decides their own request", "approver"),
    Code.OWN_REQUEST_BY_DELEGATE: Wording(
        "R10", "代理人不能审批授权人自己的申请", "a delegate cannot decide the delegator's own request", "approver"
    ),
    Code.DELEGATION_NOT_YOURS: Wording("R10", "授权须由本人作出", "a delegation is made by who delegates", "giver"),
    Code.DELEGATION_TO_ONESELF: Wording("R10", "不能授权给自己", "nobody delegates to themselves", "giver"),
    Code.DELEGATION_TO_ANOTHER: Wording("R10", "授权的代理人是别人", "the delegation names another delegate", "giver"),
    Code.DELEGATION_GIVES_NOTHING: Wording(
        "R10", "授权人自己没有这项审批权", "who delegates cannot approve this", "giver"
    ),
    Code.DELEGATION_NOT_BEGUN: Wording("R10", "授权尚未开始", "the delegation has not begun", "giver"),
    Code.DELEGATION_OVER: Wording("R10", "授权已到期", "the delegation is over", "giver"),
    Code.DELEGATION_REVOKED: Wording("R10", "授权已撤销", "the delegation was revoked", "giver"),
    Code.DELEGATION_SCOPE: Wording("R10", "超出授权范围", "this is outside the delegation's scope", "giver"),
    Code.DELEGATE_POST: Wording("R10", "只能授权给{roles}", "the delegate may only be {roles}", "giver"),
    Code.CHECKED_BY: Wording("R11", "完整性由{roles}检查", "completeness is checked by {roles}", "archivist"),
    Code.LOAN_NOT_RETURNED: Wording(
        "R11", "借阅状态为“{state}”,不能检查", "the loan is {state}: no check now", "archivist"
    ),
    Code.INCOMPLETE: Wording("R11", "{item} 不完整", "{item} is not complete", "office"),
    Code.PARTS_SHORT: Wording(
        "R11", "{item} 应有 {expected} 份,实为 {seen} 份", "{item}: {seen} of {expected} parts", "office"
    ),
    Code.PAGES_SHORT: Wording(
        "R11", "{item} 应有 {expected} 页,实为 {seen} 页", "{item}: {seen} of {expected} pages", "office"
    ),
    Code.HANDOVER_NEEDS_AUTHORITY: Wording(
        "R14", "接收人没有 {item} 的有效授权", "the receiver has no authority of their own for {item}", "approver"
    ),
    Code.HANDOVER_NOT_HOLDER: Wording("R14", "{item} 不在移交人手中", "who hands over does not hold {item}", "office"),
    Code.HANDOVER_TO_ONESELF: Wording("R14", "不能移交给自己", "nobody hands over to themselves", "oneself"),
    Code.HANDOVER_RECORDED_BY: Wording(
        "R14", "移交须由持有人或{roles}登记", "a handover is recorded by the holder or {roles}", "archivist"
    ),
    Code.HANDOVER_WITNESS: Wording(
        "R14", "{item} 的移交须有见证人", "handing over {item} needs a witness", "archivist"
    ),
    Code.HANDOVER_WITNESS_PARTY: Wording(
        "R14", "见证人不能是移交双方", "the witness must be neither party", "archivist"
    ),
    Code.SEAL_DOCUMENTS_MISSING: Wording(
        "R17", "没有列出用印文件", "the documents to be sealed are not listed", "oneself"
    ),
    Code.SEAL_IMPRESSIONS_MISSING: Wording(
        "R17", "没有写明用印次数", "the number of impressions is not given", "oneself"
    ),
    Code.NOBODY_NAMED: Wording("R18", "{item} 离柜时无人可指认", "{item} left and nobody is named for it", "office"),
    Code.RETURNED_FOR_ANOTHER: Wording(
        "R18", "{item} 由他人代还", "{item} came back by another than its holder", "office"
    ),
    Code.RETURNED_ELSEWHERE: Wording("R20", "{item} 应归还至 {place}", "{item} belongs in {place}", "office"),
    Code.RETURNED_BY_NOBODY: Wording(
        "R18", "{item} 归还时无人可指认", "{item} came back and nobody is named", "office"
    ),
    Code.NOT_RECORDED_OUT: Wording("R18", "{item} 并未记录为离柜", "{item} was not recorded as out", "office"),
    Code.NOT_RECORDED_HERE: Wording("R18", "记录中 {item} 不在此处", "{item} was not recorded as being here", "office"),
    Code.TAG_NOT_BOUND: Wording("R20", "标签 {item} 未登记", "tag {item} is bound to nothing", "archivist"),
    Code.NOT_READ: Wording(
        "R18", "{item} 未读到,不能断定已离柜", "{item} is not read and not certainly gone", "office"
    ),
    Code.LEFT_BEHIND: Wording("R02", "{item} 已获批但未取走", "{item} was approved and left behind", "nobody"),
    Code.BADGE_UNKNOWN: Wording("R20", "此卡未登记", "this badge is not known", "admin"),
    Code.PERSON_INACTIVE: Wording("R20", "此人已停用", "this person is no longer active", "admin"),
    Code.PIN_NEEDED: Wording("R20", "请输入密码", "the PIN is needed", "oneself"),
    Code.PIN_WRONG: Wording("R20", "密码不正确", "the PIN is not right", "oneself"),
    Code.ITEM_OUT: Wording("R02", "{item} 不在柜中", "{item} is out", "archivist"),
    Code.ITEM_ELSEWHERE: Wording("R02", "{item} 在 {place}", "{item} is in {place}", "nobody"),
    Code.BELONGS_ELSEWHERE: Wording("R20", "{item} 应归还至 {place}", "{item} belongs in {place}", "nobody"),
    Code.CODE_UNKNOWN: Wording("R20", "编码 {item} 未登记", "code {item} is not known", "archivist"),
    Code.CONCLUSION_MISSING: Wording("R22", "没有写明调查结论", "no conclusion is given", "oneself"),
    Code.ROLE_MAY_NOT: Wording(
        "R40", "{role}的职务不包括此事,可由{roles}办理", "this is not for a {role}: it is done by {roles}", "admin"
    ),
    Code.ALARM_NOT_OPEN: Wording("R22", "报警已是“{state}”,不能再这样处理", "the alarm is {state} already", "nobody"),
}

_HOLE = re.compile(r"\{([a-z_]+)\}")


def reason(code: Code, item: str = "", *, rule: str = "", **params: str) -> Reason:
    """Make a reason; the rule is the code's usual one unless the policy names another."""
    return Reason(rule or REASONS[code].rule, code, item, tuple(params.items()))


def text(said: Reason, language: Language) -> str:
    """Word a reason for its reader; a code this release does not know is shown as it is."""
    if said.code not in REASONS:
        return f"{said.rule} {said.code} {said.item}".strip()
    wording = REASONS[Code(said.code)]
    filled = {"item": said.item} | {name: _worded(value, language) for name, value in said.params}
    template = wording.zh if language == "zh" else wording.en
    return _HOLE.sub(lambda hole: filled.get(hole[1], ""), template).strip()


def who_lifts(code: str, language: Language) -> str:
    """Say who can lift a reason of this code; empty when the code is not known."""
    return LIFTERS[REASONS[Code(code)].lift][0 if language == "zh" else 1] if code in REASONS else ""


def _worded(value: str, language: Language) -> str:
    """Word the vocabulary inside a parameter, a comma between several."""
    separator = "、" if language == "zh" else ", "
    if any(word not in WORDS for word in value.split(",")):
        return value
    return separator.join(WORDS[word][0 if language == "zh" else 1] for word in value.split(","))
