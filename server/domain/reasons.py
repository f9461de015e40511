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
    ORDER_PLACE = auto()
    MODE_NOT_FOR_KIND = auto()
    DUE_BEFORE_START = auto()
    SECRECY_NEVER = auto()
    SECRECY_NOT_IN_MODE = auto()
    SECRECY_NEEDS_APPROVAL = auto()
    FILER_POST = auto()
    APPROVER_POST = auto()
    NO_COMMON_APPROVER = auto()
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
    INSPECTION_ONLY = auto()
    BADGE_UNKNOWN = auto()
    PERSON_INACTIVE = auto()
    PIN_NEEDED = auto()
    SECOND_PERSON_NEEDED = auto()
    PIN_WRONG = auto()
    ITEM_OUT = auto()
    ITEM_ELSEWHERE = auto()
    BELONGS_ELSEWHERE = auto()
    CODE_UNKNOWN = auto()
    CONCLUSION_MISSING = auto()
    ALARM_NOT_OPEN = auto()
    # people: narrowed rights, clearance, training, reviews, breaches
    OUTSIDE_SCOPE = auto()
    NARROWED = auto()
    ACCESS_NOT_BEGUN = auto()
    ACCESS_OVER = auto()
    AUDITORS_READ = auto()
    GUEST_UNLIMITED = auto()
    GUEST_TOO_LONG = auto()
    OWN_RIGHTS = auto()
    POST_NEEDS_CLEARANCE = auto()
    POST_IS_THE_SAME = auto()
    STILL_HOLDS = auto()
    STILL_ANSWERS_FOR = auto()
    STILL_REQUESTS = auto()
    STILL_ENTITLED = auto()
    STILL_DELEGATES = auto()
    STILL_HAS_KEYS = auto()
    STILL_HAS_COPY = auto()
    TRAINING_MISSING = auto()
    TRAINING_OVER = auto()
    OWN_REVIEW = auto()
    REVIEWER_POST = auto()
    OUTCOME_MISSING = auto()
    ALARM_NOT_CONCLUDED = auto()
    ROLE_MAY_NOT = auto()
    # requests
    OUTSIDE_NEEDS_COPY = auto()
    RECIPIENT_MISSING = auto()
    PAGES_MISSING = auto()
    TRANSFER_NOT_HELD = auto()
    TRANSFER_HAND_TO_HAND = auto()
    STEP_DECIDED_BEFORE = auto()
    STEPS_LEFT = auto()
    RENEWAL_NOT_YOURS = auto()
    RENEWAL_NOTHING_OUT = auto()
    RENEWAL_TOO_OFTEN = auto()
    RENEWAL_OVERDUE = auto()
    RENEWAL_NO_LONGER = auto()
    RENEWAL_HELD = auto()
    HOLD_NOT_OUT = auto()
    HOLD_TWICE = auto()
    HOLD_IS_YOURS = auto()
    KEPT_FOR_ANOTHER = auto()
    EMERGENCY_POST = auto()
    EMERGENCY_ALONE = auto()
    EMERGENCY_UNPROVEN = auto()
    EMERGENCY_DECIDED = auto()
    EMERGENCY_OWN = auto()
    EMERGENCY_POST_AFTERWARDS = auto()
    # stocktakes, retention, destruction
    SIGNED_BY = auto()
    SIGNED_BY_COUNTER = auto()
    DIFFERENCE_UNEXPLAINED = auto()
    RETENTION_SET_BY = auto()
    RETENTION_RUNNING = auto()
    RETENTION_PERMANENT = auto()
    NOT_APPRAISED = auto()
    APPRAISED_BY = auto()
    UNDER_HOLD = auto()
    HOLD_BY = auto()
    DESTRUCTION_NEEDS_LIST = auto()
    DESTRUCTION_OUTSIDE = auto()
    DESTRUCTION_FILED_BY = auto()
    DESTRUCTION_DECIDED_BY = auto()
    DESTRUCTION_NEEDS_HIGHER = auto()
    DESTRUCTION_NOT_REVIEWED = auto()
    DESTRUCTION_OWN_LIST = auto()
    DESTRUCTION_SAME_PERSON = auto()
    DESTRUCTION_STATE = auto()
    ON_ANOTHER_LIST = auto()
    ITEM_LEFT_FOR_GOOD = auto()
    WITNESS_APPOINTED_BY = auto()
    WITNESS_IS_ACTOR = auto()
    WITNESSES_TOO_FEW = auto()
    NOT_ACTOR_NOR_WITNESS = auto()
    NOT_ON_LIST = auto()
    NOT_CONFIRMED = auto()
    NOT_IN_HAND = auto()
    METHOD_NOT_ALLOWED = auto()
    CODE_OF_DESTROYED = auto()
    TAG_OF_DESTROYED = auto()
    NOT_OURS_TO_DESTROY = auto()
    # keeping the record (R30-R38)
    NUMBER_SCHEME_UNKNOWN = auto()
    NUMBER_FIELD_MISSING = auto()
    CATEGORY_UNKNOWN = auto()
    FILE_TYPE_UNKNOWN = auto()
    DOCUMENT_KIND_UNKNOWN = auto()
    ORIGINAL_NEEDED = auto()
    FILING_NOT_NEXT = auto()
    FILING_BEFORE = auto()
    FILING_NOT_SHELVED = auto()
    CREDIT_ONE_CUSTOMER = auto()
    CREDIT_SEEING_NEEDS_APPROVAL = auto()
    CREDIT_CHANGE_NEEDS_APPROVAL = auto()
    GRADE_UNKNOWN = auto()
    GRADE_NEEDS_PLAN = auto()
    FIELD_NOT_NEEDED = auto()
    ATTACHMENT_TOO_LARGE = auto()
    ATTACHMENT_EMPTY = auto()
    ATTACHMENT_TYPE = auto()
    ATTACHMENT_NOT_WHAT_IT_SAYS = auto()
    ATTACHMENT_BROKEN_IMAGE = auto()
    ATTACHMENT_TOO_MANY_PIXELS = auto()
    ATTACHMENT_TOO_MANY_SCANS = auto()
    # lending, copies, seals, what is entrusted, keys
    LOAN_NOT_OUT = auto()
    NOT_YOUR_LOAN = auto()
    LOST_DECLARED_BY = auto()
    SEARCH_CONCLUDED_BY = auto()
    SEARCH_NOT_OPEN = auto()
    REPAIR_NOT_OPEN = auto()
    DAMAGE_MISSING = auto()
    IN_REPAIR = auto()
    COPY_REGISTERED_BY = auto()
    COPY_PAGES_MISSING = auto()
    COPY_NOT_APPROVED = auto()
    COPY_RECORD_CLOSED = auto()
    COPY_OF_SECRET = auto()
    COPIES_OUT = auto()
    COPY_NOT_OUT = auto()
    STANDING_COPY_NOT_KEPT = auto()
    NOT_A_SEAL = auto()
    SEAL_KEPT_BY = auto()
    SEAL_OUT_OF_USE = auto()
    SEAL_USE_RECORDED_BY = auto()
    SEAL_SUPERVISED_BY = auto()
    SEAL_SUPERVISOR_PARTY = auto()
    SEAL_USE_NOT_APPROVED = auto()
    SEAL_PHOTO_MISSING = auto()
    SEAL_COUNT_EXCEEDED = auto()
    SEAL_USE_NOT_RECORDED = auto()
    SEAL_EXPLAINED_BY = auto()
    SEAL_NOTHING_TO_EXPLAIN = auto()
    SEAL_HANDED_BY = auto()
    SEAL_HANDOVER_WITNESS = auto()
    ENTRUSTED_BY = auto()
    MANDATE_MISSING = auto()
    MANDATE_OVER = auto()
    MANDATE_MODE = auto()
    ENTRUSTED_ALREADY = auto()
    NOT_ENTRUSTED = auto()
    ENTRUSTED_OUT = auto()
    KEY_HOLDER_POST = auto()
    KEY_REASON_MISSING = auto()
    KEY_USE_OUTSIDE_WINDOW = auto()
    # oversight
    POINTS_OPEN = auto()
    POINT_UNKNOWN = auto()
    POINT_TWICE = auto()
    FAULT_UNSAID = auto()
    CHECKUP_OVER = auto()
    FEEDBACK_ANSWERED_BY = auto()
    FEEDBACK_CLOSED = auto()
    ANSWER_MISSING = auto()


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
    "security": ("安全管理员", "the security administrator"),
    "office": ("档案部门查明后处理", "the records office, after looking into it"),
}

