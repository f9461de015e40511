"""What the label tests share: two independent decoders, some labels, and text that means harm."""

from collections import Counter
from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from labels.codes import new_code
from labels.model import Label
from labels.template import Template

Reader = Callable[[Image.Image], "Counter[tuple[str, str]]"]


def with_zxing(picture: Image.Image) -> "Counter[tuple[str, str]]":
    names = {zxingcpp.BarcodeFormat.Code128: "code128", zxingcpp.BarcodeFormat.QRCode: "qr"}
    found = zxingcpp.read_barcodes(picture.convert("L"))
    return Counter((names.get(one.format, str(one.format)), one.text) for one in found)


def with_zbar(picture: Image.Image) -> "Counter[tuple[str, str]]":
    names = {"CODE128": "code128", "QRCODE": "qr"}
    kinds = [pyzbar.ZBarSymbol.CODE128, pyzbar.ZBarSymbol.QRCODE]
    return Counter((names[one.type], one.data.decode()) for one in pyzbar.decode(picture.convert("L"), symbols=kinds))


@pytest.fixture(params=[with_zxing, with_zbar])
def reader(request: pytest.FixtureRequest) -> Reader:
    """Read all symbols of a picture: how often each (kind, text) was found."""
    chosen: Reader = request.param
    return chosen


@pytest.fixture
def symbols() -> Callable[..., "Counter[tuple[str, str]]"]:
    """Say what a reader must find on these labels of a template, and nothing else."""

    def expected(template: Template, *labels: Label) -> "Counter[tuple[str, str]]":
        kinds = [part.kind for part in template.parts if part.kind in ("code128", "qr")]
        return Counter((kind, label.code) for label in labels for kind in kinds)

    return expected


def a_label(number: int) -> Label:
    secrecy = ("ordinary", "secret", "confidential", "top_secret")[number % 4]
    code = new_code(123_456_789_012 * (number + 1))
    return Label(code, f"采购合同及补充协议 第{number}册 Müller & Söhne", f"HT·2026-Y-{number:04d}", secrecy, "A柜/1门")


@pytest.fixture
def some_labels() -> list[Label]:
    return [a_label(number) for number in range(30)]


HOSTILE = [
    "^XA^FO0,0^GB800,800,800^FS^XZ",
    "~JA~JR^ID*.*",
    "\x02L\r\nBITMAP 0,0,99,99,0,\x1b@\x10\x04\x01",
    "%PDF-1.7 ) Tj ET endstream << /OpenAction /JS (app.alert(1)) >>",
    "{0.__class__.__init__.__globals__}",
    "{code} {label.title} %(code)s %s %n ${code} $code",
    "{{ 7*7 }}{% for x in ().__class__.__bases__ %}{% endfor %}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=HYPERLINK(1)\t@SUM(1+1)",
    "../../etc/passwd\x00.png",
    "\u202e\u2066gpj.evil\u2069\u202c",
    "\u200b\u200c\u200d\ufeff\u00ad\u2060",
    "العربية עברית",
    "e" + "\u0301\u0316" * 200,
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿😀",
    "\ud800\udfff\uffff\U0010ffff\ue000",
    "﷽" * 50,
    "长" * 10_000,
    "W" * 10_000,
    "\n" * 10_000,
    " " * 10_000,
    "",
]


@pytest.fixture(params=HOSTILE, ids=[f"hostile{number}" for number in range(len(HOSTILE))])
def hostile(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text
