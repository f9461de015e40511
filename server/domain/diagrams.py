"""The tables of the domain as a page of Markdown with diagrams, so that the document cannot say anything else."""

from collections.abc import Iterable

from server.domain.alarms import ALARM_LIFE, OPENINGS, SEVERITY, VERDICTS
from server.domain.approvals import REQUEST_LIFE
from server.domain.lending import LENDING_LIFE, STORED
from server.domain.loans import LOAN_LIFE
from server.domain.reasons import REASONS, Code
from server.domain.searches import SEARCH_LIFE
from server.domain.words import AlarmKind, LendingState, Verdict

WHEN: dict[Verdict, str] = {
    Verdict.AS_APPROVED: "taken, and the person has authority in force for it",
    Verdict.WITHOUT_APPROVAL: "taken, and the person has no authority for anything here",
    Verdict.WRONG_ITEM: "taken without authority, and something approved stayed",
    Verdict.EXTRA: "taken without authority, and nothing approved stayed",
    Verdict.NOT_TAKEN: "approved and chosen for this session, and left; its line is free again",
    Verdict.UNATTRIBUTED: "taken, and nobody is named; its custody is the incident's",
    Verdict.RETURNED: "put in its place by its holder",
    Verdict.RETURNED_BY_OTHER: "put in its place by a named person who is not its holder",
    Verdict.RETURNED_WRONG_PLACE: "put in another cabinet or behind another door than its own",
    Verdict.RETURNED_UNNAMED: "put in its place, and nobody is named",
    Verdict.UNEXPECTED: "put in, and it was not recorded as out",
    Verdict.UNKNOWN_TAG: "a tag nobody bound to an item",
    Verdict.UNREAD: "neither seen nor certainly gone",
}

_HEAD = """# Verdicts, lives and reasons

Generated from the tables in `server/domain/`; a test holds the two together. To write it anew after changing a table:
`python -m tests.server.domain.test_documents`.
"""


def page() -> str:
    """Write the whole page."""
    return "\n".join(
        [
            _HEAD,
            "## Verdicts\n",
            *_table(
                ("verdict", "when", "lawful", "alarm", "case"),
                ((v, WHEN[v], lawful, alarm or "", case or "") for v, (lawful, alarm, case) in VERDICTS.items()),
            ),
            "\nBehind another door of its own cabinet `returned_wrong_place` sets `returned_wrong_slot`.",
            "`not_taken` sets `approved_but_not_taken` where the policy asks for it.\n",
            "## Openings\n",
            *_table(
                ("cause", "alarm", "case", "incident"),
                ((cause, *(part or "" for part in row)) for cause, row in OPENINGS.items()),
            ),
            "\n## A request\n",
            *_diagram(REQUEST_LIFE),
            "\n`expired` is computed: filed or approved, and its window is over.\n",
            "## A loan\n",
            *_diagram(LOAN_LIFE),
            "\nOverdue is computed: out, and its due moment has passed. These are the stored states; the whole life:\n",
            "## The life of lending\n",
            *_diagram(LENDING_LIFE),
            "",
            *_table(("state", "stored as"), ((state, STORED.get(state, "")) for state in LendingState)),
            "\nReady, expired, the rungs of overdue, checked and repair are computed. A checked loan closes once every",
            "copy is back and checked, every repair done, and a seal's register agrees with its approval.\n",
            "## A search\n",
            *_diagram(SEARCH_LIFE),
            "## An alarm\n",
            *_diagram(ALARM_LIFE),
            "",
            *_table(("alarm", "severity"), ((kind, SEVERITY[kind]) for kind in AlarmKind)),
            "\n## Reasons\n",
            *_table(("code", "rule", "中文", "English"), (_reason_row(code) for code in Code)),
            "",
        ]
    )


def _reason_row(code: Code) -> tuple[str, str, str, str]:
    wording = REASONS[code]
    return (code, wording.rule, wording.zh, wording.en)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


def _diagram(life: Iterable[tuple[str, str, str]]) -> list[str]:
    lines = [f"    {state} --> {after}: {act}" for state, act, after in life]
    first = lines[0].split()[0]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *lines, "```"]
