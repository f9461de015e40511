"""The scenes of the live demo's day: what people come to do, lawful or not, as steps and the words told about them.

A scene is made for the state of the moment: what lies in the cabinets and who has what is out. It returns its acts,
or none when it cannot be played now.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from guiwei.drill import steps as s
from guiwei.drill.story import Story

PURPOSES = ("客户复核", "签订补充协议", "年度审计取证", "投诉处理", "投标资格审查", "付款核对")
PAPERS = ("供货合同（一式二份）", "技术协议", "授权委托书", "报价单", "付款申请书")
MANY_OUT = 7


@dataclass(frozen=True)
class Act:
    """One step, what is told about it, and who has the items of a `take` then ("" for nobody known)."""

    step: s.AnyStep
    words: str
    holder: str = ""


@dataclass
class Day:
    """What is where by now.

    `out` names who took what is in no cabinet ("" for nobody known), `entitled` those with an approval left unused.
    """

    story: Story
    rng: random.Random
    behind: dict[str, set[str]]
    out: dict[str, str] = field(default_factory=dict)
    entitled: set[str] = field(default_factory=set)
    requests: int = 0

    def title(self, item: str) -> str:
        """Name an item for people."""
        return f"《{self.story.items[item].title}》"

    def person(self, who: str) -> str:
        """Name a person for people."""
        return self.story.people[who].name

    def manager(self, who: str) -> str:
        """Give the department manager who files requests for somebody."""
        department = self.story.people[who].department
        return next(
            k for k, p in self.story.people.items() if p.role == "department_manager" and p.department == department
        )

    def pick(self, kinds: Iterable[str], secrecy: str = "ordinary") -> tuple[str, str] | None:
        """Choose an item that lies in its own place, with its door."""
        found = [
            (item, door)
            for door, items in sorted(self.behind.items())
            for item in sorted(items)
            if (spec := self.story.items[item]).kind in kinds and spec.secrecy == secrecy and spec.place == door
        ]
        return self.rng.choice(found) if found and len(self.out) < MANY_OUT else None

    def beside(self, item: str, door: str) -> str | None:
        """Choose another item behind the same door."""
        found = sorted(self.behind[door] - {item})
        return self.rng.choice(found) if found else None

    def holder(self) -> str | None:
        """Choose somebody who has something out."""
        found = sorted({who for who in self.out.values() if who})
        return self.rng.choice(found) if found else None

    def turned_away(self) -> str | None:
        """Choose a requester whom no door opens to."""
        found = [w for w in ("wang", "sun") if w not in self.out.values() and w not in self.entitled]
        return self.rng.choice(found) if found else None


Scene = Callable[[Day], list[Act]]
FILES = ("file", "document", "box")


def visit(day: Day, who: str, door: str, take: Iterable[str] = (), put: Iterable[str] = ()) -> list[Act]:
    """Come to a door with a badge, take or put things, and shut it."""
    name, taken, brought = day.person(who), list(take), list(put)
    acts = [
        Act(s.Badge(at=_station(door), who=who), f"{name} shows a badge at cabinet {_station(door)}"),
        Act(s.Open(at=door), f"{name} opens door {door}"),
    ]
    if brought:
        acts.append(Act(s.Put(at=door, items=brought), f"{name} puts in {_titles(day, brought)}"))
    if taken:
        acts.append(Act(s.Take(at=door, items=taken), f"{name} takes {_titles(day, taken)}", who))
    return [*acts, Act(s.Close(at=door), f"{name} shuts door {door}")]


def asked(day: Day, who: str, filer: str, approver: str, item: str, mode: str = "loan") -> list[Act]:
    """Ask for an item and get it approved."""
    day.requests += 1
    name, purpose = f"request-{day.requests}", day.rng.choice(PURPOSES)
    papers = day.rng.sample(PAPERS, 2) if mode == "seal_use" else []
    request = s.Request(
        as_=filer, for_=who if filer != who else None, items=[item], mode=mode, purpose=purpose, name=name,
        documents=papers, impressions=2 * len(papers),
    )  # fmt: skip
    told = f"{day.person(filer)} asks for {day.title(item)}"
    told += f" for {day.person(who)}" if filer != who else ""
    return [
        Act(request, f"{told}: {purpose}"),
        Act(s.Approve(as_=approver, request=name), f"{day.person(approver)} approves"),
    ]


def borrow(day: Day) -> list[Act]:
    """Lend an ordinary file: the manager files, the head of the office approves (R09)."""
    found, who = day.pick(FILES), day.rng.choice(("wang", "sun"))
    if found is None:
        return []
    item, door = found
    return [*asked(day, who, day.manager(who), "zhao", item), *visit(day, who, door, take=[item])]


def use_seal(day: Day) -> list[Act]:
    """Let a seal be used for named documents (R17)."""
    found, who = day.pick(["seal"]), day.rng.choice(("wang", "sun", "li", "zhou"))
    if found is None:
        return []
    item, door = found
    return [*asked(day, who, who, "zhao", item, "seal_use"), *visit(day, who, door, take=[item])]


def register(day: Day) -> list[Act]:
    """Lend straight to a director: the archivist registers it (R09)."""
    found = day.pick(FILES)
    if found is None:
        return []
    item, door = found
    step = s.Register(as_="chen", for_="he", items=[item], purpose=day.rng.choice(PURPOSES))
    told = f"{day.person('chen')} registers {day.title(item)} for {day.person('he')}"
    return [Act(step, told), *visit(day, "he", door, take=[item])]


def secret(day: Day) -> list[Act]:
    """Lend a secret file: the general manager approves (R08)."""
    found, who = day.pick(FILES, "secret"), day.rng.choice(("li", "zhou"))
    if found is None:
        return []
    item, door = found
    return [*asked(day, who, who, "lin", item), *visit(day, who, door, take=[item])]


def give_back(day: Day) -> list[Act]:
    """Bring everything one person has of one door; the archivist checks it (R11)."""
    who = day.holder()
    if who is None:
        return []
    mine = sorted(item for item, holder in day.out.items() if holder == who)
    door = day.story.items[day.rng.choice(mine)].place
    items = [item for item in mine if day.story.items[item].place == door]
    check = s.Check(as_="chen", items=items)
    return [*visit(day, who, door, put=items), Act(check, f"{day.person('chen')} checks {_titles(day, items)}")]


def top_secret(day: Day) -> list[Act]:
    """Ask for what is never lent (R06)."""
    step = s.Request(as_="li", items=["gsd04"], purpose="参考", expect_refusal=["R06"])
    return [Act(step, f"{day.person('li')} asks for {day.title('gsd04')}")]


def rejected(day: Day) -> list[Act]:
    """Ask in vain, and come all the same."""
    found, who = day.pick(FILES), day.turned_away()
    if found is None or who is None:
        return []
    item, door = found
    ask, _ = asked(day, who, day.manager(who), "zhao", item)
    name = f"request-{day.requests}"
    badge = s.Badge(at=_station(door), who=who, expect_refusal=["R02"])
    return [
        ask,
        Act(s.Refuse(as_="zhao", request=name, note="理由不充分"), f"{day.person('zhao')} refuses"),
        Act(badge, f"{day.person(who)} tries all the same at cabinet {_station(door)}"),
    ]


def stranger(day: Day) -> list[Act]:
    """Show a card nobody knows."""
    at = day.rng.choice(sorted(day.story.stations))
    return [Act(s.Badge(at=at, expect_refusal=[]), f"somebody shows an unknown card at cabinet {at}")]


def extra(day: Day) -> list[Act]:
    """Take one more than was approved."""
    found, who = day.pick(FILES), day.rng.choice(("wang", "sun"))
    more = day.beside(*found) if found else None
    if found is None or more is None:
        return []
    item, door = found
    return [*asked(day, who, day.manager(who), "zhao", item), *visit(day, who, door, take=[item, more])]


def wrong_item(day: Day) -> list[Act]:
    """Take another than was approved."""
    found, who = day.pick(FILES), day.rng.choice(("wang", "sun"))
    other = day.beside(*found) if found else None
    if found is None or other is None:
        return []
    item, door = found
    day.entitled.add(who)
    return [*asked(day, who, day.manager(who), "zhao", item), *visit(day, who, door, take=[other])]


def forced(day: Day) -> list[Act]:
    """Break a door open and take something; nobody is guessed."""
    found = day.pick(FILES)
    if found is None:
        return []
    item, door = found
    return [
        Act(s.Force(at=door), f"door {door} is forced"),
        Act(s.Take(at=door, items=[item]), f"somebody takes {day.title(item)}"),
        Act(s.Close(at=door), f"door {door} is pushed shut"),
    ]


def found_again(day: Day) -> list[Act]:
    """Bring back what nobody is named for, by its printed code."""
    lost = sorted(item for item, who in day.out.items() if not who)
    if not lost:
        return []
    item = day.rng.choice(lost)
    door = day.story.items[item].place
    badge, *rest = visit(day, "chen", door, put=[item])
    scan = Act(s.Scan(at=_station(door), item=item), f"{day.person('chen')} scans {day.title(item)}, which was found")
    return [badge, scan, *rest]


def spare_key(day: Day) -> list[Act]:
    """Open with the spare key, to look (R21)."""
    door = day.rng.choice(sorted(day.behind))
    return [
        Act(s.SpareKey(at=door), f"door {door} is opened with the spare key"),
        Act(s.Close(at=door), f"door {door} is shut again"),
    ]


def network_cut(day: Day) -> list[Act]:
    """Lose the network while a door is open."""
    acts = borrow(day)
    if not acts:
        return []
    at = next(act.step.at for act in acts if isinstance(act.step, s.Badge))
    cut = Act(s.Cut(at=at), f"the network of cabinet {at} fails")
    heal = Act(s.Heal(at=at), f"the network of cabinet {at} is back")
    return [*acts[:-2], cut, *acts[-2:], heal]


def stocktake(day: Day) -> list[Act]:
    """Count a cabinet."""
    at = day.rng.choice(sorted(day.story.stations))
    name = day.person("chen")
    return [
        Act(s.StocktakeOpen(as_="chen", stations=[at]), f"{name} opens a stocktake of cabinet {at}"),
        Act(s.Sweep(at=at), f"cabinet {at} listens for every tag"),
        Act(s.StocktakeClose(as_="chen"), f"{name} closes the stocktake"),
    ]


SCENES: tuple[tuple[int, Scene], ...] = (
    (10, borrow),
    (6, use_seal),
    (4, register),
    (2, secret),
    (14, give_back),
    (1, top_secret),
    (2, rejected),
    (1, stranger),
    (2, extra),
    (2, wrong_item),
    (1, forced),
    (3, found_again),
    (1, spare_key),
    (2, network_cut),
    (1, stocktake),
)
"""How often each is tried, and the scene. The first of a day is always a lawful loan."""


def next_scene(day: Day, first: bool = False) -> list[Act]:
    """Choose a scene that can be played now."""
    if first:
        return borrow(day)
    weights, scenes = zip(*SCENES, strict=True)
    while True:
        acts: list[Act] = day.rng.choices(scenes, weights)[0](day)
        if acts:
            return acts


def _titles(day: Day, items: Iterable[str]) -> str:
    return "".join(map(day.title, items))


def _station(door: str) -> str:
    return door.partition("/")[0]
