"""What the screen at the cabinet says, in Chinese; one table of sentences, no decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contract.messages import Reason

IDLE = "请刷卡"
ASKING = "正在核对，请稍候"
GRANTED = "已授权：{doors}"
DOOR = "{door}号门"
REFUSED = "拒绝 {rule} {code}"
REFUSED_ITEM = "拒绝 {rule} {code}（{item}）"
BUSY = "有柜门未关，请先关门"
BADGE_FIRST = "请先刷卡"
NO_ANSWER = "服务器未应答，无法开柜"
OFFLINE = "网络中断，无法开柜"
HELD = "网络中断：仅限预先授权的物品"
LOCKED = "本柜已锁定：记录无法写入"
OPENED = "{door}号门已打开"
CLOSE_DOOR = "取放完毕请关好柜门"
INTERRUPTED = "监测中断，请联系档案管理员"
MOST_REASONS = 6
TROUBLES = {
    "door_left_open": "{door}号门未关，请关好柜门",
    "door_not_latched": "{door}号门未锁好，请推紧柜门",
    "lock_fault": "{door}号门门锁异常，请联系档案管理员",
    "lock_feedback_mismatch": "{door}号门门锁信号不一致，请联系档案管理员",
}
"""What whoever stands at a door should see to; of the rest the station's screen page tells."""


def troubles(conditions: Iterable[Mapping[str, str]]) -> list[str]:
    """Say what is wrong with the doors."""
    return [
        TROUBLES[one["condition"]].format(door=one["door"])
        for one in conditions
        if one["door"] and one["condition"] in TROUBLES
    ]


class Screen:
    """The lines the screen shows now."""

    def __init__(self) -> None:
        self.lines: list[str] = [IDLE]

    def show(self, *lines: str) -> None:
        """Show these lines."""
        self.lines = list(lines)

    def granted(self, doors: Iterable[int], *, held: bool = False) -> None:
        """Show which doors may be opened; `held`: by what was granted in advance."""
        lines = [GRANTED.format(doors="、".join(DOOR.format(door=door) for door in doors)), CLOSE_DOOR]
        self.show(*lines, *([HELD] if held else []))

    def denied(self, reasons: Iterable[Reason]) -> None:
        """Show why no door opens."""
        lines = [
            (REFUSED_ITEM if reason.item else REFUSED).format(rule=reason.rule, code=reason.code, item=reason.item)
            for reason in reasons
        ]
        self.show(*lines[:MOST_REASONS])
