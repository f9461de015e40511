"""The forms of lending's registers: each does what it says, and says beside itself what is not right."""

import re
from hashlib import sha256

import pytest
from sqlmodel import select

from server.store.tables import Attachment
from tests.server.web.test_attachments import PDF, decodings, image

from .conftest import Reader
from .day import approve, ask
from .office import Office, code_of

PICTURE = ("印模.png", image("PNG"))


@pytest.fixture
def chen(office: Office) -> Reader:
    return Reader(office, "chen", "en")


def lend(office: Office) -> None:
    """Let wang take the first file."""
    approve(office, "zhao", ask(office, "li", [0], "客户复核", **{"for": "wang"}))
    office.visit("wang", "a/1", taken=(0,))


def test_a_claim_a_loss_and_its_conclusion(office: Office, chen: Reader) -> None:
    lend(office)
    wang, qian = Reader(office, "wang", "en"), Reader(office, "qian", "en")
    assert wang.post("/loans/1/claim", note="yesterday") == (303, "/loans/1")
    assert "yesterday" in chen.get("/repairs")[1]
    status, html = wang.post("/loans/1/lose", conclusion="lost")
    assert (status, "R18" in html) == (403, True)
    assert chen.post("/loans/1/lose", conclusion="lost on the way")[0] == 303
    assert chen.post("/loans/1/conclude", conclusion="x")[0] == 403
    assert qian.post("/loans/1/conclude", conclusion="announced and replaced") == (303, "/loans/1")
    assert "announced and replaced" in qian.get("/loans/1")[1]


def test_found_again_checked_with_damage_and_repaired(office: Office, chen: Reader) -> None:
    lend(office)
    wang = Reader(office, "wang", "en")
    assert wang.post("/loans/1/claim")[0] == wang.post("/loans/1/withdraw-claim")[0] == 303
    wang.post("/loans/1/claim")
    assert chen.post("/loans/1/find", note="behind the others")[0] == 303
    assert chen.post("/loans/1/check", complete="yes", damage="cover loose") == (303, "/loans?show=returned")
    assert "cover loose" in wang.get("/loans/1")[1]
    assert chen.post("/repairs/1/close", conclusion=" ")[0] == 422
    assert chen.post("/repairs/1/close", conclusion="bound anew") == (303, "/repairs")
    assert 'data-word="closed"' in wang.get("/loans/1")[1]
    assert chen.post("/repairs", item=code_of(1), damage="damp") == (303, "/repairs")


def test_copies_are_registered_and_taken_back(office: Office, chen: Reader) -> None:
    number = ask(office, "wang", [0], "投标", mode="photocopy", pages="1-3")
    approve(office, "qian", number)
    form = {"item": code_of(0), "pages": "1-3", "purpose": "投标", "count": "1"}
    status, html = chen.post("/copies", **form)
    assert (status, "R12" in html) == (403, True)
    assert chen.post("/copies", **{**form, "count": "x"})[0] == 422
    assert chen.post("/copies", **form, request=str(number)) == (303, f"/copies?item={code_of(0)}")
    page = chen.get("/copies")[1]
    (copy,) = (part.split("/return")[0] for part in page.split('action="/copies/')[1:])
    assert chen.post(f"/copies/{copy}/return") == (303, "/loans?show=returned")
    assert chen.post("/copies", **form, standing="yes")[0] == 303


def kept(office: Office) -> list[str]:
    """Give the digests of what is attached."""
    with office.database.read() as session:
        return list(session.exec(select(Attachment.sha256)))


