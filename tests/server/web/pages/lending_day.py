"""What the office writes into its registers: seals, entrusted things, keys, copies, repairs, searches."""

import io

from PIL import Image, ImageDraw

from server.service.lending import copies, repairs, searches
from server.service.lending.lending_shapes import NewCopies, NewEntrusted, NewKeySet, NewKeyUse, NewSeal, NewSealUse
from server.service.seals import entrusted, keysets, seals

from .office import HOSTILE, Office, code_of

PAGE = {
    "seal": code_of(6),
    "name": "合同专用章(一)",
    "scope": "采购与销售合同",
    "keeper": "zheng",
    "engraved_by": "总经理批准 2025-12",
    "engraved_at": "2026-01-05T09:00:00+08:00",
}
TRUSTED = {
    "item": code_of(4),
    "customer": "华东建设",
    "mandate": "投标文件用印",
    "modes": ["seal_use"],
    "until": "2026-03-20T18:00:00+08:00",
    "handed_over_by": f"周经理 {HOSTILE}",
}


def drawn_impression() -> bytes:
    """Draw what a round seal leaves on paper."""
    image, out = Image.new("RGB", (240, 240), "white"), io.BytesIO()
    pen = ImageDraw.Draw(image)
    pen.ellipse((8, 8, 232, 232), outline="#c4161c", width=7)
    pen.regular_polygon((120, 120, 34), 5, fill="#c4161c")
    image.save(out, "PNG")
    return out.getvalue()


def keep_registers(office: Office) -> None:
    """Write something into every register."""
    standing = NewCopies(pages="1-3", purpose="常用", standing=True)
    impression = office.handed("印模.png", drawn_impression())
    page = NewSeal.model_validate({**PAGE, "impression": impression.received.sha256})
    office.do("qian", lambda work: seals.enter(work, page, impression))
    use = NewSealUse(impressions=3, supervisor="chen", note="多盖一份留存")
    office.do("li", lambda work: seals.record_use(work, code_of(6), use))
    office.do("chen", lambda work: entrusted.receive(work, NewEntrusted.model_validate(TRUSTED)))
    office.do("qian", lambda work: keysets.give(work, NewKeySet(cabinet="a", set="spare", holder="wu")))
    office.do("wu", lambda work: keysets.declare(work, NewKeyUse(cabinet="a", set="spare", reason="门锁断电")))
    office.do("chen", lambda work: repairs.report(work, code_of(10), "封面脱落"))
    office.do("chen", lambda work: copies.register(work, code_of(9), standing))
    office.do("wang", lambda work: searches.claim(work, 1, "已放回柜中"))
