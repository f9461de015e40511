"""Customers kept in step with Zoho CRM and Fxiaoke (R66), against servers that speak as their documents say."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from server.clock import SystemClock
from server.domain.policy import load_policy
from server.exchange.crm import Crm, CrmError
from server.exchange.crm.fxiaoke import Fxiaoke, FxiaokeSettings
from server.exchange.crm.http import Asking
from server.exchange.crm.zoho import Zoho, ZohoSettings
from server.service.customers.crm import CrmReader
from server.service.customers.vault import Vault, make_vault
from server.store.tables import CrmState, Customer, CustomerLink, LedgerEntry
from server.store.unit_of_work import Database
from tests.server.company import POLICY
from tests.server.exchange.crm_servers import Answer, FxiaokeServer, System, ZohoServer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CLOCK = SystemClock()


@dataclass
class Bench:
    """One CRM, its server, and the reader between it and the database."""

    server: Any
    crm: Crm
    database: Database
    folder: Path
    waits: list[float] = field(default_factory=list)

    def reader(self) -> CrmReader:
        """Give a reader as a process that was just started has it."""
        return CrmReader(
            self.database,
            CLOCK,
            load_policy(POLICY.read_text()),
            ZoneInfo("Asia/Shanghai"),
            Vault(self.folder),
            self.crm,
        )

    def customers(self) -> dict[str, tuple[str, bool]]:
        """Give every customer by the CRM's id: name, and whether gone."""
        with self.database.read() as session:
            rows = session.exec(select(CustomerLink, Customer).join(Customer)).all()
            assert {link.source for link, _ in rows} <= {self.crm.name}
            return {link.external_id: (customer.name, customer.gone_us is not None) for link, customer in rows}

    def state(self) -> CrmState:
        """Give how far it has been read."""
        with self.database.read() as session:
            return session.get_one(CrmState, self.crm.name)

    def ledger(self) -> list[str]:
        """Give the kinds of the ledger's entries."""
        with self.database.read() as session:
            return list(session.exec(select(LedgerEntry.kind)))


def fill(server: Any, count: int, day: int = 0) -> None:
    """Have so many customers."""
    at = NOW + timedelta(days=day)
    if isinstance(server, ZohoServer):
        server.accounts += [
            {
                "id": f"5545{n:06d}",
                "Account_Name": f"客户 {n}",
                "Industry": "制造业",
                "Employees": 120,
                "Billing_State": "浙江",
                "Billing_City": "宁波",
                "Modified_Time": at.isoformat(),
            }
            for n in range(count)
        ]
        return
    server.accounts += [
        {
            "_id": f"{n:024x}",
            "name": f"客户 {n}",
            "industry_level1": "12",
            "industry_level1__r": "制造业",
            "province__r": "浙江",
            "city__r": "宁波",
            "is_deleted": False,
            "life_status": "normal",
            "last_modified_time": round(at.timestamp() * 1000),
        }
        for n in range(count)
    ]


def connector(server: System, waits: list[float], secret: str = "very-secret") -> Crm:
    """Give the connector for a server, that notes how long it would wait."""
    ask = Asking("zoho" if isinstance(server, ZohoServer) else "fxiaoke", timeout=5, sleep=waits.append)
    if isinstance(server, ZohoServer):
        return Zoho(ZohoSettings("client", secret, "refresh-me", server.url, server.url), ask)
    return Fxiaoke(FxiaokeSettings("FSAID_1", "FSUID_1", secret, "for-ever", server.url), ask)


@pytest.fixture(params=["zoho", "fxiaoke"])
def bench(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Bench]:
    """Give a CRM of either kind on a fresh database of either kind."""
    make_vault(tmp_path)
    server: System = ZohoServer() if request.param == "zoho" else FxiaokeServer()
    with server.serving():
        waits: list[float] = []
        yield Bench(server, connector(server, waits), database, tmp_path, waits)


def test_r66_customers_are_imported_page_by_page_and_kept_in_step(bench: Bench) -> None:
    count = 5 if isinstance(bench.server, ZohoServer) else 230
    fill(bench.server, count)
    said = bench.reader().read()
    assert (said.changed, said.deleted) == (count, 0)
    assert said.pages >= 3
    assert len(bench.customers()) == count
    with bench.database.read() as session:
        first = session.exec(select(Customer)).first()
        assert first is not None
        assert (first.name, first.industry, first.region) == ("客户 0", "制造业", "浙江 宁波")
    entries = bench.ledger()
    assert entries.count("customer_linked") == count

    number = next(iter(bench.customers()))
    _change(bench.server, number, "改名的客户")
    again = bench.reader().read()
    assert again.changed == 1
    assert bench.customers()[number] == ("改名的客户", False)
    assert bench.ledger().count("crm_read") == 2
    assert len(bench.customers()) == count


def test_r66_who_was_deleted_there_is_gone_here_and_kept_for_the_files_that_name_them(bench: Bench) -> None:
    fill(bench.server, 3)
    bench.reader().read()
    first, second, third = bench.customers()
    _delete(bench.server, second)
    bench.reader().read()
    assert {number: gone for number, (_, gone) in bench.customers().items()} == {
        first: False,
        second: True,
        third: False,
    }
    bench.server.accounts = [row for row in bench.server.accounts if third not in row.values()]  # without a trace
    bench.reader().read()
    assert bench.customers()[third][1] is False
    bench.reader().read(full=True)
    assert bench.customers()[third][1] is True
    assert bench.customers()[first][1] is False


