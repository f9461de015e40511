"""Attachments by HTTP: what they are is judged by content, and they are open to whom their owner is open to."""

import io
import sqlite3
import zlib
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFile

from server.domain.attachments import MOST_PIXELS, MOST_SCANS
from server.service.records.images import scans_of
from server.store.unit_of_work import Database
from tests.server.web.house import Caller, House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # bytes lie beside any database
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def image(form: str, size: tuple[int, int] = (8, 8)) -> bytes:
    """Draw an image of a form."""
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form)
    return out.getvalue()


def sent(caller: Caller, data: bytes, name: str, of: str = "F1", subject: str = "item", **headers: str) -> Any:
    """Attach bytes; gives the answer."""
    return caller.client.post(
        "/api/v1/attachments",
        params={"subject": subject, "of": of, "name": name},
        content=data,
        headers={"Authorization": f"Bearer {caller.token}", **headers},
    )


def fetched(caller: Caller, number: int) -> Any:
    """Fetch an attachment's bytes."""
    headers = {"Authorization": f"Bearer {caller.token}"}
    return caller.client.get(f"/api/v1/attachments/{number}/content", headers=headers)


def kept(folder: Path) -> set[str]:
    """Name every file that lies in the folder of attachments."""
    return {path.name for path in (folder / "attachments").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("data", "name", "media"),
    [
        (PDF, "合同.pdf", "application/pdf"),
        (image("PNG"), "印章.png", "image/png"),
        (image("JPEG"), "scan.JPG", "image/jpeg"),
        (image("WEBP"), "noending", "image/webp"),
        (image("TIFF"), "页.tif", "image/tiff"),
        (b"PK\x03\x04" + bytes(30), "表.xlsx", "application/zip"),
    ],
    ids=["pdf", "png", "jpeg", "webp", "tiff", "xlsx"],
)
def test_a_file_is_what_its_content_says(house: House, tmp_path: Path, data: bytes, name: str, media: str) -> None:
    answer = sent(house.chen, data, name, Idempotency_Key="k1")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["media"], made["size"], made["sha256"]) == (media, len(data), sha256(data).hexdigest())
    assert kept(tmp_path) == {made["sha256"]}
    got = fetched(house.wang, made["id"])
    assert (got.content, got.headers["content-type"]) == (data, media)
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert [row["name"] for row in house.wang.get("/attachments?subject=item&of=F1")["rows"]] == [name]


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"<script>alert(1)</script>", "photo.png", {"attachment_type", "attachment_not_what_it_says"}),
        (PDF, "photo.png", {"attachment_not_what_it_says"}),
        (image("PNG")[:50], "photo.png", {"attachment_broken_image"}),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "photo.png", {"attachment_broken_image"}),
        (b"MZ" + bytes(100), "tool.exe", {"attachment_type"}),
        (b"", "leer.pdf", {"attachment_empty"}),
    ],
    ids=["script", "pdf", "cut", "zeros", "program", "empty"],
)
def test_an_image_that_is_none_is_refused_with_the_reason(
    house: House, tmp_path: Path, data: bytes, name: str, why: set[str]
) -> None:
    answer = sent(house.chen, data, name)
    assert answer.status_code == 403
    assert {reason["code"] for reason in answer.json()["reasons"]} == why
    assert kept(tmp_path) == set()
    assert house.chen.get("/attachments?subject=item&of=F1")["rows"] == []


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(house: House, tmp_path: Path) -> None:
    answer = sent(house.chen, PDF + bytes(20_000_001), "gross.pdf")
    assert {reason["code"] for reason in answer.json()["reasons"]} == {"attachment_too_large"}
    assert sent(house.chen, PDF + bytes(70_000_000), "gross.pdf").status_code == 413
    assert kept(tmp_path) == set()


def png(width: int, height: int) -> bytes:
    """Make an image that says it is large, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    chunks = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def progressive(scans: int) -> bytes:
    """Make a JPEG that goes so often over its pixels; the last time is repeated."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * (scans - scans_of(data)) + data[-2:]