REASONS: dict[Code, Wording] = {
    Code.PURPOSE_MISSING: Wording("R01", "没有写明用途", "no purpose is given", "oneself"),
    Code.ITEMS_MISSING: Wording("R01", "没有选择档案或印章", "no item is named", "oneself"),
    Code.REQUEST_NOT_WAITING: Wording(
        "R01", "申请已是“{state}”，不能再这样处理", "the request is {state} already", "oneself"
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
        "R02", "勤务须由勤务令下达，不能申请", "duty is by order, not by request", "archivist"
    ),
    Code.ORDER_GIVER: Wording("R02", "只有{roles}可以下达勤务令", "a duty order is given by {roles}", "archivist"),
    Code.ORDER_TASK: Wording("R02", "规则未列勤务“{task}”", "{task} is not a duty the policy knows", "archivist"),
    Code.ORDER_PLACE: Wording("R02", "只有移库勤务可写明新位置", "only a move says where items belong", "oneself"),
    Code.MODE_NOT_FOR_KIND: Wording(
        "R03", "{item} 是{kind}，不能用于{mode}", "{item}: {mode} is not for a {kind}", "nobody"
    ),
    Code.DUE_BEFORE_START: Wording("R05", "归还期限早于开始", "the due moment is before the start", "oneself"),
    Code.SECRECY_NEVER: Wording(
        "R06", "{item} 为{secrecy}，不调阅、不外借", "{item} is {secrecy}: never used or lent", "nobody"
    ),
    Code.SECRECY_NOT_IN_MODE: Wording(
        "R07", "{item} 为{secrecy}，不允许{mode}", "{item} is {secrecy}: {mode} is not allowed", "nobody"
    ),
    Code.SECRECY_NEEDS_APPROVAL: Wording(
        "R08", "{item} 为{secrecy}，须经专门审批", "{item} is {secrecy}: it needs an approval of its own", "approver"
    ),
    Code.FILER_POST: Wording(
        "R09", "须由本部门经理代为申请", "the department manager must file this request", "manager"
    ),
    Code.NO_COMMON_APPROVER: Wording(
        "R09",
        "此申请中的物件无一人可一并审批（此项须由{roles}审批），请分开申请",
        "no one person may approve all of this together (this part: {roles}); ask for it in separate requests",
        "oneself",
    ),
    Code.APPROVER_POST: Wording("R09", "须由{roles}审批", "this is approved by {roles}", "approver"),
    Code.REGISTERED_BY: Wording(
        "R09", "直接借阅由{roles}登记", "standing rules are registered by {roles}", "archivist"
    ),
    Code.REGISTERED_POST: Wording("R09", "只有{roles}可直接借阅", "only {roles} borrow straight", "manager"),
    Code.REGISTERED_SECRECY: Wording(
        "R09", "{item} 为{secrecy}，不能直接借阅", "{item} is {secrecy}: it cannot be borrowed straight", "approver"
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
        "R11", "借阅状态为“{state}”，不能检查", "the loan is {state}: no check now", "archivist"
    ),
    Code.INCOMPLETE: Wording("R11", "{item} 不完整", "{item} is not complete", "office"),
    Code.PARTS_SHORT: Wording(
        "R11", "{item} 应有 {expected} 份，实为 {seen} 份", "{item}: {seen} of {expected} parts", "office"
    ),
    Code.PAGES_SHORT: Wording(
        "R11", "{item} 应有 {expected} 页，实为 {seen} 页", "{item}: {seen} of {expected} pages", "office"
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
        "R18", "{item} 未读到，不能断定已离柜", "{item} is not read and not certainly gone", "office"
    ),
    Code.INSPECTION_ONLY: Wording(
        "R02", "{item} 只可在柜前查验，不得取出", "{item} may be looked at in its cabinet, not taken", "nobody"
    ),
    Code.LEFT_BEHIND: Wording("R02", "{item} 已获批但未取走", "{item} was approved and left behind", "nobody"),
    Code.BADGE_UNKNOWN: Wording("R20", "此卡未登记", "this badge is not known", "admin"),
    Code.PERSON_INACTIVE: Wording("R20", "此人已停用", "this person is no longer active", "admin"),
    Code.PIN_NEEDED: Wording("R20", "请输入密码", "the PIN is needed", "oneself"),
    Code.SECOND_PERSON_NEEDED: Wording(
        "R20",
        "{item} 须两人在场：请另一人先刷卡，{seconds} 秒内本人再刷卡",
        "{item} needs two persons: another shows their badge, and you within {seconds} s",
        "oneself",
    ),
    Code.PIN_WRONG: Wording("R20", "密码不正确", "the PIN is not right", "oneself"),
    Code.ITEM_OUT: Wording("R02", "{item} 不在柜中", "{item} is out", "archivist"),
    Code.ITEM_ELSEWHERE: Wording("R02", "{item} 在 {place}", "{item} is in {place}", "nobody"),
    Code.BELONGS_ELSEWHERE: Wording("R20", "{item} 应归还至 {place}", "{item} belongs in {place}", "nobody"),
    Code.CODE_UNKNOWN: Wording("R20", "编码 {item} 未登记", "code {item} is not known", "archivist"),
    Code.CONCLUSION_MISSING: Wording("R22", "没有写明调查结论", "no conclusion is given", "oneself"),
    Code.ROLE_MAY_NOT: Wording(
        "R40", "{role}的职务不包括此事，可由{roles}办理", "this is not for a {role}: it is done by {roles}", "admin"
    ),
    Code.ALARM_NOT_OPEN: Wording("R22", "报警已是“{state}”，不能再这样处理", "the alarm is {state} already", "nobody"),
    # people: narrowed rights, clearance, training, reviews, breaches
    Code.OUTSIDE_SCOPE: Wording(
        "R40", "{item} 不在您的权限范围内（{limit}）", "{item} is outside your rights ({limit})", "security"
    ),
    Code.NARROWED: Wording(
        "R40", "您的权限有范围限制，不能查看全部记录", "your rights are narrowed, and this shows everything", "security"
    ),
    Code.ACCESS_NOT_BEGUN: Wording("R61", "查阅期限尚未开始", "the time of this access has not begun", "security"),
    Code.ACCESS_OVER: Wording("R61", "查阅期限已过", "the time of this access is over", "security"),
    Code.AUDITORS_READ: Wording("R61", "审计人员只能查阅，不能变更", "auditors read and change nothing", "nobody"),
    Code.GUEST_UNLIMITED: Wording(
        "R61", "外部审计须限定期限和范围", "a guest auditor's access needs an end and a scope", "security"
    ),
    Code.GUEST_TOO_LONG: Wording(
        "R61", "外部审计的期限最长 {days} 天", "a guest auditor's access lasts {days} days at most", "nobody"
    ),
    Code.OWN_RIGHTS: Wording("R40", "不得变更本人的权限", "nobody changes their own rights", "security"),
    Code.POST_NEEDS_CLEARANCE: Wording(
        "R40",
        "管理员与业务岗位互斥，{role}须先了结经手事项才能转任{to}",
        "an administrator has no other post: a {role} owing nothing any more may become {to}",
        "oneself",
    ),
    Code.POST_IS_THE_SAME: Wording("R40", "没有任何变更", "nothing would change", "nobody"),
    Code.STILL_HOLDS: Wording("R43", "{item} 尚未归还", "{item} is still held", "oneself"),
    Code.STILL_ANSWERS_FOR: Wording(
        "R43", "{item} 的归还核对尚未办结", "the return of {item} is not settled", "office"
    ),
    Code.STILL_REQUESTS: Wording("R43", "申请 {number} 尚未了结", "request {number} is still open", "oneself"),
    Code.STILL_ENTITLED: Wording("R43", "对 {item} 的授权仍有效", "there is authority in force for {item}", "office"),
    Code.STILL_DELEGATES: Wording("R43", "授权代理 {number} 仍有效", "delegation {number} is in force", "oneself"),
    Code.STILL_HAS_KEYS: Wording(
        "R43", "仍保管柜 {cabinet} 的钥匙", "a key set of cabinet {cabinet} is still kept", "office"
    ),
    Code.STILL_HAS_COPY: Wording("R43", "影印件 {item} 尚未交回", "copy {item} is not back", "oneself"),
    Code.TRAINING_MISSING: Wording(
        "R44",
        "没有“{subject}”的培训记录，不能{act}",
        "{act} needs training in {subject}, and none is recorded",
        "office",
    ),
    Code.TRAINING_OVER: Wording(
        "R44", "“{subject}”的培训已过期，不能{act}", "{act} needs training in {subject}, and it has expired", "office"
    ),
    Code.OWN_REVIEW: Wording("R42", "不得复核本人的权限", "nobody reviews their own rights", "security"),
    Code.REVIEWER_POST: Wording("R42", "权限复核由{roles}办理", "rights are reviewed by {roles}", "security"),
    Code.OUTCOME_MISSING: Wording("R45", "没有写明处理结果", "no outcome is given", "oneself"),
    Code.ALARM_NOT_CONCLUDED: Wording("R45", "报警尚无调查结论", "the alarm has no conclusion yet", "office"),
    # keeping the record (R30-R38)
    Code.NUMBER_SCHEME_UNKNOWN: Wording(
        "R30",
        "没有名为“{scheme}”的档号规则，可用：{known}",
        "there is no number scheme {scheme}; there are {known}",
        "oneself",
    ),
    Code.NUMBER_FIELD_MISSING: Wording(
        "R30",
        "档号缺少“{field}”，或“{value}”未在规则表中编码",
        "the number needs a {field}; {value} has no code in the sheet",
        "oneself",
    ),
    Code.CATEGORY_UNKNOWN: Wording(
        "R31", "没有类别“{category}”，可用：{known}", "there is no category {category}; there are {known}", "oneself"
    ),
    Code.FILE_TYPE_UNKNOWN: Wording(
        "R34", "没有案卷类型“{type}”，可用：{known}", "there is no file type {type}; there are {known}", "oneself"
    ),
    Code.DOCUMENT_KIND_UNKNOWN: Wording(
        "R34",
        "没有文件种类“{kind}”，可用：{known}",
        "there is no kind of document {kind}; there are {known}",
        "oneself",
    ),
    Code.ORIGINAL_NEEDED: Wording(
        "R33", "{item} 为{secrecy}，必须归档原件", "{item} is {secrecy}: the original must be filed", "oneself"
    ),
    Code.FILING_NOT_NEXT: Wording(
        "R32",
        "{item} 现在不能记“{event}”，下一步是“{next}”",
        "{item}: {event} is not what comes next; that is {next}",
        "oneself",
    ),
    Code.FILING_BEFORE: Wording(
        "R32", "{item} 的“{event}”早于上一步", "{item}: {event} would be before the step before it", "oneself"
    ),
    Code.FILING_NOT_SHELVED: Wording(
        "R32",
        "{item} 尚未入柜，不能转为正式档案",
        "{item} is not in its cabinet, so it is no formal file yet",
        "archivist",
    ),
    Code.CREDIT_ONE_CUSTOMER: Wording(
        "R37", "变更等级或信用档案须逐个客户申请", "a change is asked for one customer at a time", "oneself"
    ),
    Code.CREDIT_SEEING_NEEDS_APPROVAL: Wording(
        "R37",
        "查阅客户等级或信用档案须先经专门批准",
        "to see a grade or credit file needs an approval of its own",
        "approver",
    ),
    Code.CREDIT_CHANGE_NEEDS_APPROVAL: Wording(
        "R37",
        "变更客户等级或信用档案须先经专门批准",
        "to change a grade or credit file needs an approval of its own",
        "approver",
    ),
    Code.GRADE_UNKNOWN: Wording(
        "R37", "没有等级“{grade}”，可用：{known}", "there is no grade {grade}; there are {known}", "oneself"
    ),
    Code.GRADE_NEEDS_PLAN: Wording(
        "R37", "{grade} 级客户须先有风险控制计划", "grade {grade} needs a risk control plan first", "oneself"
    ),
    Code.FIELD_NOT_NEEDED: Wording(
        "R38", "“{field}”只供{roles}因职责查看", "{field} is only for those whose duty needs it: {roles}", "nobody"
    ),
    Code.ATTACHMENT_TOO_LARGE: Wording("R34", "{name} 超过 {most} MB", "{name} is larger than {most} MB", "oneself"),
    Code.ATTACHMENT_EMPTY: Wording("R34", "{name} 是空的", "{name} is empty", "oneself"),
    Code.ATTACHMENT_TYPE: Wording(
        "R34",
        "{name} 的类型不可作为附件，可用：{known}",
        "{name} is not of a type that may be attached: {known}",
        "oneself",
    ),
    Code.ATTACHMENT_NOT_WHAT_IT_SAYS: Wording(
        "R34", "{name} 的内容其实是 {media}", "{name} is not what its name says: its content is {media}", "oneself"
    ),
    Code.ATTACHMENT_BROKEN_IMAGE: Wording(
        "R34", "{name} 不是可读的图片", "{name} cannot be read as an image", "oneself"
    ),
    Code.ATTACHMENT_TOO_MANY_PIXELS: Wording(
        "R34",
        "{name} 超过 {most} 百万像素；请缩小后重新上传",
        "{name} has more than {most} million pixels; make it smaller and attach it again",
        "oneself",
    ),
    Code.ATTACHMENT_TOO_MANY_SCANS: Wording(
        "R34",
        "{name} 是扫描层超过 {most} 层的渐进式 JPEG；请另存为普通 JPEG 后重新上传",
        "{name} is a JPEG of more than {most} scans; save it anew as a plain JPEG and attach it again",
        "oneself",
    ),
}

