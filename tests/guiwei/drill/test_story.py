"""A story is read whole or refused with file, line, key and the nearest known word; every shipped story is read."""

from pathlib import Path

import pytest

from guiwei.demo.live import COMPANY
from guiwei.drill import hardware
from guiwei.drill import steps as s
from guiwei.drill.runner import shipped
from guiwei.drill.specs import AlarmSpec, CaseSpec, Expect, NoticeSpec, OverdueSpec, VerdictSpec
from guiwei.drill.spelling import SYNONYMS, read_step
from guiwei.drill.spelling_expect import read_expect
from guiwei.drill.steps import STEPS
from guiwei.drill.story import Story, StoryError, policy_sheet, read_story

GOOD = """\
name = "A loan"
start = "2026-03-02T09:00:00+08:00"
[people]
wang = { name = "王芳", badge = "0F00A1B2C3" }
zhao = { name = "赵敏", role = "head_of_office" }
[stations.a]
doors = 2
[items]
f1 = { title = "合同档案一", place = "a/1" }
[[steps]]
do = "request"
as = "wang"
items = ["f1"]
name = "r1"
[[steps]]
do = "approve"
as = "zhao"
request = "r1"
[[steps]]
do = "badge"
at = "a"
who = "wang"
name = "came"
[[steps]]
do = "wait"
for = "10m"
[[expect]]
after = "came"
holders = { f1 = "place:a/1" }
[[expect]]
alarms = [ { kind = "taken_extra", item = "f1", person = "wang", within = "10s" } ]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "story.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Story:
    return read_story(write(folder, text))


def test_a_good_story_is_read(tmp_path: Path) -> None:
    story = read(tmp_path, GOOD)
    assert story.name == "A loan"
    assert story.start_us == 1_772_413_200_000_000
    assert story.stations["a"].doors == 2
    assert story.people["wang"].role == "requester"
    assert [type(step) for step in story.steps] == [s.Request, s.Approve, s.Badge, s.Wait]
    assert story.lines == [10, 15, 19, 24]
    assert [expect.after for expect in story.expects] == ["came", None]
    assert story.policy == "default"


@pytest.mark.parametrize(
    ("written", "instead", "line", "what", "nearest"),
    [
        ("name = \"A loan\"\n", "nane = \"A loan\"\n", 1, "unknown key 'nane'", "name"),
        ("[people]", "[peopel]", 3, "unknown key 'peopel'", "people"),
        ("badge = \"0F00A1B2C3\"", "bagde = \"0F00A1B2C3\"", 4, "unknown key 'bagde'", "badge"),
        ("doors = 2", "dors = 2", 7, "unknown key 'dors'", "doors"),
        ("title =", "titel =", 9, "unknown key 'titel'", "title"),
        ("do = \"approve\"", "do = \"aprove\"", 16, "unknown step 'aprove'", "approve"),
        ("as = \"wang\"", "as = \"wagn\"", 12, "unknown person 'wagn'", "wang"),
        ("who = \"wang\"", "who = \"vang\"", 22, "unknown person 'vang'", "wang"),
        ("items = [\"f1\"]", "items = [\"f11\"]", 13, "unknown item 'f11'", "f1"),
        ("items = [\"f1\"]\n", "items = [\"f1\"]\npurpos = \"x\"\n", 14, "unknown key 'purpos'", "purpose"),
        ("request = \"r1\"", "request = \"r2\"", 18, "no step before this is named 'r2'", "r1"),
        ("at = \"a\"", "at = \"aa\"", 21, "unknown station 'aa'", "a"),
        ("after = \"came\"", "after = \"cane\"", 28, "`after`: unknown step 'cane'", "came"),
        ("holders = { f1", "holders = { f2", 29, "`holders`: unknown item 'f2'", "f1"),
        ("= \"place:a/1\"", "= \"wangg\"", 29, "`holders`: unknown person 'wangg'", "wang"),
        ("item = \"f1\", person", "item = \"f12\", person", 31, "`alarms`: unknown item 'f12'", "f1"),
        ("holders =", "holdres =", 29, "unknown key 'holdres'", "holders"),
        ("= \"place:a/1\"", "= \"incident:door_forcd\"", 29, "`holders`: unknown incident 'door_forcd'",
         "door_forced"),
        ("kind = \"taken_extra\"", "kind = \"takn_extra\"", 31, "`alarms`: unknown alarm 'takn_extra'", "taken_extra"),
        ("doors = 2", "reader = \"reader81\"", 7, "unknown reader 'reader81'", "reader18"),
        ("doors = 2", "lock = \"lock8\"", 7, "unknown lock 'lock8'", "lock8a"),
        ("kind = \"taken_extra\"", "kint = \"taken_extra\"", 31, "unknown key 'kint'", "kind"),
        ("person = \"wang\", within", "person = \"wong\", within", 31, "`alarms`: unknown person 'wong'", "wang"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_refused_with_its_line_and_the_nearest(
    tmp_path: Path, written: str, instead: str, line: int, what: str, nearest: str
) -> None:
    assert GOOD.count(written) == 1
    with pytest.raises(StoryError) as refused:
        read(tmp_path, GOOD.replace(written, instead))
    text = str(refused.value)
    assert what in text
    assert f"the nearest known word is {nearest!r}" in text
    assert text.startswith(f"{tmp_path / 'story.toml'}:{line}:")


@pytest.mark.parametrize(
    ("written", "instead", "what"),
    [
        ("at = \"a\"\n", "at = \"a/3\"\n", "station 'a' has doors 1 to 2, not '3'"),
        ("place = \"a/1\"", "place = \"a/9\"", "station 'a' has doors 1 to 2, not '9'"),
        ("+08:00", "", "has no offset"),
        ("within = \"10s\"", "within = \"soon\"", "'soon' is not a duration"),
        ("start = \"2026-03-02T09:00:00+08:00\"\n", "", "a story needs `name` and `start`"),
        ("start = \"2026-03-02T09:00:00+08:00\"\n", "start = \"Monday\"\n", "'Monday' is not a moment"),
        ("badge = \"0F00A1B2C3\"", "badge = \"0F00\"", "not an EM4100 number"),
        ("for = \"10m\"", "for = \"soon\"", "`for`: 'soon' is not a duration"),
        ("doors = 2", "doors = 0", "1 to 12 doors"),
        ("= \"place:a/1\"", "= \"place:a/7\"", "station 'a' has doors 1 to 2, not '7'"),
        ("who = \"wang\"\n", "who = 5\n", "Expected `str"),
        ("request = \"r1\"\n", "", "missing required field `request`"),
        ("name = \"A loan\"\n", "name = \"A loan\"\nrules = 3\n", "`rules` is a list such as [\"R02\"], not 3"),
        ("name = \"A loan\"\n", "name = \"A loan\"\nrules = \"R02\"\n", "`rules` is a list"),
        ("name = \"A loan\"\n", "name = \"A loan\"\nrules = [2]\n", "`rules` is a list"),
        ("name = \"A loan\"\n", "name = 7\n", "`name` is one word or text"),
        ("name = \"A loan\"\n", "name = \"A loan\"\npolicy = 3\n", "`policy` is one word or text"),
        ("do = \"wait\"\nfor = \"10m\"", "do = \"check\"\nas = \"wang\"", "a check needs `items` or a `request`"),
        ("do = \"approve\"", "do = [\"approve\"]", "`do` is the word of a step"),
        ("do = \"approve\"", "do = { approve = 1 }", "`do` is the word of a step"),
        ("do = \"approve\"", "do = 5", "`do` is the word of a step"),
        ("at = \"a\"\n", "at = \"a/²\"\n", "station 'a' has doors 1 to 2, not '²'"),
        ("for = \"10m\"", "for = inf", "`for`: inf is longer than a hundred years"),
        ("for = \"10m\"", f"for = \"{'9' * 400}d\"", "is longer than a hundred years"),
    ],
)  # fmt: skip
def test_other_mistakes_are_refused_in_words(tmp_path: Path, written: str, instead: str, what: str) -> None:
    assert GOOD.count(written) == 1
    with pytest.raises(StoryError, match=rf"{tmp_path.name}/story\.toml:\d+: ") as refused:
        read(tmp_path, GOOD.replace(written, instead))
    assert what in str(refused.value)


@pytest.mark.parametrize(
    ("written", "instead", "line", "what"),
    [
        ('who = "wang"', "who = 5", 22, "`who`: Expected `str"),
        ("doors = 2", 'doors = "2"', 7, "`doors`: Expected `int`, got `str`"),
        ('who = "wang"', 'who = "wnag"', 22, "`who`: unknown person 'wnag'; the nearest known word is 'wang'"),
        ('at = "a"\n', 'at = "b"\n', 21, "`at`: unknown station 'b'; the nearest known word is 'a'"),
        ('badge = "0F00A1B2C3"', 'badge = "0F00A1B2CZ"', 4, "`badge`: '0F00A1B2CZ' is not"),
        ("title =", 'tag = "XYZ", title =', 9, "`tag`: 'XYZ' is not"),
        ('request = "r1"', 'request = "r2"', 18, "`request`: no step before this is named 'r2'"),
        ("holders = { f1 =", 'late = ["f9"]\nholders = { f1 =', 29, "`late`: unknown word 'f9'; the nearest"),
        ("holders = { f1 =", "counts = { a = { hled = 2 } }\nholders = { f1 =", 29,
         "`counts`: unknown count 'hled'; the nearest known word is 'held'"),
        ('name = "came"', 'name = "r1"', 23, "`name`: another step is named 'r1' too"),
        ('place = "a/1" }', 'place = "a/1", tag = "E2801160" }\ng1 = { place = "a/1", tag = "e2801160" }', 10,
         "`tag`: 'E2801160' is another item's too"),
        ('place = "a/1" }', 'place = "a/1", code = "x" }\ng1 = { place = "a/1", code = "x" }', 10,
         "`code`: 'x' is another item's too"),
        ('do = "wait"\nfor = "10m"', 'do = "delegate"\nas = "zhao"\nto = "wang"\nfrom = "tomorrow"', 28,
         "`from`: 'tomorrow' is not a moment"),
        ('do = "wait"\nfor = "10m"', 'do = "at"\ntime = "2026-03-02T08:00:00+08:00"', 26,
         "`time`: story time does not go back"),
        ('for = "10m"', 'for = "-10m"', 26, "`for`: story time does not go back"),
        ('do = "wait"\nfor = "10m"', 'do = "unplug"\nat = "a"\ndevice = "reader3"', 27,
         "`device`: station 'a' has doors"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_and_key(tmp_path: Path, written: str, instead: str, line: int, what: str) -> None:
    assert GOOD.count(written) == 1
    with pytest.raises(StoryError) as refused:
        read(tmp_path, GOOD.replace(written, instead))
    assert f"story.toml:{line}: {what}" in str(refused.value)


def test_a_story_without_expectations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match=r"needs at least one \[\[expect\]\]"):
        read(tmp_path, GOOD[: GOOD.index("[[expect]]")])


def test_broken_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match=r"story\.toml:3: "):
        read(tmp_path, GOOD.replace("[people]", "[people"))


def test_numbers_and_nesting_beyond_reading_are_refused(tmp_path: Path) -> None:
    for text in (f"name = {'9' * 5000}", f"name = {'[' * 5000}"):
        with pytest.raises(StoryError, match=r"story\.toml"):
            read(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match=r"nowhere\.toml"):
        read_story(tmp_path / "nowhere.toml")


def test_what_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(StoryError, match="utf-8"):
        read_story(path)


@pytest.mark.parametrize("path", [*shipped(), COMPANY], ids=lambda path: path.stem)
def test_every_shipped_story_is_read(path: Path) -> None:
    story = read_story(path)
    assert story.steps or path == COMPANY
    assert story.expects


def test_stories_ship() -> None:
    assert len(shipped()) >= 14
    assert len({read_story(path).name for path in shipped()}) == len(shipped())


# --- steps


def test_every_synonym_names_a_key_of_its_step() -> None:
    for do, pairs in SYNONYMS.items():
        for _written, meant in pairs:
            assert meant in STEPS[do].__struct_encode_fields__, f"{do}: {meant}"


@pytest.mark.parametrize(
    ("raw", "step"),
    [
        ({"do": "badge", "at": "a", "as": "wang"}, s.Badge(at="a", who="wang")),
        ({"do": "take", "at": "a/1", "item": "f1"}, s.Take(at="a/1", items=["f1"])),
        ({"do": "take", "at": "a/1", "items": "f1"}, s.Take(at="a/1", items=["f1"])),
        ({"do": "kill", "target": "server"}, s.Kill(what="server")),
        ({"do": "kill", "what": "station", "at": "a"}, s.Kill(what="a")),
        ({"do": "wait", "duration": "5m"}, s.Wait(for_="5m")),
        ({"do": "at", "to": "2026-03-02T10:00:00Z"}, s.At(time="2026-03-02T10:00:00Z")),
        ({"do": "clock", "at": "a", "jump": "-10m"}, s.Clock(at="a", by="-10m")),
        ({"do": "put", "at": "a/1", "tags": "E200"}, s.Put(at="a/1", tags=["E200"])),
        ({"do": "cut", "station": "a"}, s.Cut(at="a")),
        ({"do": "open", "station": "a", "door": 1}, s.Open(at="a/1")),
        ({"do": "open", "door": "a/2"}, s.Open(at="a/2")),
        ({"do": "kill", "what": "station a"}, s.Kill(what="a")),
        ({"do": "pause", "process": "agent", "station": "a"}, s.Pause(what="a")),
        ({"do": "resume", "what": "station"}, s.Resume(what="a")),
        ({"do": "badge", "at": "a", "badge": "0F00FFFFFF"}, s.Badge(at="a", card="0F00FFFFFF")),
        ({"do": "wait", "until": "2026-03-02T10:00:00Z"}, s.At(time="2026-03-02T10:00:00Z")),
        ({"do": "refuse", "as": "li", "request": "r1", "reason": "no"}, s.Refuse(as_="li", request="r1", note="no")),
        ({"do": "check", "as": "li", "item": "f1", "pages": False}, s.Check(as_="li", items=["f1"], complete=False)),
        ({"do": "swap_tag", "items": ["f1", "f2"]}, s.SwapTag(item="f1", with_="f2")),
        (
            {"do": "hand_over", "from": "li", "to": "wu", "item": "f1"},
            s.HandOver(as_="li", from_="li", to="wu", items=["f1"]),
        ),
        (
            {"do": "delegate", "as": "li", "to": "wu", "scope": ["secret", "loan", "sales"]},
            s.Delegate(as_="li", to="wu", scope={"secrecy": ["secret"], "modes": ["loan"], "departments": ["sales"]}),
        ),
        ({"do": "open", "at": "a", "expect_refusal": "R20"}, s.Open(at="a", expect_refusal=["R20"])),
        (
            {"do": "request", "as": "li", "item": "f1", "mode": "Sharing outside", "to": "法院", "pages": [1, 2]},
            s.Request(as_="li", items=["f1"], mode="sharing", outside=True, recipient="法院", pages="1,2"),
        ),
        (
            {"do": "request", "by": "li", "who": "wu", "items": "f1", "mode": "室内阅览", "reason": "x"},
            s.Request(as_="li", for_="wu", items=["f1"], mode="reading", purpose="x"),
        ),
        (
            {"do": "order", "as": "li", "items": "f1", "type": "stock-in", "to": "wu"},
            s.Order(as_="li", for_="wu", items=["f1"], task="stock_in"),
        ),
        ({"do": "order", "as": "li", "items": "f1", "to": "a/2"}, s.Order(as_="li", items=["f1"], to="a/2")),
        ({"do": "delegate", "from": "li", "to": "wu"}, s.Delegate(as_="li", to="wu")),
        (
            {"do": "request", "as": "li", "items": "f1", "mode": "transfer", "to": "wu"},
            s.Request(as_="li", for_="wu", items=["f1"], mode="transfer"),
        ),
        ({"do": "delegate", "as": "li", "to": "wu", "scope": "all"}, s.Delegate(as_="li", to="wu")),
        (
            {"do": "check", "as": "li", "items": "f1", "missing_pages": 2},
            s.Check(as_="li", items=["f1"], complete=False, note="missing_pages: 2"),
        ),
        (
            {"do": "delegate", "as": "li", "to": "wu", "scope": {"secrecy": "Top secret", "mode": ["borrow"]}},
            s.Delegate(as_="li", to="wu", scope={"secrecy": ["top_secret"], "modes": ["loan"]}),
        ),
    ],
    ids=lambda value: str(value.get("do")) if isinstance(value, dict) else "",
)
def test_synonyms_are_understood(raw: dict[str, object], step: s.AnyStep) -> None:
    assert read_step(raw, ["a"]) == step


@pytest.mark.parametrize(
    ("raw", "expect"),
    [
        ({"alarms": ["door_forced"]}, Expect(alarms=[AlarmSpec(kind="door_forced")])),
        ({"alarms": [{"kind": "x", "station": "a", "door": 1}]}, Expect(alarms=[AlarmSpec(kind="x", at="a/1")])),
        ({"cases": [{"item": "f1"}]}, Expect(cases=[CaseSpec(item="f1")])),
        ({"cases": 1}, Expect(cases=1)),
        ({"overdue": ["f1", {"item": "f2", "rule": "R05"}]},
         Expect(overdue=[OverdueSpec(item="f1"), OverdueSpec(item="f2", rule="R05")])),
        ({"overdue": {"f1": "wang"}}, Expect(overdue=[OverdueSpec(item="f1", person="wang")])),
        ({"verdicts": [{"item": "f1", "verdict": "extra"}, {"item": "f1", "verdict": "returned"}]},
         Expect(verdicts={"f1": [VerdictSpec(verdict="extra"), VerdictSpec(verdict="returned")]})),
        ({"notices": ["x", {"kind": "y", "person": "wang"}]},
         Expect(notices=[NoticeSpec(kind="x"), NoticeSpec(kind="y", to="wang")])),
        ({"late": [{"item": "f1"}, "f2"]}, Expect(late=["f1", "f2"])),
        ({"verdicts": {"f1": {"verdict": "extra", "reasons": "R02", "who": "nobody"}}},
         Expect(verdicts={"f1": VerdictSpec(verdict="extra", rules=["R02"], person="")})),
        ({"alarms": [{"kind": "x", "who": "wang"}]}, Expect(alarms=[AlarmSpec(kind="x", person="wang")])),
    ],
    ids=str,
)  # fmt: skip
def test_expectations_are_read_as_people_write_them(raw: dict[str, object], expect: Expect) -> None:
    assert read_expect(raw) == expect


def test_states_of_loans_have_other_words() -> None:
    assert read_expect({"loans": {"r1": "requested", "r2": "Checked"}}).loans == {"r1": "filed", "r2": "closed"}


def test_people_and_items_are_read_as_people_write_them(tmp_path: Path) -> None:
    text = GOOD.replace('role = "head_of_office"', 'post = "Head of the manager\'s office", clearance = "秘密"')
    text = text.replace('badge = "0F00A1B2C3"', 'cabinets = "a", training = ["rules"], active = false')
    story = read(tmp_path, text.replace("title =", 'secrecy = "Top secret", home = "a/2", customer = "甲", title ='))
    wang, zhao, file = story.people["wang"], story.people["zhao"], story.items["f1"]
    assert (zhao.role, zhao.scope) == ("head_of_office", {"secrecy": ["secret", "ordinary"]})
    assert (wang.scope, wang.training, wang.active) == ({"cabinets": ["a"]}, {"rules": ""}, False)
    assert (file.secrecy, file.home, file.customer) == ("top_secret", "a/2", "甲")


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        ("place =", 'home = "a/9", place =', "doors 1 to 2"),
        ("place =", 'copy_of = "f8", place =', "unknown item 'f8'"),
        ('role = "head_of_office"', "scope = { cabinet = [], floor = [] }", "unknown limit 'floor'"),
        ('role = "head_of_office"', 'training = { rules = "soon" }', "not a moment"),
        (
            "start =",
            'policy = "listed"\nstart =',
            "no policy sheet 'listed'; the nearest known word is 'listed_company'",
        ),
        ("start =", f'policy = "{"x" * 5000}"\nstart =', "no policy sheet 'xxx"),
    ],
)
def test_what_is_said_of_people_and_items_is_checked(tmp_path: Path, written: str, instead: str, says: str) -> None:
    with pytest.raises(StoryError, match=says):
        read(tmp_path, GOOD.replace(written, instead))


def test_a_sheet_that_ships_goes_by_its_name(tmp_path: Path) -> None:
    story = read(tmp_path, GOOD.replace("start =", 'policy = "listed_company"\nstart ='))
    assert policy_sheet(story.file, story.policy).name == "listed_company.toml"


def test_moments_may_be_written_as_toml_s_own(tmp_path: Path) -> None:
    text = GOOD.replace('for = "10m"', "until = 2026-03-02T12:00:00+08:00").replace('do = "wait"', 'do = "at"')
    story = read(tmp_path, text.replace('"2026-03-02T09:00:00+08:00"', "2026-03-02T09:00:00+08:00"))
    assert story.start_us == 1_772_413_200_000_000
    assert story.steps[-1] == s.At(time="2026-03-02T12:00:00+08:00")


def test_a_uid_is_a_badge_where_every_reader_reads_uids(tmp_path: Path) -> None:
    uid = GOOD.replace("0F00A1B2C3", "04A1B2C3D4E580")
    with pytest.raises(StoryError, match="wants ten hex digits"):
        read(tmp_path, uid)
    assert (
        read(tmp_path, uid.replace("doors = 2", 'doors = 2\nbadge = "pn532"')).people["wang"].badge == "04A1B2C3D4E580"
    )


def test_one_card_is_known_by_the_number_that_each_reader_sees() -> None:
    assert hardware.cards_of("0F00A1B2C3") == ["0F00A1B2C3", "040F00A1B2C380"]
    assert hardware.cards_of("04A1B2C3") == ["04A1B2C3"]
