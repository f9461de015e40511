"""What the screen at the cabinet says, in Chinese; one table of sentences, no decisions."""

from __future__ import annotations

from collections.abc import Iterable

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
LOCKED = "本柜已锁定：记录无法写入"
OPENED = "{door}号门已打开"
CLOSE_DOOR = "取放完毕请关好柜门"
INTERRUPTED = "监测中断，请联系档案管理员"
MOST_REASONS = 6


class Screen:
    """The lines the screen shows now."""

    def __init__(self) -> None:
        self.lines: list[str] = [IDLE]

    def show(self, *lines: str) -> None:
        """Show these lines."""
        self.lines = list(lines)

    def granted(self, doors: Iterable[int]) -> None:
        """Show which doors may be opened."""
        self.show(GRANTED.format(doors="、".join(DOOR.format(door=door) for door in doors)), CLOSE_DOOR)

    def denied(self, reasons: Iterable[Reason]) -> None:
        """Show why no door opens."""
        lines = [
            (REFUSED_ITEM if reason.item else REFUSED).format(rule=reason.rule, code=reason.code, item=reason.item)
            for reason in reasons
        ]
        self.show(*lines[:MOST_REASONS])
