"""Reads a page as a checker would: its elements in order, with attributes and text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
FIELDS = frozenset({"input", "select", "textarea"})


@dataclass
class Element:
    """One element; `text` is all the text inside it."""

    tag: str
    attributes: dict[str, str]
    inside: tuple["Element", ...] = ()
    text: str = ""


@dataclass
class Document(HTMLParser):
    """A page taken apart."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and what it is inside of."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        """Add text to everything it is inside of."""
        for element in self.open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        """Give the elements with one of these tags."""
        return [element for element in self.elements if element.tag in tags]


def read(html: str) -> Document:
    """Take a page apart; every tag must be closed in order."""
    document = Document()
    document.feed(html)
    document.close()
    assert not document.open, f"never closed: {[element.tag for element in document.open]}"
    return document


def faults(document: Document) -> list[str]:
    """Say what would stop somebody with a keyboard or a screen reader, or run something we did not serve."""
    found: list[str] = []
    ids = [element.attributes["id"] for element in document.elements if "id" in element.attributes]
    found += [f"id {name} twice" for name in set(ids) if ids.count(name) > 1]
    labelled = {element.attributes.get("for") for element in document.all("label")}
    for element in document.elements:
        found += _faults_of(element, set(ids), labelled)
    levels = [int(element.tag[1]) for element in document.all("h1", "h2", "h3", "h4")]
    if levels.count(1) != 1 or levels[:1] != [1] or any(b > a + 1 for a, b in pairwise(levels)):
        found.append(f"headings {levels}")
    if not document.all("title")[0].text.strip(" ·"):
        found.append("no title")
    if not document.all("html")[0].attributes.get("lang"):
        found.append("no language")
    if document.all("a")[0].attributes.get("class") != "skip":
        found.append("the first link does not skip to the content")
    return found


def _faults_of(element: Element, ids: set[str], labelled: set[str | None]) -> list[str]:
    found, given = [], element.attributes
    what = f"<{element.tag} {given}>"
    if element.tag == "script" and (not given.get("src", "").startswith("/static/") or element.text.strip()):
        found.append(f"inline script: {what}")
    if element.tag == "style" or "style" in given or any(name.startswith(("on", "hx-on")) for name in given):
        found.append(f"inline style or handler: {what}")
    if any(value.strip().lower().startswith(("javascript:", "http:", "https:", "//")) for value in given.values()):
        found.append(f"foreign address: {what}")
    hidden = given.get("type") == "hidden"
    in_label = any(outer.tag == "label" for outer in element.inside)
    if element.tag in FIELDS and not hidden and not in_label and given.get("id") not in labelled:
        found.append(f"no label: {what}")
    if element.tag in ("a", "button") and not (element.text.strip() or given.get("aria-label")):
        found.append(f"nothing to read in {what}")
    for name in ("aria-labelledby", "aria-describedby"):
        found += [f"{name} names nothing: {what}" for target in given.get(name, "").split() if target not in ids]
    if element.tag == "th" and "scope" not in given:
        found.append(f"no scope: {what}")
    return found
