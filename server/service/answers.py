"""Answers kept under an Idempotency-Key, so that a request sent twice is carried out once."""

from server.service.context import Reading, Writing
from server.service.errors import ConflictError
from server.store.tables import Answer


def find_answer(look: Reading, key: str, asked: str) -> str | None:
    """Give the answer kept for this person's key; raises ConflictError when it was for another question."""
    kept = look.session.get(Answer, (look.viewer.id, key))
    if kept is None:
        return None
    if kept.asked != asked:
        raise ConflictError("idempotency_key_reused", "this Idempotency-Key was for another request; take a new one")
    return kept.body


def keep_answer(work: Writing, key: str, asked: str, body: str) -> None:
    """Keep an answer with the work it belongs to."""
    work.session.add(Answer(person_id=work.viewer.id, key=key, asked=asked, body=body, at_us=work.now_us))
