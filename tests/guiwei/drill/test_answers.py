"""Which rules a refusal at a cabinet stands for: those it named, and what follows from them; nothing for free."""

import pytest

from guiwei.drill.answers import rules_of


def said(*pairs: tuple[str, str]) -> list[dict[str, object]]:
    return [{"rule": rule, "code": code, "item": "", "params": {}} for rule, code in pairs]


@pytest.mark.parametrize(
    ("reasons", "rules"),
    [
        (said(("R02", "no_authority")), ("R02", "R20")),
        (said(("R02", "window_over"), ("R40", "outside_scope")), ("R02", "R40", "R20")),
        (said(("R20", "badge_unknown")), ("R20", "R02")),
        (said(("R20", "person_inactive")), ("R20", "R02")),
        (said(("R20", "pin_wrong")), ("R20",)),
        (said(("R20", "second_person_needed")), ("R20",)),
        (said(("R40", "outside_scope")), ("R40",)),
        ([], ()),
    ],
)
def test_rules_of_a_refusal(reasons: list[dict[str, object]], rules: tuple[str, ...]) -> None:
    assert rules_of(reasons) == rules
