"""A station's next certificate: for whom it is signed, when, and by whose authority; why not is on record."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from contract import certificates
from contract.messages import CertificateIssued, CertificateRequested
from server.domain.certificates import DAY_US
from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.service.cabinet.authority import SiteAuthority, make_authority
from server.store.tables import LedgerEntry, Station, StationKey
from server.store.unit_of_work import Database
from tests.server.company import Writer, intake, settle_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # rows by their keys, nothing else
KEY = certificates.new_key()
REQUEST = certificates.request(KEY)


@pytest.fixture
def authority(tmp_path: Path) -> SiteAuthority:
    return make_authority(tmp_path, "test", 10**15)


@pytest.fixture
def service(database: Database, authority: SiteAuthority) -> IntakeService:
    settle_in(database)
    service = intake(database)
    service.authority = authority
    return service


def asks(service: IntakeService, signer: str, request: str = REQUEST) -> list[CertificateIssued]:
    """Have station a ask; gives what it is answered."""
    sent = Writer("a").send(CertificateRequested, signer=signer, certificate_request=request)
    answers = service.take_many([Incoming(sent, "a")]).answers
    assert all(isinstance(answer, CertificateIssued) for answer in answers)
    return answers  # type: ignore[return-value]


def refused(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.exec(select(LedgerEntry.body).where(LedgerEntry.kind == "certificate_refused")).all()
    return [json.loads(row)["why"].partition(":")[0] for row in rows]


def test_one_that_was_registered_by_hand_is_known_from_then_on_and_renewed_once(
    service: IntakeService, database: Database, authority: SiteAuthority
) -> None:
    (answer,) = asks(service, authority.key_id)
    fresh = certificates.read_certificate(answer.certificate)
    assert (answer.station, certificates.name_of(fresh), fresh.public_key()) == ("a", "a", KEY.public_key())
    assert certificates.signer_of(fresh) == authority.key_id
    with database.read() as session:
        row = session.get_one(StationKey, session.get_one(Station, "a").public_key)
    until = round(fresh.not_valid_after_utc.timestamp() * 1e6)
    assert (row.station, row.serial, row.until_us) == ("a", f"{fresh.serial_number:x}", until)
    assert asks(service, authority.key_id) == []
    assert refused(database) == [f"the one before lasts until {until}"]
    with database.begin() as uow:
        uow.session.get_one(StationKey, row.public_key).until_us = service.clock.real_wall_us() + 60 * DAY_US
    (again,) = asks(service, authority.key_id)
    second = certificates.read_certificate(again.certificate).serial_number
    with database.read() as session:
        assert session.get_one(StationKey, row.public_key).serial == f"{row.serial} {second:x}"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda service, signer: asks(service, "00" * 20), "the one before was not signed here"),
        (lambda service, signer: asks(service, ""), "the one before was not signed here"),
        (lambda service, signer: asks(service, signer, "junk"), "certificate request"),
    ],
)
def test_who_is_not_signed_for_is_told_nothing(
    service: IntakeService, database: Database, authority: SiteAuthority,
    spoil: Callable[[IntakeService, str], list[CertificateIssued]], why: str,
) -> None:  # fmt: skip
    assert spoil(service, authority.key_id) == []
    assert refused(database) == [why]


def test_an_intake_without_the_authority_signs_for_nobody(
    service: IntakeService, database: Database, authority: SiteAuthority
) -> None:
    service.authority = None
    assert asks(service, authority.key_id) == []
    assert refused(database) == ["the one before was not signed here"]
