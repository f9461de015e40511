"""Every writing call of the API as somebody may truly make it: by whom, about what, with which body.

A word in braces is a thing of `acts_world`, once within somebody's reach and once beyond it.
"""

from dataclasses import dataclass
from typing import Any, Final

PDF: Final = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


@dataclass(frozen=True, slots=True)
class Call:
    """One call: who is entitled to it, what the address names, what is sent."""

    by: str
    at: tuple[str, ...] = ()
    body: Any = None
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes = b""
    form: Any = None


PURPOSE: Final = {"purpose": "查阅"}
WHY: Final = {"conclusion": "已查明"}
CHECKED: Final = {"complete": True, "parts": 2}
FIRST: Final = (("If-Match", '"1"'),)
SECOND: Final = (("If-Match", '"2"'),)

CALLS: Final[dict[str, Call]] = {
    # people and rights
    "POST /people": Call("sec", body={"username": "xin", "name": "Xin", "role": "requester"}),
    "PATCH /people/{username}": Call("sec", ("person",), {"department": "法务部"}),
    "PUT /people/{username}/scope": Call("sec", ("person",), {"categories": ["合同"]}),
    "POST /people/{username}/badges": Call("sec", ("person",), {"badge": "ABCDEF12"}),
    "POST /people/{username}/badges/withdraw": Call("sec", ("person",), {"badge": "{badge}"}),
    "POST /people/{username}/clearance": Call("sec", ("leaver",), {"note": "离职"}),
    "POST /rights/{username}/review": Call("gao", ("person",), {"said": "confirmed"}),
    "POST /training": Call("ma", body={"person": "{person}", "subject": "rules"}),
    "POST /breaches": Call("ma", body={"rule": "R14", "person": "{person}", "what": "转借", "alarm": "{alarm_closed}"}),
    "POST /breaches/{number}/conclude": Call("ma", ("breach",), {"outcome": "警告"}),
    "POST /sign-out": Call("ma"),
    # records
    "POST /stations": Call("sys", body={"name": "c", "doors": 2, "public_key": "{key}"}),
    "POST /stations/{name}/codes": Call("sys", ("station",), {}),
    "POST /stations/{name}/revoke": Call("sys", ("station",), {"reason": "换机"}),
    "POST /items": Call(
        "an",
        body={
            "code": "N1",
            "kind": "file",
            "title": "新卷",
            "secrecy": "ordinary",
            "category": "{category}",
            "place": "a/1",
        },
    ),
    "PATCH /items/{code}": Call("an", ("plain",), {"title": "改题", "reason": "更正"}, headers=FIRST),
    "POST /items/{code}/tags": Call("an", ("plain",), {"epc": "E2AA"}),
    "POST /items/{code}/check": Call("an", ("back",), CHECKED),
    "POST /labels": Call("an", body={"items": ["{plain}"], "format": "png"}),
    "POST /lists/labels": Call("an", body={"q": "{plain}"}),
    "POST /items/{code}/contents": Call("an", ("plain",), {"title": "附件"}),
    "POST /items/{code}/contents/{number}/remove": Call("an", ("listed", "content"), {"reason": "移出"}),
    "POST /items/{code}/filing": Call("an", ("plain",), {"kind": "service"}),
    "POST /items/{code}/filing/events": Call("an", ("listed",), {"event": "ended"}),
    "POST /items/{code}/reviews": Call("an", ("plain",), {"accurate": True}),
    "POST /record-numbers": Call("an", body={"item": "{plain}", "scheme": "contract"}),
    "POST /record-numbers/cancel": Call("an", body={"number": "{record_number}", "reason": "重复"}),
    "POST /collections/arrivals": Call(
        "mu",
        body={"kind": "quarterly_collection", "department": "采购部", "documents": "纪要", "item": "{plain}"},
    ),
    "POST /attachments": Call("an", query="subject=item&of={plain}&name=a.pdf", raw=PDF),
    # customers
    "POST /customers": Call("an", body={"name": "新客户"}),
    "POST /customers/lookup": Call("ma", body={"field": "identity_number", "value": "X1", **PURPOSE}),
    "PATCH /customers/{number}": Call("an", ("customer",), {"region": "华南"}, headers=SECOND),
    "POST /customers/{number}/unmask": Call("ma", ("customer",), {"field": "identity_number", **PURPOSE}),
    "PUT /customers/{number}/control-plan": Call(
        "an", ("customer",), {"owner": "li", "plan": "月度复核", "review": "{soon}"}
    ),
    "POST /customers/{number}/control-plan/reviews": Call("li", ("customer",), {"review": "{soon}"}),
    "POST /credit-requests": Call("an", body={"customer": "{customer}", "act": "see", **PURPOSE}),
    "POST /credit-requests/{number}/approve": Call("zhao", ("credit",)),
    "POST /credit-requests/{number}/refuse": Call("zhao", ("credit",)),
    # requests
    "POST /requests": Call("mu", body={"items": ["{plain}"], "mode": "loan", "for": "qian", **PURPOSE}),
    "POST /requests/{number}/approve": Call("zhao", ("filed",)),
    "POST /requests/{number}/refuse": Call("zhao", ("filed",), {"note": "否"}),
    "POST /requests/{number}/renew": Call("qian", ("out_request",), {"due": "{later}"}),
    "POST /requests/{number}/withdraw": Call("qian", ("filed",)),
    "POST /delegations": Call("gao", body={"to": "sun", "until": "{soon}", "scope": {"categories": ["合同"]}}),
    "POST /delegations/{number}/revoke": Call("gao", ("delegation",)),
    "POST /registrations": Call("an", body={"person": "gao", "items": ["{plain}"], **PURPOSE}),
    "POST /orders": Call("an", body={"person": "an", "items": ["{plain}"], "task": "move", **PURPOSE}),
    "POST /handovers": Call("qian", body={"items": ["{out}"], "to": "bao", **PURPOSE}),
    "POST /emergencies": Call(
        "qian", body={"items": ["{plain}"], "other": "bao", "badge": "{bao_badge}", "purpose": "火警"}
    ),
    "POST /emergencies/{number}/approve": Call("zhao", ("emergency",)),
    "POST /emergencies/{number}/disapprove": Call("zhao", ("emergency",), {"note": "无必要"}),
    "POST /items/{code}/holds": Call("bao", ("out",), PURPOSE),
    "POST /holds/{number}/leave": Call("bao", ("hold",)),
    # loans and what comes of them
    "POST /loans/{number}/check": Call("an", ("back_loan",), CHECKED),
    "POST /loans/{number}/claim": Call("qian", ("out_loan",)),
    "POST /loans/{number}/withdraw-claim": Call("qian", ("claimed_loan",)),
    "POST /loans/{number}/lose": Call("an", ("out_loan",), WHY),
    "POST /loans/{number}/find": Call("an", ("claimed_loan",)),
    "POST /loans/{number}/conclude": Call("ma", ("lost_loan",), WHY),
    "POST /items/{code}/repairs": Call("an", ("plain",), {"damage": "受潮"}),
    "POST /repairs/{number}/close": Call("an", ("repair",), WHY),
    "POST /items/{code}/copies": Call("an", ("plain",), {"pages": "1-2", "standing": True, **PURPOSE}),
    "POST /copies/{code}/return": Call("an", ("copy",)),
    "POST /alarms/{number}/acknowledge": Call("ma", ("alarm",)),
    "POST /alarms/{number}/close": Call("ma", ("alarm",), WHY),
    "POST /cases/{number}/resolve": Call("an", ("case",), {"resolution": "已核对"}),
    "POST /notices/{number}/read": Call("mu", ("notice",)),
    # seals, what customers entrusted, keys
    "POST /seals": Call(
        "ma",
        body={
            "seal": "{bare_seal}",
            "name": "合同章",
            "scope": "合同",
            "impression": "{photo}",
            "engraved_by": "总经理批准",
            "engraved_at": "2026-01-05T09:00:00+08:00",
            "keeper": "ke",
        },
    ),
    "POST /seals/{code}/retire": Call("ma", ("seal",), {"reason": "磨损"}),
    "POST /seals/{code}/keeper": Call("ma", ("seal",), {"to": "an", "witness": "chen"}),
    "POST /items/{code}/uses": Call("an", ("seal",), {"impressions": 1, "supervisor": "chen"}),
    "POST /seal-uses/{number}/explain": Call("ma", ("seal_use",), WHY),
    "POST /entrusted": Call(
        "an",
        body={
            "item": "{plain}",
            "customer": "华东",
            "mandate": "投标",
            "modes": ["reading"],
            "until": "{soon}",
            "handed_over_by": "周",
        },
    ),
    "POST /entrusted/{code}/hand-back": Call("an", ("entrusted",), {"to": "周", "signed": "{signed}"}),
    "POST /key-sets": Call("ma", body={"cabinet": "a", "set": "spare", "holder": "gao"}),
    "POST /key-uses": Call("gao", body={"cabinet": "a", "set": "spare", "reason": "断电"}),
    # oversight
    "POST /checkups": Call("ma", body={"kind": "incident_response", "alarm": "{alarm}", "station": "a"}),
    "POST /checkups/{number}/answers": Call("ma", ("checkup",), {"points": "{points}"}),
    "POST /checkups/{number}/close": Call("ma", ("checkup_done",), WHY),
    "POST /feedback": Call("mu", body={"text": "等待太久"}),
    "POST /feedback/{number}/assign": Call("ma", ("feedback",), {"to": "mu"}),
    "POST /feedback/{number}/answer": Call("mu", ("feedback_assigned",), {"answer": "已改"}),
    "POST /lessons": Call("ma", body={"text": "下班前提醒"}),
    "POST /reports/{name}": Call("ma", ("report",)),
    # counting
    "POST /stocktakes": Call("an", body={"stations": ["b"]}),
    "POST /stocktakes/{number}/sweep": Call("an", ("stocktake",)),
    "POST /stocktakes/{number}/scans": Call("an", ("stocktake",), {"scans": [{"place": "a/1", "code": "{plain}"}]}),
    "POST /stocktakes/{number}/close": Call("an", ("stocktake",)),
    "POST /stocktakes/{number}/conditions": Call(
        "an", ("stocktake",), {"conditions": [{"item": "{plain}", "condition": "worn"}]}
    ),
    "POST /stocktakes/{number}/differences/{difference}/explain": Call(
        "an", ("counted", "difference"), {"explanation": "放错"}
    ),
    "POST /stocktakes/{number}/sign": Call("ma", ("counted",), {"differences": ["{explained}"]}),
    "POST /stocktakes/{number}/recount": Call("an", ("counted",)),
    # keeping and destroying
    "POST /items/{code}/retention": Call("an", ("plain",), {"period": "D10", "begun": "2001-05-20"}),
    "POST /appraisals/{number}/decide": Call("ma", ("appraisal",), {"outcome": "keep"}),
    "POST /disposal-holds": Call("ma", body={"items": ["{plain}"], "why": "诉讼"}),
    "POST /disposal-holds/{number}/lift": Call("ma", ("disposal_hold",), {"why": "结案"}),
    "POST /destructions": Call("an", body={"items": ["{doomed}"], "title": "清册", "why": "期满"}),
    "POST /destructions/{number}/review": Call("zhao", ("destruction_secret",)),
    "POST /destructions/{number}/approve": Call("zhao", ("destruction",)),
    "POST /destructions/{number}/refuse": Call("zhao", ("destruction",), {"note": "再议"}),
    "POST /destructions/{number}/withdraw": Call("fei", ("destruction",)),
    "POST /destructions/{number}/strike": Call("zhao", ("destruction_pair",), {"item": "{striking}", "why": "误列"}),
    "POST /destructions/{number}/witnesses": Call("sun", ("destruction_approved",), {"witnesses": ["mu"]}),
    "POST /destructions/{number}/confirm": Call("mu", ("destruction_out",), {"code": "{destroying}"}),
    "POST /destructions/{number}/carry-out": Call("fei", ("destruction_confirmed",), {"method": "shredding"}),
    # wholesale
    "POST /backups": Call("sys"),
    "POST /imports": Call("an", form={"kind": "items", "sheet": "{sheet}"}),
    "POST /imports/{number}/resume": Call("an", ("import",)),
}