@pytest.mark.parametrize(
    ("data", "name", "code", "most"),
    [
        (png(40_000, 40_000), "bombe.png", "attachment_too_many_pixels", MOST_PIXELS // 1_000_000),
        (png(12_000, 8_000), "bombe.png", "attachment_too_many_pixels", MOST_PIXELS // 1_000_000),
        (png(10_000, 5_201), "gross.png", "attachment_too_many_pixels", MOST_PIXELS // 1_000_000),
        (progressive(MOST_SCANS + 1), "foto.jpg", "attachment_too_many_scans", MOST_SCANS),
    ],
    ids=["far over", "over", "just over", "scans"],
)
def test_an_image_that_would_keep_its_decoder_busy_is_refused_with_what_to_do(
    house: House, data: bytes, name: str, code: str, most: int
) -> None:
    (reason,) = sent(house.chen, data, name, **{"Accept-Language": "en"}).json()["reasons"]
    assert reason["code"] == code
    assert name in reason["text"]
    assert str(most) in reason["text"]
    assert "attach it again" in reason["text"]


def test_a_photo_is_taken_whatever_follows_its_end_or_stands_in_its_head(house: House) -> None:
    assert scans_of(progressive(MOST_SCANS)) == MOST_SCANS
    plain, out = progressive(10), io.BytesIO()
    note = b"\xff\xda" * 200  # a preview in the head, as cameras write
    head = b"\xff\xe1" + (len(note) + 2).to_bytes(2, "big") + note
    for data in (progressive(MOST_SCANS), plain + b"\xff\xda" * 200, plain[:2] + head + plain[2:]):
        answer = sent(house.chen, data, "foto.jpg")
        assert answer.status_code == 201, answer.text
    pictures = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    pictures[0].save(out, "MPO", save_all=True, append_images=pictures[1:])  # how phones keep two pictures in one JPEG
    assert sent(house.chen, out.getvalue(), "foto.jpg").status_code == 201


def test_a_file_is_given_to_the_decoder_of_its_type_only(house: House) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG2000")  # an image, though not of a type that is known here
    assert {one["code"] for one in sent(house.chen, out.getvalue(), "x").json()["reasons"]} == {"attachment_type"}
    raw = b"II*\x00" + image("PNG")
    assert {one["code"] for one in sent(house.chen, raw, "x").json()["reasons"]} == {"attachment_broken_image"}


def decodings(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Let a station's commit be tried whenever an image is decoded; gives the sizes of those that let it through."""
    decode, let_through = ImageFile.ImageFile.load, list[tuple[int, int]]()

    def look(image: ImageFile.ImageFile) -> Any:
        with closing(sqlite3.connect(str(database.engine.url.database), timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            let_through.append(image.size)
        return decode(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", look)
    return let_through


def test_nobody_waits_for_the_lock_while_an_image_is_decoded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = decodings(house.database, monkeypatch)
    answer = sent(house.chen, image("TIFF", (16, 9)), "x.tif")
    assert answer.status_code == 201, answer.text
    assert (16, 9) in decoded


def test_an_attachment_is_open_to_whom_its_owner_is_open_to(house: House) -> None:
    secret = sent(house.chen, PDF, "密.pdf", "F3").json()["id"]
    assert fetched(house.ma, secret).content == PDF
    for name in ("wang", "qian", "guest"):
        assert fetched(getattr(house, name), secret).status_code == 404, name
        getattr(house, name).get("/attachments?subject=item&of=F3", expect=404)
    assert sent(house.wang, PDF, "x.pdf", "F3").status_code == 404
    assert sent(house.wang, PDF, "x.pdf", "F1").status_code == 403
    read = [e["body"] for e in house.shen.get("/ledger?limit=500")["rows"] if e["kind"] == "attachment_read"]
    assert [entry["of"] for entry in read] == ["F3"]


def test_what_is_attached_to_a_request_is_for_who_may_see_it(house: House) -> None:
    number = str(house.approved("F1"))
    made = sent(house.li, PDF, "用印文件.pdf", number, "request").json()["id"]
    assert fetched(house.wang, made).content == PDF
    assert fetched(house.qian, made).status_code == 404
    assert sent(house.qian, PDF, "x.pdf", number, "request").status_code == 404
    assert sent(house.zhao, PDF, "x.pdf", number, "request").status_code == 403


def test_a_credit_file_is_open_by_approval_only(house: House) -> None:
    number = house.chen.post("/customers", {"name": "甲"})["id"]
    assert sent(house.chen, PDF, "授信.pdf", str(number), "credit_file").status_code == 404
    asked = house.chen.post("/credit-requests", {"customer": number, "act": "change", "purpose": "授信"})["id"]
    house.zhao.post(f"/credit-requests/{asked}/approve")
    made = sent(house.chen, PDF, "授信.pdf", str(number), "credit_file").json()["id"]
    assert fetched(house.chen, made).content == PDF
    for name in ("ma", "gao", "zhao"):
        assert fetched(getattr(house, name), made).status_code == 404, name
    assert sent(house.chen, PDF, "x.pdf", str(number), "nothing").status_code == 422


def test_the_same_bytes_are_kept_once(house: House, tmp_path: Path) -> None:
    first, second = (sent(house.chen, PDF, "a.pdf", of).json() for of in ("F1", "F2"))
    assert first["id"] != second["id"]
    assert kept(tmp_path) == {first["sha256"]}
