"""The rule book as people read it: every rule, what this company's policy sheet says of it, where one meets it."""

import re

from fastapi import Response

from server.domain.policy_summary import summary
from server.domain.rulebook import RULES, Rule
from server.service.people.rights import Act, Viewer
from server.web.auth import gate

from .render import MENU, Entry
from .routing import Look, page_router

router = page_router()


@router.get("/rules", **gate(Act.OWN))
async def rule_book(look: Look) -> Response:
    """List every rule with the sentences of the sheet in force."""
    locale = look.page.locale
    sheet: dict[str, list[str]] = {}
    for sentence in summary(look.policy, locale):
        rule, said = re.split(r"\s+", sentence, maxsplit=1)
        sheet.setdefault(rule, []).append(said)
    rows = [
        (rule.id, rule.zh if locale == "zh" else rule.en, sheet.get(rule.id, ()), _meets(rule, look.viewer))
        for rule in RULES
    ]
    return look.show("rules.html", rows=rows, sheet=look.policy.name, digest=look.policy.digest)


def _meets(rule: Rule, viewer: Viewer) -> list[Entry]:
    """Give the sections of the menu that the rule is met in and that are open to this reader."""
    first = {f"/{place.split('/')[1]}" for place in rule.met.split() if place.startswith("/")}
    return [entry for entry in MENU if entry.path in first and viewer.may(entry.act)]