REASONS |= {  # stocktakes, retention, destruction
    Code.SIGNED_BY: Wording("R50", "盘点差异由{roles}签认", "differences are signed off by {roles}", "office"),
    Code.SIGNED_BY_COUNTER: Wording(
        "R50", "参与盘点或说明差异的人不能签认", "who counted or explained cannot sign off", "office"
    ),
    Code.DIFFERENCE_UNEXPLAINED: Wording(
        "R50", "{item} 的差异尚未说明", "the difference of {item} is not explained yet", "archivist"
    ),
    Code.RETENTION_SET_BY: Wording("R51", "保管期限由{roles}设定", "retention is set by {roles}", "archivist"),
    Code.RETENTION_RUNNING: Wording(
        "R51", "{item} 的保管期限至 {until} 届满", "{item} is kept until {until}", "nobody"
    ),
    Code.RETENTION_PERMANENT: Wording("R51", "{item} 永久保管", "{item} is kept for ever", "nobody"),
    Code.NOT_APPRAISED: Wording(
        "R51", "{item} 未经鉴定同意销毁", "no appraisal says that {item} may be destroyed", "office"
    ),
    Code.APPRAISED_BY: Wording("R51", "鉴定由{roles}作出", "appraisals are made by {roles}", "office"),
    Code.UNDER_HOLD: Wording("R51", "{item} 暂停处置：{why}", "{item} is under a disposal hold: {why}", "approver"),
    Code.HOLD_BY: Wording("R51", "暂停处置由{roles}设定或解除", "disposal holds are for {roles}", "approver"),
    Code.DESTRUCTION_NEEDS_LIST: Wording(
        "R52",
        "销毁勤务须依据已批准的销毁清册，不能直接下达",
        "what is destroyed is ordered by an approved destruction list, not by hand",
        "archivist",
    ),
    Code.DESTRUCTION_OUTSIDE: Wording(
        "R54",
        "任何人不得在销毁程序之外销毁档案",
        "nobody destroys a record outside the process of destruction",
        "nobody",
    ),
    Code.DESTRUCTION_FILED_BY: Wording(
        "R52", "销毁清册由{roles}提出", "a destruction list is filed by {roles}", "archivist"
    ),
    Code.DESTRUCTION_DECIDED_BY: Wording("R52", "此步骤由{roles}办理", "this step is for {roles}", "approver"),
    Code.DESTRUCTION_NEEDS_HIGHER: Wording(
        "R52", "{item} 为{secrecy}，须由{roles}批准", "{item} is {secrecy}: {roles} must approve", "approver"
    ),
    Code.DESTRUCTION_NOT_REVIEWED: Wording(
        "R52", "清册尚未经{roles}审核", "{roles} has not reviewed the list", "approver"
    ),
    Code.DESTRUCTION_OWN_LIST: Wording(
        "R52", "不能审核或批准自己提出的清册", "nobody decides on their own list", "approver"
    ),
    Code.DESTRUCTION_SAME_PERSON: Wording(
        "R52", "审核与批准不能是同一人", "who reviewed the list cannot approve it too", "approver"
    ),
    Code.DESTRUCTION_STATE: Wording(
        "R52", "清册已是“{state}”，不能再这样处理", "the list is {state}: this cannot be done", "archivist"
    ),
    Code.ON_ANOTHER_LIST: Wording(
        "R52", "{item} 已在第 {list} 号销毁清册上", "{item} is on destruction list {list}", "archivist"
    ),
    Code.ITEM_LEFT_FOR_GOOD: Wording("R54", "{item} 已{how}，不能再处置", "{item} is {how} already", "nobody"),
    Code.WITNESS_APPOINTED_BY: Wording("R53", "监销人由{roles}指定", "witnesses are appointed by {roles}", "approver"),
    Code.WITNESS_IS_ACTOR: Wording("R53", "监销人不能是销毁人", "a witness is not who carries it out", "approver"),
    Code.WITNESSES_TOO_FEW: Wording(
        "R53", "须有 {needed} 名监销人，现为 {named} 名", "{needed} witnesses are needed, {named} named", "approver"
    ),
    Code.NOT_ACTOR_NOR_WITNESS: Wording(
        "R53", "只有销毁人和监销人可以确认", "only who carries it out and the witnesses", "approver"
    ),
    Code.NOT_ON_LIST: Wording("R53", "{item} 不在此清册上", "{item} is not on this list", "archivist"),
    Code.NOT_CONFIRMED: Wording(
        "R53", "{item} 尚未由{who}扫码确认", "{item} is not confirmed by {who} yet", "archivist"
    ),
    Code.NOT_IN_HAND: Wording(
        "R53", "{item} 尚不在销毁人手中", "{item} is not in the hands of who destroys it", "archivist"
    ),
    Code.METHOD_NOT_ALLOWED: Wording(
        "R53", "规则不允许以{method}方式销毁", "the policy does not allow {method}", "approver"
    ),
    Code.CODE_OF_DESTROYED: Wording(
        "R53",
        "编码或档号 {item} 属已销毁的档案，不再使用",
        "{item} belonged to a destroyed item and is never used again",
        "archivist",
    ),
    Code.NOT_OURS_TO_DESTROY: Wording(
        "R19",
        "{item} 属客户 {customer}，只能交还",
        "{item} is {customer}'s: it is handed back, not destroyed",
        "archivist",
    ),
    Code.TAG_OF_DESTROYED: Wording(
        "R53",
        "标签 {item} 属已销毁的档案，不再使用",
        "tag {item} was a destroyed item's and is never used again",
        "archivist",
    ),
    # requests
    Code.OUTSIDE_NEEDS_COPY: Wording(
        "R04", "{item} 是{kind}：对外只能提供{kinds}", "{item} is a {kind}: only {kinds} go outside", "archivist"
    ),
    Code.RECIPIENT_MISSING: Wording("R65", "没有写明共享给谁", "it is not said with whom it is shared", "oneself"),
    Code.PAGES_MISSING: Wording("R12", "没有写明复印的页码", "the pages to be copied are not named", "oneself"),
    Code.TRANSFER_NOT_HELD: Wording(
        "R14", "{item} 不在任何人手中，不能转交", "nobody holds {item}: it cannot be passed on", "archivist"
    ),
    Code.TRANSFER_HAND_TO_HAND: Wording(
        "R14", "{item} 的授权只用于当面转交，不能开柜取用", "{item} is to be passed on by hand, not taken", "approver"
    ),
    Code.STEP_DECIDED_BEFORE: Wording(
        "R10", "同一人不得审批同一申请的两级", "nobody decides two steps of one request", "approver"
    ),
    Code.STEPS_LEFT: Wording("R01", "还须经{roles}审批", "it still needs the approval of {roles}", "approver"),
    Code.RENEWAL_NOT_YOURS: Wording(
        "R01", "只有申请人或代办人可以续借", "only applicant or filer can ask to renew", "oneself"
    ),
    Code.RENEWAL_NOTHING_OUT: Wording("R05", "没有在借的物件，不能续借", "nothing of it is out", "oneself"),
    Code.RENEWAL_TOO_OFTEN: Wording(
        "R05", "续借不得超过 {most} 次", "a loan is renewed {most} times at most", "nobody"
    ),
    Code.RENEWAL_OVERDUE: Wording(
        "R05", "{item} 已逾期，须先归还", "{item} is overdue: it must come back first", "oneself"
    ),
    Code.RENEWAL_NO_LONGER: Wording(
        "R05", "{item} 的期限不能再延长", "the due moment of {item} cannot be later", "nobody"
    ),
    Code.RENEWAL_HELD: Wording("R05", "{item} 有人排队等候", "somebody waits for {item}", "archivist"),
    Code.HOLD_NOT_OUT: Wording("R01", "{item} 在柜，可直接申请", "{item} is in its cabinet: ask for it", "oneself"),
    Code.HOLD_TWICE: Wording("R01", "已在 {item} 的排队中", "already in the queue for {item}", "nobody"),
    Code.HOLD_IS_YOURS: Wording("R01", "{item} 正在此人手中", "{item} is with this very person", "nobody"),
    Code.KEPT_FOR_ANOTHER: Wording(
        "R01", "{item} 正为排队的人保留", "{item} is kept for who waited for it", "archivist"
    ),
    Code.EMERGENCY_POST: Wording(
        "R02", "应急处置须由{roles}两人作出", "an emergency act is by two of {roles}", "office"
    ),
    Code.EMERGENCY_ALONE: Wording(
        "R02", "应急处置须有另一人在场", "an emergency act needs a second person present", "oneself"
    ),
    Code.EMERGENCY_UNPROVEN: Wording(
        "R02", "在场第二人须刷卡或输入密码确认", "the second person must sign with badge or password", "oneself"
    ),
    Code.EMERGENCY_DECIDED: Wording("R02", "此应急处置已有结论", "this emergency act is decided already", "nobody"),
    Code.EMERGENCY_OWN: Wording(
        "R10", "在场的两人不能补批自己的应急处置", "the two of an emergency do not approve it", "approver"
    ),
    Code.EMERGENCY_POST_AFTERWARDS: Wording(
        "R02", "应急处置由{roles}补批", "an emergency act is approved afterwards by {roles}", "approver"
    ),
    # lending, copies, seals, what is entrusted, keys
    Code.LOAN_NOT_OUT: Wording(
        "R18", "借阅状态为“{state}”，不能这样处理", "the loan is {state}: this cannot be done now", "office"
    ),
    Code.NOT_YOUR_LOAN: Wording(
        "R18", "只有借用人本人或档案部门可以这样声明", "only the borrower or the records office can say so", "oneself"
    ),
    Code.LOST_DECLARED_BY: Wording("R18", "遗失由{roles}登记", "a loss is recorded by {roles}", "archivist"),
    Code.SEARCH_CONCLUDED_BY: Wording("R18", "查找由{roles}作出结论", "a search is concluded by {roles}", "office"),
    Code.SEARCH_NOT_OPEN: Wording("R18", "查找已是“{state}”", "the search is {state} already", "nobody"),
    Code.REPAIR_NOT_OPEN: Wording("R16", "修复已办结", "the repair is closed already", "nobody"),
    Code.DAMAGE_MISSING: Wording("R16", "没有写明损坏情况", "no damage is described", "oneself"),
    Code.IN_REPAIR: Wording("R16", "{item} 待修复，修复完成后方可使用", "{item} waits to be repaired", "archivist"),
    Code.COPY_REGISTERED_BY: Wording("R12", "影印件由{roles}登记", "copies are registered by {roles}", "archivist"),
    Code.COPY_PAGES_MISSING: Wording("R12", "没有写明影印的页码", "the pages copied are not named", "oneself"),
    Code.COPY_NOT_APPROVED: Wording(
        "R12", "{item} 没有已批准的复印申请", "there is no approved photocopy request for {item}", "approver"
    ),
    Code.COPY_RECORD_CLOSED: Wording(
        "R12", "{item} 的复印记录已办结，须另行申请", "the record of copying {item} is closed; ask anew", "approver"
    ),
    Code.COPY_OF_SECRET: Wording(
        "R12", "{item} 为{secrecy}，不得影印", "{item} is {secrecy}: it is not copied", "nobody"
    ),
    Code.COPIES_OUT: Wording(
        "R12", "{item} 尚有 {count} 份影印件未归还核对", "{item}: {count} copies are not back and checked", "archivist"
    ),
    Code.COPY_NOT_OUT: Wording("R12", "{item} 不在借出状态", "{item} is not out", "nobody"),
    Code.STANDING_COPY_NOT_KEPT: Wording(
        "R13", "规则不允许留存常备影印件", "the policy keeps no standing copies", "nobody"
    ),
    Code.NOT_A_SEAL: Wording("R17", "{item} 不是印章", "{item} is not a seal", "oneself"),
    Code.SEAL_KEPT_BY: Wording("R17", "印章台账由{roles}管理", "the seal register is kept by {roles}", "office"),
    Code.SEAL_OUT_OF_USE: Wording("R17", "{item} 已停用", "{item} is out of use", "office"),
    Code.SEAL_USE_RECORDED_BY: Wording(
        "R17", "用印由申请人或{roles}登记", "a use is recorded by its applicant or {roles}", "archivist"
    ),
    Code.SEAL_SUPERVISED_BY: Wording("R17", "监印人须为{roles}", "a use is supervised by {roles}", "office"),
    Code.SEAL_SUPERVISOR_PARTY: Wording(
        "R17", "监印人不能是用印人本人", "the supervisor cannot be the applicant", "office"
    ),
    Code.SEAL_USE_NOT_APPROVED: Wording(
        "R17", "{item} 没有在用的用印批准", "no approved use of {item} is under way", "approver"
    ),
    Code.SEAL_PHOTO_MISSING: Wording("R17", "须附用印照片", "a photo of the impressions is needed", "oneself"),
    Code.SEAL_COUNT_EXCEEDED: Wording(
        "R17",
        "{item} 批准用印 {approved} 次，实际 {recorded} 次，尚未说明",
        "{item}: {recorded} impressions for {approved} approved, not explained",
        "office",
    ),
    Code.SEAL_USE_NOT_RECORDED: Wording(
        "R17", "{item} 本次用印未登记", "the use of {item} is not in the register", "archivist"
    ),
    Code.SEAL_EXPLAINED_BY: Wording("R17", "差异由{roles}说明", "a difference is explained by {roles}", "office"),
    Code.SEAL_NOTHING_TO_EXPLAIN: Wording("R17", "没有待说明的差异", "there is no difference to explain", "nobody"),
    Code.SEAL_HANDED_BY: Wording(
        "R14", "印章由保管人或{roles}移交", "a seal is passed on by its keeper or {roles}", "office"
    ),
    Code.SEAL_HANDOVER_WITNESS: Wording(
        "R14", "印章交接须有双方之外的见证人", "passing on a seal needs a witness who is neither party", "office"
    ),
    Code.ENTRUSTED_BY: Wording(
        "R19", "委托物由{roles}接收和交还", "what is entrusted is received and handed back by {roles}", "archivist"
    ),
    Code.MANDATE_MISSING: Wording("R19", "没有写明委托用途", "the mandate does not say what it is for", "oneself"),
    Code.MANDATE_OVER: Wording(
        "R19",
        "{item} 由{customer}委托，使用超出委托期限",
        "{item} is entrusted by {customer}: this is past the mandate",
        "nobody",
    ),
    Code.MANDATE_MODE: Wording(
        "R19",
        "{item} 由{customer}委托，委托不包括{mode}",
        "{item} is entrusted by {customer}; the mandate does not cover {mode}",
        "nobody",
    ),
    Code.ENTRUSTED_ALREADY: Wording("R19", "{item} 已在委托保管中", "{item} is already held for a customer", "nobody"),
    Code.NOT_ENTRUSTED: Wording("R19", "{item} 不在委托保管中", "{item} is not held for a customer", "nobody"),
    Code.ENTRUSTED_OUT: Wording(
        "R19", "{item} 不在柜中，不能交还", "{item} is not in its place and cannot be handed back", "office"
    ),
    Code.KEY_HOLDER_POST: Wording("R21", "{set}钥匙由{roles}保管", "the {set} key set is held by {roles}", "office"),
    Code.KEY_REASON_MISSING: Wording(
        "R21", "没有写明使用钥匙的原因", "no reason for using the key is given", "oneself"
    ),
    Code.KEY_USE_OUTSIDE_WINDOW: Wording(
        "R21", "申报时间超出规定时限", "the declaration is outside the window", "office"
    ),
    # oversight
    Code.POINTS_OPEN: Wording("R23", "尚有要点未检查：{points}", "points not answered: {points}", "oneself"),
    Code.POINT_UNKNOWN: Wording("R23", "规则表没有要点“{item}”", "the sheet has no point {item}", "oneself"),
    Code.POINT_TWICE: Wording("R23", "同一要点填写了两次", "a point is answered twice", "oneself"),
    Code.FAULT_UNSAID: Wording("R23", "“{item}”有问题但没有说明", "what is at fault is not said: {item}", "oneself"),
    Code.CHECKUP_OVER: Wording("R23", "此项检查已经办结", "this check-up is over already", "nobody"),
    Code.FEEDBACK_ANSWERED_BY: Wording(
        "R63",
        "意见由{roles}分派，由承办人答复",
        "feedback is assigned by {roles}, and answered by whom it is for",
        "office",
    ),
    Code.FEEDBACK_CLOSED: Wording("R63", "此条意见已经办结", "this feedback is closed already", "nobody"),
    Code.ANSWER_MISSING: Wording("R63", "没有写明答复", "no answer is given", "oneself"),
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
