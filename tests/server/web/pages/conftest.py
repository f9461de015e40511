"""One office for the tests that only look; a fresh one for those that act."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from server.web.auth import COOKIE

from .day import live_a_day
from .office import Office, open_office


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an office in which a day has happened; nobody changes it."""
    office = open_office(tmp_path_factory.mktemp("busy"))
    live_a_day(office)
    yield office
    office.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Give an office to act in."""
    office = open_office(tmp_path)
    yield office
    office.close()


class Reader:
    """Somebody at a browser without scripts: looks at pages and sends their forms."""

    def __init__(self, office: Office, username: str, language: str = "zh") -> None:
        token, self.csrf = office.token(username)
        self.client = TestClient(office.app, follow_redirects=False)
        self.client.cookies.set(COOKIE, token)
        self.client.cookies.set("guiwei_language", language)

    def get(self, path: str) -> tuple[int, str]:
        """Look at a page; returns its status and text."""
        answer = self.client.get(path)
        return answer.status_code, answer.text

    def post(self, path: str, **form: object) -> tuple[int, str]:
        """Send a form with its token; returns the status and where it leads, or the page that came back."""
        return self.hand_in(path, {}, **form)

    def hand_in(self, path: str, files: dict[str, tuple[str, bytes]], **form: object) -> tuple[int, str]:
        """Send a form with files."""
        answer = self.client.post(path, data={"csrf": self.csrf, **form}, files=files or None)
        return answer.status_code, answer.headers.get("location", answer.text)