def test_a_token_that_is_over_is_renewed_once_and_a_wrong_secret_is_said_without_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fill(bench.server, 3)
    bench.reader().read()
    assert bench.server.tokens == 1
    bench.server.token = "another one by now"
    bench.reader().read()
    assert bench.server.tokens == 2
    wrong: Crm = (
        Zoho(ZohoSettings("client", "WRONG-SECRET", "refresh-me", bench.server.url, bench.server.url), Asking("zoho"))
        if isinstance(bench.server, ZohoServer)
        else Fxiaoke(
            FxiaokeSettings("FSAID_1", "FSUID_1", "WRONG-SECRET", "for-ever", bench.server.url), Asking("fxiaoke")
        )
    )
    bench.crm = wrong
    with pytest.raises(CrmError) as refused:
        bench.reader().read()
    assert (refused.value.code, refused.value.retry) == ("crm_refused", False)
    told = f"{refused.value} {bench.state().trouble} {caplog.text} {wrong!r}"
    assert "SECRET" not in told
    assert "refresh-me" not in told
    assert "for-ever" not in told


def test_it_waits_as_long_as_it_is_told_and_longer_each_time_when_it_is_not(bench: Bench) -> None:
    fill(bench.server, 1)
    bench.server.awry = [Answer(429, None, {"Retry-After": "7"}), Answer(503), Answer(502)]
    bench.reader().read()
    assert [wait for wait in bench.waits if wait >= 0.5] == [7.0, 1.0, 2.0]
    bench.server.awry = [Answer(429, None, {"Retry-After": "9999"})]
    with pytest.raises(CrmError) as busy:
        bench.reader().read()
    assert (busy.value.code, busy.value.retry) == ("crm_busy", True)
    assert bench.state().trouble.startswith("crm_busy")
    bench.reader().read()
    assert bench.state().trouble == ""


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>sign in</html>"),
        Answer(200, {"hello": "world"}),
        Answer(200, [1, 2]),
        Answer(200, {"data": [{"no": "id"}], "info": {"more_records": False}}),
        Answer(200, {"errorCode": 0, "data": {"dataList": [{"no": "id"}]}}),
        Answer(200, {"errorCode": 0, "data": []}),
        Answer(302, None, {"Location": "http://127.0.0.1:1/steal"}),
        Answer(418, {"code": "TEAPOT"}),
        Answer(200, {"data": [{"id": "1"}], "info": {"more_records": True, "next_page_token": None}}),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_that_is_not_what_was_documented_changes_nothing(bench: Bench, answer: Answer) -> None:
    fill(bench.server, 2)
    bench.crm.page(0, "")  # it has its token by now
    bench.server.awry = [answer]
    with pytest.raises(CrmError) as wrong:
        bench.reader().read()
    assert wrong.value.retry is False
    assert bench.customers() == {}
    bench.reader().read()
    assert len(bench.customers()) == 2


def test_a_reading_that_was_cut_off_goes_on_at_its_page(bench: Bench) -> None:
    fill(bench.server, 5 if isinstance(bench.server, ZohoServer) else 230)

    def cut(said: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.reader().read(told=cut)
    before, half = len(bench.server.asked), len(bench.customers())
    assert 0 < half < len(bench.server.accounts)
    bench.crm = connector(bench.server, bench.waits)
    bench.reader().read()
    assert len(bench.customers()) == len(bench.server.accounts)
    records = [one for one in bench.server.asked[before:] if one.path.endswith(("/Accounts", "/query"))]
    first = records[0]
    assert "page_token" in first.query or b'"_id", "operator": "GT"' in first.body


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_sent_over_plain_http_to_another_machine(bench: Bench) -> None:
    ask = Asking("zoho")
    crm = Zoho(ZohoSettings("client", "s", "r", "http://accounts.example", "http://api.example"), ask)
    with pytest.raises(CrmError, match="not HTTPS"):
        crm.page(0, "")


def _change(server: Any, number: str, name: str) -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)  # noqa: TID251 -- as the CRM's own clock says
    for row in server.accounts:
        if row.get("id") == number:
            row.update(Account_Name=name, Modified_Time=later.isoformat())
        elif row.get("_id") == number:
            row.update(name=name, last_modified_time=round(later.timestamp() * 1000))
        elif "id" in row:
            row["Modified_Time"] = (later - timedelta(days=9)).isoformat()
        else:
            row["last_modified_time"] = round((later - timedelta(days=9)).timestamp() * 1000)


def _delete(server: Any, number: str) -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)  # noqa: TID251 -- as the CRM's own clock says
    if isinstance(server, ZohoServer):
        server.accounts = [row for row in server.accounts if row["id"] != number]
        server.deleted.append(
            {"id": number, "display_name": "x", "type": "permanent", "deleted_time": later.isoformat()}
        )
        return
    for row in server.accounts:
        if row["_id"] == number:
            row.update(is_deleted=True, life_status="invalid", last_modified_time=round(later.timestamp() * 1000))
