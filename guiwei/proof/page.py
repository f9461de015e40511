"""Writes `docs/rules.md`: the rows of the rule book with the tests and stories that prove each rule."""

from collections.abc import Iterator

from guiwei.proof.evidence import ROOT, Proof, proofs_of
from server.domain.rulebook import RULES, Rule

RULES_PAGE = ROOT / "docs/rules.md"

_HEAD = """# Rules

Where each rule of the rule book is decided, where a person meets it, and what proves it. Generated from the table in
`server/domain/rulebook.py` and from the tests and stories that name the rule; a test holds them together. To write it
anew: `guiwei proof rules`. What differs from company to company is data in a [policy sheet](policy.md); the reasons a
person is shown are listed in [verdicts.md](verdicts.md); that the tests fail without the rule is shown in
[mutations.md](mutations.md).
"""


def rules_page() -> str:
    """Make the whole page."""
    proofs = proofs_of()
    return "\n".join([_HEAD, *(line for rule in RULES for line in _section(rule, proofs.get(rule.id, [])))])


def _section(rule: Rule, proofs: list[Proof]) -> Iterator[str]:
    yield f"## {rule.id} {rule.en}\n"
    yield f"{rule.zh}\n"
    for head, words in (("decided", rule.decided.split()), ("met", rule.met.split())):
        if words:
            yield f"- {head}: {', '.join(_code(word) for word in words)}"
    for proof in proofs:
        yield f"- proven: `{proof}`"
    yield ""


def _code(word: str) -> str:
    return f"`{word.replace(':/', ' /')}`"
