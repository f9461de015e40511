"""A company in which everything that can be done can be done right now, once within narrowed rights and once beyond.

Whoever holds, has asked for or filed something here is nobody of the posts that are tried: what is one's own is always
within reach. What is carried out in it can be a rehearsal, undone at its end.
"""

import io
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from sqlmodel import select

from labels.codes import new_code
from server.domain.words import AlarmKind
from server.service.backups import Backups
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.lookups import known
from server.store.tables import Case, Item, Notice, Person
from server.sweep.retention import Retention
from tests.server.company import epc
from tests.server.web.acts import PDF
from tests.server.web.house import NAMED, NUMBER, OTHER, SALES, Caller, House, moment
from tests.server.web.rehearsal import Rehearsed
from tests.server.web.test_keeping import turn
from tests.server.web.test_oversight import points

WITHIN, BEYOND, SECRET = "合同", "人事", "secret"
DAY = 86_400
EXTRAS = {
    "an": ("archivist", ""),
    "fei": ("archivist", ""),
    "mu": ("department_manager", OTHER),
    "bao": ("director", OTHER),
    "leaver": ("requester", OTHER),
}
THINGS = [
    "plain",
    "listed",
    "filed",
    "out",
    "claimed",
    "lost",
    "back",
    "seal",
    "bare_seal",
    "entrusted",
    "repair",
    "copied",
    "appraised",
    "doomed",
    "destr",
    "pair1",
    "pair2",
    "d_approved",
    "d_out",
    "d_confirmed",
    "held",
    "emergency_item",
    "d_secret",
]
DOOMED = ("doomed", "destr", "pair1", "pair2", "d_approved", "d_out", "d_confirmed", "d_secret")
LONG_AGO = {"period": "D10", "begun": "2001-05-20"}


_FILE = {"kind": "file", "category": WITHIN}
ABOVE_ORDINARY = {
    **_FILE,
    "code": "S7",
    "title": "密题金丝雀",
    "secrecy": "secret",
    "place": "a/1",
    "record_number": "MD金丝雀",
}
"""What is told of it depends on who asks."""
NOT_THERE = {**_FILE, "code": "B1", "title": "不在", "secrecy": "ordinary", "place": "b/1"}


@dataclass
class World:
    """The company, and the names of everything in it: of both sides, and of each."""

    house: House
    database: Rehearsed
    shared: dict[str, Any] = field(default_factory=dict)
    sides: dict[str, dict[str, Any]] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)

    def who(self, name: str) -> Caller:
        """Give somebody, signed in once."""
        if name not in self.callers:
            self.callers[name] = self.house.signed_in(name)
        return self.callers[name]

    def things(self, side: str) -> dict[str, Any]:
        """Give what every name stands for on a side."""
        return {**self.shared, **self.sides[side]}

    def visit(self, name: str, taken: list[int] = [], put: list[int] = []) -> None:  # noqa: B006 - read only
        """Let somebody show their badge at cabinet a and close the door."""
        house, now = self.house, self.house.clock.wall_us()
        session, asks = house.station.asks(self.shared[f"{name}_id"], at_us=now)
        house.intake.take(asks)
        house.intake.take(house.station.closes(session, at_us=now, taken=taken, put=put))


