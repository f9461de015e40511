"""Signing in: tokens, cookies, forged forms, and too many tries."""

from concurrent.futures import ThreadPoolExecutor

from sqlmodel import select

from server.service.people.sign_in import SIGN_IN_US, Tries
from server.store.tables import Person, SignIn
from tests.server.web.house import PASSWORD, House

WANG = {"username": "wang", "password": PASSWORD}


def test_the_cookie_is_kept_from_scripts_and_the_token_is_not_kept_at_all(house: House) -> None:
    answer = house.client.post("/api/v1/sign-in", json=WANG)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    said = answer.json()
    assert said["person"]["username"] == "wang"
    with house.database.read() as session:
        kept = [row.model_dump_json() for row in session.exec(select(SignIn))]
    assert len(kept) == 1
    assert said["token"] not in kept[0]


def test_a_cookie_needs_the_csrf_token_and_a_bearer_does_not(house: House) -> None:
    csrf = house.client.post("/api/v1/sign-in", json=WANG).json()["csrf"]
    assert house.client.get("/api/v1/me").json()["username"] == "wang"
    refused = house.client.post("/api/v1/sign-out")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_csrf_token")
    token = house.client.cookies["guiwei_session"]
    assert house.client.post("/api/v1/sign-out", headers={"X-CSRF-Token": csrf}).status_code == 200
    gone = house.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (gone.status_code, gone.json()["code"]) == (401, "not_signed_in")


def test_a_wrong_name_and_a_wrong_password_are_told_alike(house: House) -> None:
    wrong = house.client.post("/api/v1/sign-in", json={**WANG, "password": "x"})
    nobody = house.client.post("/api/v1/sign-in", json={**WANG, "username": "nobody"})
    no_password = house.client.post("/api/v1/sign-in", json={**WANG, "username": "li"})
    assert wrong.status_code == 401
    assert wrong.json() == nobody.json() == no_password.json()


def test_too_many_tries_are_stopped_and_alarmed_once(house: House) -> None:
    for _ in range(5):
        house.client.post("/api/v1/sign-in", json={**WANG, "password": "x"})
    stopped = house.client.post("/api/v1/sign-in", json=WANG)
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["Retry-After"]) <= 300
    assert house.client.post("/api/v1/sign-in", json={**WANG, "username": "chen"}).status_code == 200
    assert [(row["kind"], row["person"]) for row in house.chen.get("/alarms")["rows"]] == [
        ("repeated_failed_login", "wang")
    ]


def test_tries_made_at_the_same_time_count_too(house: House) -> None:
    def guess(number: int) -> int:
        return house.client.post("/api/v1/sign-in", json={**WANG, "password": f"{number}"}).status_code

    with ThreadPoolExecutor(12) as many:
        said = sorted(many.map(guess, range(12)))
    assert said == [401] * 5 + [429] * 7


def test_tries_are_forgotten_after_the_window() -> None:
    tries = Tries(failures=2, window=10)
    tries.failed(("a",), 0)
    assert tries.failed(("a",), 1)
    tries.check(("a",), 11.5)
    tries.check(("b",), 1)


def test_a_leaver_and_an_old_sign_in_are_nobody(house: House) -> None:
    assert house.wang.get("/me")["username"] == "wang"
    with house.database.begin() as uow:
        person = uow.session.exec(select(Person).where(Person.username == "wang")).one()
        person.active = False
        uow.session.add(person)
        for row in uow.session.exec(select(SignIn).where(SignIn.person_id != person.id)):
            row.expires_us -= SIGN_IN_US
            uow.session.add(row)
    house.wang.get("/me", expect=401)
    assert house.client.post("/api/v1/sign-in", json=WANG).status_code == 401
    house.shift(86_400)
    house.chen.get("/me")
    with house.database.begin() as uow:
        for row in uow.session.exec(select(SignIn)):
            row.expires_us -= SIGN_IN_US
            uow.session.add(row)
    house.chen.get("/me", expect=401)
