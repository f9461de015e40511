"""Acts on paper that end or begin a thing: destroying it with one step of the process left out or none, copying it."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from server.sweep.retention import Retention
from tests.server.web.house import House

STEPS = ("appraise", "file", "review", "approve", "witness", "fetch", "actor", "second", "carry_out")


class Papers(RuleBasedStateMachine):
    """What the machine of the months does with lists and copies."""

    house: House
    gone: set[int]
    where: dict[int, tuple[str, int] | None]

    def act(self, who: str, path: str, body: dict[str, Any]) -> Any:
        """Let somebody try something over HTTP."""
        raise NotImplementedError

    def visit(self, who: str, place: tuple[str, int], wants: list[int], brings: list[int], scans: bool) -> None:
        """Let somebody show a badge, take and put."""
        raise NotImplementedError

    @rule(
        number=st.sampled_from([1, 2, 3, 6]),
        without=st.sampled_from([None, None, *STEPS]),
        judge=st.sampled_from(["zhao", "gao", "li"]),
    )
    def destroy(self, number: int, without: str | None, judge: str) -> None:
        """Go through the whole process of destroying one item, or through all but one step of it."""
        code, listed = f"F{number}", 9999
        for step in STEPS:
            if step == without:
                continue
            if step == "appraise":
                self.appraise(code)
            elif step == "file":
                body = {"items": [code], "title": "销毁清册", "why": "期满"}
                listed = (self.act("chen", "/destructions", body) or {"id": 9999})["id"]
            elif step == "review":
                self.act("zhao", f"/destructions/{listed}/review", {})
            elif step == "approve":
                self.act(judge, f"/destructions/{listed}/approve", {})
            elif step == "witness":
                self.act("sun", f"/destructions/{listed}/witnesses", {"witnesses": ["ma"]})
            elif step == "fetch" and (place := self.where[number]) is not None:
                self.visit("chen", place, [number], [], False)
            elif step in ("actor", "second"):
                self.act("chen" if step == "actor" else "ma", f"/destructions/{listed}/confirm", {"code": code})
            elif step == "carry_out" and self.act("chen", f"/destructions/{listed}/carry-out", {"method": "shredding"}):
                self.gone.add(number)

    def appraise(self, code: str) -> None:
        """Let an item's term be over and decide that it may go."""
        self.act("chen", f"/items/{code}/retention", {"period": "D10", "begun": "2001-05-20"})
        Retention(self.house.database, self.house.policy).turn(self.house.clock.wall_us())
        for row in self.house.ma.get("/appraisals")["rows"]:
            if row["item"] == code:
                self.act("ma", f"/appraisals/{row['id']}/decide", {"outcome": "destroy", "note": "无保存价值"})

    @rule(number=st.sampled_from([1, 2, 6]), who=st.sampled_from(["chen", "ma", "wang"]), standing=st.booleans())
    def copy(self, number: int, who: str, standing: bool) -> None:
        """Register a copy under the newest request for one, or as a standing one."""
        asked = {"for": "qian", "items": [f"F{number}"], "mode": "photocopy", "purpose": "核对", "pages": "1-3"}
        made = self.act("qian", "/requests", asked)
        body: dict[str, Any] = {"pages": "1-3", "purpose": "核对", "standing": standing}
        if made is not None:
            self.act("ma", f"/requests/{made['id']}/approve", {})
            place = self.where[number]
            if place is not None:
                self.visit("qian", place, [number], [], False)
            body["request"] = made["id"]
        self.act(who, f"/items/F{number}/copies", body)