def test_r17_a_seals_page_its_uses_its_keepers_and_its_end(office: Office) -> None:
    code, qian, li = code_of(6), Reader(office, "qian", "en"), Reader(office, "li", "en")
    page = {
        "seal": code, "name": "Contract seal", "scope": "contracts", "engraved_by": "GM 2025",
        "engraved_at": "2026-01-05T09:00", "keeper": "zheng",
    }  # fmt: skip
    assert qian.post("/seals", **page)[0] == 422
    assert qian.post("/seals", **page, impression="ab" * 32)[0] == 422
    assert qian.hand_in("/seals", {"impression": ("a.pdf", PDF)}, **page)[0] == 422
    assert li.hand_in("/seals", {"impression": PICTURE}, **page)[0] == 403
    assert kept(office) == []
    assert qian.hand_in("/seals", {"impression": PICTURE}, **page) == (303, "/seals")
    assert kept(office) == [sha256(PICTURE[1]).hexdigest()]
    assert kept(office)[0][:16] in qian.get(f"/seals/{code}")[1]
    asked = ask(office, "li", [6], "签合同", mode="seal_use", documents=["合同"], impressions=1)
    approve(office, "zhao", asked)
    office.visit("li", "b/1", taken=(6,))
    assert li.post(f"/seals/{code}/uses", impressions="2", supervisor="li")[0] == 403
    photo = {"photo": ("用印.png", image("PNG", (9, 9)))}
    assert li.hand_in(f"/seals/{code}/uses", photo, impressions="2", supervisor="chen") == (303, f"/seals/{code}")
    (photo_link,) = re.findall(r'<a href="(/api/v1/attachments/2/content)"', qian.get(f"/seals/{code}")[1])
    assert qian.client.get(photo_link).content == photo["photo"][1]
    assert "More than approved" in qian.get(f"/seals/{code}")[1]
    assert qian.post(f"/seals/{code}/uses/1/explain", conclusion="one was spoilt")[0] == 303
    assert qian.post(f"/seals/{code}/keeper", to="chen", witness="zheng")[0] == 403
    assert qian.post(f"/seals/{code}/keeper", to="chen", witness="zhao")[0] == 303
    assert qian.post(f"/seals/{code}/retire", reason="worn")[0] == 303
    assert "Out of use" in qian.get("/seals")[1]


def test_nobody_waits_for_the_lock_while_a_picture_that_came_with_a_form_is_decoded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = decodings(office.database, monkeypatch)
    code, chen = code_of(6), Reader(office, "chen", "en")
    page = {"seal": code, "name": "Seal", "scope": "contracts", "engraved_by": "GM", "keeper": "zheng"}
    form = {**page, "engraved_at": "2026-01-05T09:00"}
    assert Reader(office, "qian", "en").hand_in("/seals", {"impression": PICTURE}, **form)[0] == 303
    assert chen.hand_in("/attachments", {"file": PICTURE}, of=code_of(0))[0] == 303
    assert len(decoded) == 2


def test_r19_what_is_handed_back_is_so_against_the_signed_receipt(office: Office, chen: Reader) -> None:
    code = code_of(7)
    form = {"item": code, "customer": "East", "mandate": "bids", "until": "2026-03-20T18:00", "handed_over_by": "Zhou"}
    assert chen.post("/entrusted", **form)[0] == 403
    assert chen.post("/entrusted", **form, modes="seal_use") == (303, "/entrusted")
    assert "WT2026-0001" in chen.get("/entrusted")[1]
    assert chen.post(f"/entrusted/{code}/hand-back", to="Zhou")[0] == 422
    assert chen.post(f"/entrusted/{code}/hand-back", to="Zhou", signed="ab" * 32)[0] == 422
    assert chen.hand_in(f"/entrusted/{code}/hand-back", {"signed": ("签收.pdf", PDF)}, to="Zhou")[0] == 303
    assert "JH2026-0001" in chen.get("/entrusted?show=all")[1] + chen.get(f"/entrusted/{code}")[1]


def test_key_sets_are_given_and_their_use_declared(office: Office) -> None:
    qian, wu = Reader(office, "qian", "en"), Reader(office, "wu", "en")
    assert qian.post("/keys/sets", cabinet="a", set="spare", holder="chen")[0] == 403
    assert qian.post("/keys/sets", cabinet="a", set="spare", holder="wu") == (303, "/keys")
    assert wu.post("/keys/uses", cabinet="a", set="spare")[0] == 403
    assert wu.post("/keys/uses", cabinet="a", set="spare", reason="no power") == (303, "/keys")
    assert "no power" in qian.get("/keys")[1]