def picture() -> bytes:
    """Draw a small picture."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


def attached(caller: Caller, code: str, data: bytes) -> str:
    """Attach bytes to an item; gives their digest."""
    headers = {"Authorization": f"Bearer {caller.token}"}
    asked = {"subject": "item", "of": code, "name": "x"}
    answer = caller.client.post("/api/v1/attachments", params=asked, content=data, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def make_world(house: House, database: Rehearsed, folder: Path) -> World:
    """Fill the company."""
    world = World(house, database)
    backups = Backups(house.database, folder, folder / "backups", None, house.clock.wall_us)
    house.app.state.deps = replace(house.app.state.deps, backup=backups.before)
    _people(world)
    _rounds(world)
    _no_items(world)
    for n, (category, mark) in enumerate(((WITHIN, "界内"), (BEYOND, "界外")), 1):
        world.sides[category] = {"category": category}
        _items(world, category, mark, n * 100)
        _lending(world, world.sides[category], mark, n * 100)
        _seals(world, world.sides[category], n * 100)
        _keeping(world, world.sides[category], mark, n * 100)
    an = world.who("an")
    an.post("/items", {**ABOVE_ORDINARY, "epc": epc(90)})
    an.post("/items", {**NOT_THERE, "epc": epc(91)})
    _counts(world)
    above = dict.fromkeys(("plain", "listed", "out", "back", "entrusted"), "S7")
    world.sides[SECRET] = {**world.sides[WITHIN], **above}
    for name in (*NAMED.values(), *EXTRAS, "qian"):
        world.who(name)  # now: what happens in a rehearsal is undone
    return world


def _people(world: World) -> None:
    house, things = world.house, world.shared
    for n, (name, (post, department)) in enumerate(EXTRAS.items(), len(NUMBER) + 1):
        badge = f"{n:010X}"
        body = {"username": name, "name": name, "role": post, "department": department, "badges": [badge]}
        house.sec.post("/people", body)
        things[f"{name}_badge"] = badge
    house.sec.post("/people/leaver/badges", {"badge": "FEDCBA98"})
    with house.database.read() as session:
        things |= {f"{name}_id": number for name, number in session.exec(select(Person.username, Person.id))}
    things |= {"person": "leaver", "leaver": "leaver", "badge": "FEDCBA98", "station": "b", "key": "ab" * 32}
    assert things["an_id"] == len(NUMBER) + 1


def _rounds(world: World) -> None:
    """Come to the month in which departments hand in."""
    house = world.house
    now = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    months = 3 - (now.month - 1) % 3
    year, month = now.year + (now.month + months - 1) // 12, (now.month + months - 1) % 12 + 1
    house.shift((datetime(year, month, 2, 10, tzinfo=house.zone) - now).total_seconds())
    turn(house)


def _no_items(world: World) -> None:
    """Make what is about no item."""
    house, things = world.house, world.shared
    house._callers.clear()
    an, ma = world.who("an"), world.who("ma")
    things["soon"], things["later"] = moment(house, 1), moment(house, 4 / 24)
    things["customer"] = an.post("/customers", {"name": "长风", "sealed": {"identity_number": "X1"}})["id"]
    change = an.post("/credit-requests", {"customer": things["customer"], "act": "change", "purpose": "评级"})["id"]
    world.who("zhao").post(f"/credit-requests/{change}/approve")
    plan = {"owner": "li", "plan": "逐单审批", "review": things["soon"]}
    an.ask("PUT", f"/customers/{things['customer']}/control-plan", plan)
    asked = {"customer": things["customer"], "purpose": "用途金丝雀"}
    things["credit"] = world.who("qian").post("/credit-requests", asked)["id"]
    scope = {"categories": [WITHIN]}
    things["delegation"] = world.who("gao").post(
        "/delegations", {"to": "sun", "until": things["soon"], "scope": scope}
    )["id"]
    things["breach"] = ma.post("/breaches", {"rule": "R14", "person": "qian", "what": "转借"})["id"]
    points_of = points(house, "cabinet_inspection", n1="松动")
    fault = ma.post("/checkups", {"kind": "cabinet_inspection", "station": "a", "points": points_of})
    things["checkup_done"], things["report"] = fault["id"], "unreturned"
    for name in ("feedback", "feedback_assigned"):
        things[name] = world.who("qian").post("/feedback", {"text": "用途金丝雀"})["id"]
    ma.post(f"/feedback/{things['feedback_assigned']}/assign", {"to": "mu"})
    sheet = "题名,密级,门类,存放位置,编码\n新题,普通,合同,a/1,N9\n".encode()
    sent = {"Authorization": f"Bearer {an.token}"}
    form = {"kind": "items", "dry_run": "true"}
    answer = house.client.post("/api/v1/imports", data=form, files={"file": ("a.csv", sheet)}, headers=sent)
    things["import"] = answer.json()["id"]
    things["sheet"] = (
        "甲,乙\n1,2\n".encode()
    )  # waits to be told which column is which: nothing goes on after the answer
    with house.database.begin() as uow:
        notice = Notice(person_id=things["mu_id"], kind="x", text="通知", created_us=house.clock.wall_us())
        uow.session.add(notice)
        uow.session.flush()
        things["notice"] = notice.id


def _items(world: World, category: str, mark: str, base: int) -> None:
    side, an = world.sides[category], world.who("an")
    for n, name in enumerate(THINGS):
        code, secrecy = new_code(base + n), "secret" if name == "d_secret" else "ordinary"
        body = {
            "code": code,
            "title": f"{mark}题名",
            "category": category,
            "place": "a/1",
            "parts": 2,
            "department": SALES,
        }
        kind = "seal" if name in ("seal", "bare_seal") else "file"
        an.post("/items", {**body, "kind": kind, "secrecy": secrecy, "epc": epc(base + n)})
        side[name] = code


def _lent(world: World, side: dict[str, Any], mark: str, base: int, name: str) -> tuple[int, int]:
    """Lend a thing to qian; gives the numbers of request and loan."""
    due = moment(world.house, 2 / 24)
    body = {"items": [side[name]], "mode": "loan", "purpose": f"{mark}用途", "for": "qian", "due": due}
    request = world.who("mu").post("/requests", body)["id"]
    world.who("zhao").post(f"/requests/{request}/approve")
    world.visit("qian", taken=[base + THINGS.index(name)])
    loan = next(row for row in world.who("qian").get("/loans")["rows"] if row["item"] == side[name])
    return request, loan["id"]


def _lending(world: World, side: dict[str, Any], mark: str, base: int) -> None:
    qian, an, bao = world.who("qian"), world.who("an"), world.who("bao")
    for name in ("out", "claimed", "lost", "back"):
        side[f"{name}_request"], side[f"{name}_loan"] = _lent(world, side, mark, base, name)
    asked = {"items": [side["filed"]], "mode": "loan", "purpose": f"{mark}用途", "for": "qian"}
    side["filed"] = world.who("mu").post("/requests", asked)["id"]
    qian.post(f"/loans/{side['claimed_loan']}/claim")
    an.post(f"/loans/{side['lost_loan']}/lose", {"conclusion": "遗失"})
    world.visit("qian", put=[base + THINGS.index("back")])
    transfer = bao.post("/requests", {"items": [side["out"]], "mode": "transfer", "purpose": "接手"})["id"]
    world.who("zhao").post(f"/requests/{transfer}/approve")
    side["hold"] = bao.post(f"/items/{side['claimed']}/holds", {"purpose": f"{mark}用途"})["id"]
    copying = {"items": [side["copied"]], "mode": "photocopy", "purpose": "投标", "pages": "1-3"}
    request = qian.post("/requests", copying)["id"]
    world.who("ma").post(f"/requests/{request}/approve")
    said = {"pages": "1-3", "purpose": "投标", "request": request}
    side["copy"] = an.post(f"/items/{side['copied']}/copies", said)["rows"][0]["item"]
    proof = {"other": "bao", "badge": world.shared["bao_badge"], "purpose": f"{mark}用途"}
    side["emergency"] = qian.post("/emergencies", {"items": [side["emergency_item"]], **proof})["id"]
    an.post(f"/items/{side['repair']}/repairs", {"damage": "受潮"})
    side["repair"] = an.get("/repairs")["rows"][0]["id"]


def _seals(world: World, side: dict[str, Any], base: int) -> None:
    an, ma, qian = world.who("an"), world.who("ma"), world.who("qian")
    seal, soon = side["seal"], world.shared["soon"]
    side["photo"] = attached(an, side["bare_seal"], picture())
    page = {"name": "合同章", "scope": "合同", "engraved_by": "总经理", "engraved_at": "2026-01-05T09:00:00+08:00"}
    ma.post("/seals", {**page, "seal": seal, "impression": attached(an, seal, picture()), "keeper": "fei"})
    wanted = {"items": [seal], "mode": "seal_use", "purpose": "签订", "documents": ["合同"], "impressions": 1}
    request = qian.post("/requests", wanted)["id"]
    world.who("zhao").post(f"/requests/{request}/approve")
    world.visit("qian", taken=[base + THINGS.index("seal")])
    side["seal_use"] = an.post(f"/items/{seal}/uses", {"impressions": 2, "supervisor": "chen"})["id"]
    mandate = {"customer": "华东", "mandate": "投标", "modes": ["reading"], "until": soon, "handed_over_by": "周"}
    an.post("/entrusted", {"item": side["entrusted"], **mandate})
    side["signed"] = attached(an, side["entrusted"], PDF)


def _keeping(world: World, side: dict[str, Any], mark: str, base: int) -> None:
    house, an, ma = world.house, world.who("an"), world.who("ma")
    listed = side["listed"]
    side["content"] = an.post(f"/items/{listed}/contents", {"title": f"{mark}文件"})["rows"][0]["id"]
    an.post(f"/items/{listed}/filing", {"kind": "service"})
    given = an.post("/record-numbers", {"item": listed, "scheme": "contract"})
    side["record_number"] = given["number"]
    for name in ("appraised", *DOOMED):
        an.post(f"/items/{side[name]}/retention", LONG_AGO)
    Retention(house.database, house.policy).turn(house.clock.wall_us())
    proposed = {row["item"]: row["id"] for row in ma.get("/appraisals")["rows"]}
    for name in DOOMED:
        ma.post(f"/appraisals/{proposed[side[name]]}/decide", {"outcome": "destroy", "note": "无价值"})
    side["appraisal"] = proposed[side["appraised"]]
    side["disposal_hold"] = ma.post("/disposal-holds", {"items": [side["held"]], "why": "诉讼"})["rows"][0]["id"]
    _destructions(world, side, base)
    now = house.clock.wall_us()
    with house.database.begin() as uow:
        number = known(uow.session.exec(select(Item.id).where(Item.code == side["plain"])).one())
        fact = Alarming(AlarmKind.TAKEN_EXTRA, f"{mark}", now, world.shared["qian_id"], number, "a", 1)
        side["alarm"] = set_alarm(uow, fact, now).id
        side["alarm_closed"] = set_alarm(uow, replace(fact, cause=f"{mark} closed"), now).id
        case = Case(kind="tag_two_places", item_id=number, station="a", door=1, opened_us=now)
        uow.session.add(case)
        uow.session.flush()
        side["case"] = case.id
    ma.post(f"/alarms/{side['alarm_closed']}/close", {"conclusion": f"{mark}结论"})
    opened = ma.post("/checkups", {"kind": "incident_response", "alarm": side["alarm"], "station": "a"})
    side["checkup"] = opened["id"]
    side["points"] = points(house, "incident_response")[:3]


def _destructions(world: World, side: dict[str, Any], base: int) -> None:
    fei, mu = world.who("fei"), world.who("mu")

    def filed(*names: str, approved: bool = False, witness: bool = False) -> int:
        codes = [side[name] for name in names]
        number: int = fei.post("/destructions", {"items": codes, "title": "清册", "why": "期满"})["id"]
        if approved:
            world.who("zhao").post(f"/destructions/{number}/approve")
        if witness:
            world.who("sun").post(f"/destructions/{number}/witnesses", {"witnesses": ["mu"]})
        return number

    side["destruction"], side["destruction_pair"] = filed("destr"), filed("pair1", "pair2")
    side["destruction_secret"] = filed("d_secret")
    side["destruction_approved"] = filed("d_approved", approved=True)
    side["striking"] = side["pair1"]
    for name in ("d_out", "d_confirmed"):
        side[f"destruction_{name[2:]}"] = filed(name, approved=True, witness=True)
        world.visit("fei", taken=[base + THINGS.index(name)])
    side["destroying"] = side["d_out"]
    for who in (fei, mu):
        who.post(f"/destructions/{side['destruction_confirmed']}/confirm", {"code": side["d_confirmed"]})


def _counts(world: World) -> None:
    an, shared = world.who("an"), world.shared
    number = an.post("/stocktakes", {"stations": ["b"], "title": "盘点"})["id"]
    scanned = [world.sides[side][name] for side in (WITHIN, BEYOND) for name in ("plain", "listed")]
    scans = [{"place": "b/1", "code": code} for code in scanned]
    an.post(f"/stocktakes/{number}/scans", {"scans": scans})
    an.post(f"/stocktakes/{number}/close")
    shared["counted"] = number
    found = {row["mark"]: row["id"] for row in an.get(f"/stocktakes/{number}/differences")["rows"]}
    for side in (WITHIN, BEYOND):
        things = world.sides[side]
        things["difference"], things["explained"] = found[things["plain"]], found[things["listed"]]
        path = f"/stocktakes/{number}/differences/{things['explained']}/explain"
        world.who("fei").post(path, {"explanation": "放错"})
    shared["stocktake"] = an.post("/stocktakes", {"stations": ["a"]})["id"]
