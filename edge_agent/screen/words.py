"""Every word of the station screen, Chinese and English. One table per kind of thing said; no decisions."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


class Both(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str

    def said(self, language: Language) -> str:
        """Give it in a language."""
        return self.zh if language == "zh" else self.en


WORDS: Final[dict[str, Both]] = {
    "title": Both("柜机", "Cabinet"),
    "other_language": Both("English", "中文"),
    "door": Both("{door}号门", "Door {door}"),
    "refused": Both("不能开柜", "No door opens"),
    "understood": Both("知道了", "Understood"),
    "signed_in": Both("当前使用人", "Signed in"),
    "somebody": Both("已刷卡，核对中", "badge shown, being checked"),
    "nobody": Both("无人", "nobody"),
    "may_take": Both("本次准予领取", "You may take"),
    "may_return": Both("本次只开门，无准予领取的物件", "The door opens; nothing is approved to be taken"),
    "moved": Both("刚才的取放", "What left and came"),
    "nothing_moved": Both("关门后在此显示取放结果", "What left and came is shown here once a door is closed"),
    "more_moved": Both("另有 {count} 件", "{count} more"),
    "help": Both("遇到问题", "If something is wrong"),
    "call": Both("联系：{contact}", "Call: {contact}"),
    "call_archivist": Both("请联系档案管理员", "Call the archivist"),
    "tag": Both("标签 …{epc}", "tag …{epc}"),
    "lifts": Both("可处理：{who}", "Who can help: {who}"),
    "rule": Both("规则 {rule}", "rule {rule}"),
    "link.up": Both("已连接服务器", "connected"),
    "link.down": Both("网络中断", "offline"),
    "link.unknown": Both("状态未知", "state unknown"),
    "unsent": Both("{count} 条待发送", "{count} unsent"),
    "all_sent": Both("全部已送达", "all sent"),
    "lost": Both(
        "屏幕与柜机失去联系，正在重试。门锁不受影响。",
        "This screen lost its cabinet and tries again. Locks are not affected.",
    ),
    "what.taken": Both("取出", "taken"),
    "what.put": Both("放入", "put in"),
    "what.unread": Both("未读清", "not read"),
    "verdict.listed": Both("在准予之列", "on the approval"),
    "verdict.unlisted": Both("不在准予之列，请放回", "not on the approval: put it back"),
    "verdict.unread": Both("请摆正后重新关门", "straighten it and close again"),
    "verdict.recorded": Both("已记录，由服务器判定", "recorded, judged by the server"),
    "sent.yes": Both("已送达", "sent"),
    "sent.no": Both("待发送", "to be sent"),
    "phase.idle": Both("已关", "closed"),
    "phase.granted": Both("可打开", "open it now"),
    "phase.open": Both("开着", "open"),
    "phase.settling": Both("清点中", "being counted"),
    "phase.unknown": Both("未知", "unknown"),
}


class Situation(NamedTuple):
    """What the large card says: icon, tone, headline and what to do."""

    icon: str
    tone: str
    head: Both
    steps: tuple[Both, ...]


SITUATIONS: Final[dict[str, Situation]] = {
    "idle": Situation(
        "card",
        "info",
        Both("请刷卡", "Show your badge"),
        (
            Both(
                "领取：先在系统中申请，批准后来此刷卡",
                "To take: ask in the system first, come here once it is approved",
            ),
            Both("归还：扫描物件标签，再刷卡", "To return: scan the item's label, then show your badge"),
        ),
    ),
    "offline": Situation(
        "silent",
        "warn",
        Both("网络中断，暂不能开柜", "Offline: no door opens now"),
        (
            Both("柜机仍在记录，恢复后自动发送", "The cabinet goes on recording and sends by itself later"),
            Both("急用请联系档案管理员", "If it is urgent, call the archivist"),
        ),
    ),
    "asking": Situation(
        "clock",
        "info",
        Both("正在核对，请稍候", "Checking, one moment"),
        (Both("需要密码时请在键盘输入", "Type your PIN on the keypad when it is asked for"),),
    ),
    "pin": Situation(
        "keypad",
        "open",
        Both("请输入密码", "Type your PIN"),
        (Both("在键盘输入密码并确认；输入时请遮挡", "On the keypad, then confirm; cover it with your hand"),),
    ),
    "granted": Situation(
        "check",
        "good",
        Both("请打开{doors}", "Open {doors}"),
        (
            Both("只取准予领取的物件", "Take only what you may take"),
            Both("取放完毕请关好柜门", "Close the door when you are done"),
        ),
    ),
    "open": Situation(
        "door",
        "good",
        Both("{doors}已打开", "{doors} open"),
        (
            Both("只取准予领取的物件", "Take only what you may take"),
            Both("取放完毕请关好柜门", "Close the door when you are done"),
        ),
    ),
    "unattended": Situation(
        "alert",
        "bad",
        Both("{doors}开着，无人登录", "{doors} open, nobody signed in"),
        (
            Both("请立即关门；打开已被记录", "Close it now; the opening is on record"),
            Both("若非本人打开，请联系档案管理员", "If it was not you, call the archivist"),
        ),
    ),
    "settling": Situation(
        "scan",
        "info",
        Both("正在清点，请稍候", "Counting, one moment"),
        (Both("清点结束前请勿再开门", "Please leave the door closed until it is done"),),
    ),
    "locked": Situation(
        "lock",
        "bad",
        Both("本柜已锁定：记录无法写入", "Locked: nothing can be recorded"),
        (Both("请联系系统管理员清理磁盘", "Call the system administrator: the disk is full or broken"),),
    ),
    "stopped": Situation(
        "alert",
        "bad",
        Both("柜机程序未运行", "The cabinet's agent is not running"),
        (
            Both("门保持锁闭，请勿强行打开", "The doors stay locked; do not force them"),
            Both("请联系系统管理员", "Call the system administrator"),
        ),
    ),
}


class Trouble(NamedTuple):
    """What a condition is called and what to do about it."""

    what: Both
    do: Both


CONDITIONS: Final[dict[str, Trouble]] = {
    "door_left_open": Trouble(
        Both("{door}开得太久", "{door} has been open too long"), Both("请关好柜门", "Close the door")
    ),
    "door_not_latched": Trouble(
        Both("{door}没有锁住", "{door} is closed but not latched"),
        Both("请推紧柜门至锁响", "Push until the lock clicks"),
    ),
    "lock_fault": Trouble(
        Both("{door}门锁异常", "{door}: the lock does not answer as it should"),
        Both("请勿强行拉门，联系档案管理员", "Do not pull; call the archivist"),
    ),
    "lock_feedback_mismatch": Trouble(
        Both("{door}门锁信号不一致", "{door}: lock and contact disagree"),
        Both("请检查门是否关好，联系档案管理员", "See that it is closed; call the archivist"),
    ),
    "reader_fault": Trouble(
        Both("标签读写器故障：{device}", "Tag reader does not answer: {device}"),
        Both("暂勿取放，联系档案管理员", "Take and put nothing for now; call the archivist"),
    ),
    "antenna_silent": Trouble(
        Both("{door}天线无信号：{device}", "{door}: antenna is silent: {device}"),
        Both("结果可能不全，联系档案管理员", "Results may be incomplete; call the archivist"),
    ),
    "scanner_fault": Trouble(
        Both("扫码器故障：{device}", "Scanner does not answer: {device}"),
        Both("归还时可直接刷卡", "To return, show your badge without scanning"),
    ),
    "badge_reader_fault": Trouble(
        Both("刷卡器故障：{device}", "Badge reader does not answer: {device}"),
        Both("暂不能刷卡，联系档案管理员", "No badge can be read; call the archivist"),
    ),
    "enclosure_tamper": Trouble(
        Both("机箱被打开", "The enclosure was opened"), Both("已报警，联系安全管理员", "An alarm is set; call security")
    ),
    "on_battery": Trouble(
        Both("正在用电池供电", "Running on battery"), Both("请尽快归还并关门", "Return and close soon")
    ),
    "mains_lost": Trouble(
        Both("市电中断，电池供电", "Mains lost, on battery"), Both("请尽快归还并关门", "Return and close soon")
    ),
    "clock_jump": Trouble(
        Both("时钟被调整", "The clock was set"), Both("无需处理，服务器会核对", "Nothing to do; the server compares")
    ),
    "outbox_full": Trouble(
        Both("记录无法写入", "Nothing can be recorded"), Both("联系系统管理员", "Call the system administrator")
    ),
    "disk_low": Trouble(Both("磁盘将满", "The disk fills up"), Both("联系系统管理员", "Call the system administrator")),
    "certificate_ending": Trouble(
        Both("本柜证书即将到期", "The cabinet's certificate is about to end"),
        Both("联系系统管理员", "Call the system administrator"),
    ),
    "item_undetectable": Trouble(
        Both("{door}有物件读不到", "{door}: an item cannot be read"),
        Both("请摆正物件，联系档案管理员", "Straighten the items; call the archivist"),
    ),
    "device_offline": Trouble(
        Both("设备未连接：{device}", "Device is not connected: {device}"),
        Both("正在重试；持续则联系档案管理员", "Being tried again; if it stays, call the archivist"),
    ),
    "interrupted": Trouble(
        Both("{door}的监测中断", "{door} is not being watched"),
        Both("请关好柜门，联系档案管理员", "Close the door; call the archivist"),
    ),
}

LIFTERS: Final[dict[str, Both]] = {
    "nobody": Both("无人可以放行", "nobody"),
    "oneself": Both("本人更正后重试", "you, by correcting it"),
    "approver": Both("有审批权的领导", "an approver of that post"),
    "archivist": Both("档案管理员", "the archivist"),
    "admin": Both("系统管理员", "the system administrator"),
    "security": Both("安全管理员", "the security administrator"),
    "office": Both("档案部门", "the records office"),
}


class Refusal(NamedTuple):
    """How a reason reads at the cabinet and who can lift it (a key of LIFTERS)."""

    what: Both
    lift: str


REFUSALS: Final[dict[str, Refusal]] = {
    "badge_unknown": Refusal(Both("此卡未登记", "This badge is not known"), "admin"),
    "person_inactive": Refusal(Both("此人已停用", "This person is no longer active"), "admin"),
    "pin_needed": Refusal(Both("请输入密码", "The PIN is needed"), "oneself"),
    "second_person_needed": Refusal(
        Both(
            "{item} 须两人在场：请另一人先刷卡，随后本人再刷",
            "{item} needs two persons: another's badge first, then yours",
        ),
        "oneself",
    ),
    "pin_wrong": Refusal(Both("密码不正确", "The PIN is not right"), "oneself"),
    "no_authority": Refusal(Both("没有有效的授权 {item}", "No authority in force {item}"), "approver"),
    "names_another": Refusal(Both("{item} 的授权写的是别人", "The authority for {item} names another"), "approver"),
    "window_not_begun": Refusal(Both("{item} 的授权尚未生效", "The authority for {item} has not begun"), "approver"),
    "window_over": Refusal(Both("{item} 的授权已过期", "The authority for {item} is over"), "approver"),
    "line_used": Refusal(Both("{item} 的授权已经用过", "The authority for {item} is used up"), "approver"),
    "line_void": Refusal(Both("{item} 的授权已撤销", "The authority for {item} was withdrawn"), "approver"),
    "line_promised": Refusal(
        Both("{item} 的授权正在另一次开柜中使用", "{item} is promised to another session"), "oneself"
    ),
    "transfer_hand_to_hand": Refusal(
        Both("{item} 只可当面转交，不能开柜取用", "{item} is to be passed on by hand, not taken"), "approver"
    ),
    "request_not_decided": Refusal(Both("{item} 的申请尚未审批", "The request for {item} is not decided"), "approver"),
    "request_refused": Refusal(Both("{item} 的申请被拒绝", "The request for {item} was refused"), "approver"),
    "request_withdrawn": Refusal(Both("{item} 的申请已撤回", "The request for {item} was withdrawn"), "oneself"),
    "secrecy_never": Refusal(Both("{item} 为绝密，不调阅、不外借", "{item} is top secret: never lent"), "nobody"),
    "secrecy_needs_approval": Refusal(Both("{item} 须经专门审批", "{item} needs an approval of its own"), "approver"),
    "item_out": Refusal(Both("{item} 不在柜中", "{item} is out"), "archivist"),
    "item_elsewhere": Refusal(Both("{item} 在 {place}", "{item} is in {place}"), "nobody"),
    "belongs_elsewhere": Refusal(Both("{item} 应归还至 {place}", "{item} belongs in {place}"), "nobody"),
    "code_unknown": Refusal(Both("编码 {item} 未登记", "Code {item} is not known"), "archivist"),
    "outside_scope": Refusal(Both("{item} 不在您的权限范围内", "{item} is outside your rights"), "security"),
    "access_not_begun": Refusal(Both("查阅期限尚未开始", "The time of this access has not begun"), "security"),
    "access_over": Refusal(Both("查阅期限已过", "The time of this access is over"), "security"),
    "auditors_read": Refusal(Both("审计人员只能查阅", "Auditors read and change nothing"), "nobody"),
    "training_missing": Refusal(Both("没有“{subject}”的培训记录", "Training in {subject} is not recorded"), "office"),
    "training_over": Refusal(Both("“{subject}”的培训已过期", "Training in {subject} has expired"), "office"),
}
UNKNOWN_REFUSAL: Final = Refusal(Both("未能放行 {item}", "Not allowed {item}"), "archivist")
"""A reason that this release has no words for; its rule and code are shown all the same."""
