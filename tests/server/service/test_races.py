"""One approval is used once, however many try at the same moment; the full number is a command (`races.py`)."""

from pathlib import Path

from tests.server.races import Course


def test_r02_one_approval_line_is_never_used_twice(database_url: str, tmp_path: Path) -> None:
    course = Course(database_url, tmp_path)
    try:
        course.run(60, seed=7)
        assert course.faults() == []
        assert set(course.outcomes) >= {"hand_over_twice", "approve_twice", "open_and_withdraw"}
    finally:
        course.close()
