"""What a reader at an exit noticed: every item that passed is recorded, and judged by what entitles it to leave."""

from contract.messages import ExitPassed
from server.domain.alarms import severity_of
from server.domain.custody import ItemFacts
from server.domain.exits import Taken, judge_leaving
from server.service.cabinet.intrusions import alarm_other_tags
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import Heard, Work


def exit_passed(work: Work, heard: Heard, event: ExitPassed) -> None:
    """Record what passed; an item without an authority that allows leaving sets an alarm, against whoever holds it.

    Tags that are nobody's item (clothes, goods) are only counted: at an exit they say nothing.
    """
    found = [work.item_by_epc(sighting.epc, heard.occurred_us) for sighting in event.items]
    items = list({item.id: item for item in found if item is not None}.values())
    kinds = work.policy.requests.sharing.outside_kinds
    judged = [(item, judge_leaving(item, _taken(work, item, heard.occurred_us), event.leaves, kinds)) for item in items]
    body = {
        "device": event.device,
        "leaves": event.leaves,
        "items": [item.code for item in items],
        "other_tags": found.count(None),
        "broken": {item.code: list(leaving.rules) for item, leaving in judged if leaving.rules},
        "moved_since": [item.code for item in items if item.custody.since_us > heard.occurred_us],
    }
    entry = work.record(heard, "exit_passed", {key: value for key, value in body.items() if value})
    alarm_other_tags(work, heard, event.items, entry)
    for item, leaving in judged:
        if leaving.alarm is None:
            continue
        set_alarm(
            work,
            heard,
            leaving.alarm,
            severity_of(leaving.alarm),
            about=("exit", heard.station, event.device, item.code),
            evidence=entry,
            person_id=item.custody.person_id,
            item=item,
        )


def _taken(work: Work, item: ItemFacts, at_us: int) -> Taken | None:
    """Find how the item was taken that passes now."""
    loans = [loan for loan in work.facts.loans.get(item.id, ()) if loan.taken_us <= at_us]
    return Taken(loans[-1].mode, loans[-1].entitled) if loans else None
