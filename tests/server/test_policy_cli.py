"""`guiwei policy check`: complete, or refused with every problem; the sheets that ship say what they mean."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from guiwei.cli import COMMANDS, load
from server.domain.policy import load_policy
from server.domain.policy_summary import summary
from server.domain.words import ItemKind, Mode, Role, Secrecy
from server.policy_cli import app
from tests.server.company import POLICY

SHEETS = sorted(POLICY.parent.glob("*.toml"))
LISTED = load_policy(POLICY.with_name("listed_company.toml").read_text(encoding="utf-8"))
DEFAULT = load_policy(POLICY.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sheet_that_ships_is_complete_and_told(sheet: Path, language: str) -> None:
    told = CliRunner().invoke(app, ["check", str(sheet), "--language", language])
    assert told.exit_code == 0, told.output
    policy = load_policy(sheet.read_text(encoding="utf-8"))
    first, *sentences = told.stdout.splitlines()
    assert first == f"{policy.name} {policy.digest}"
    assert policy.name == sheet.stem
    assert len(sentences) == 1 + len(policy.approval) + len(policy.due) + 5 + bool(policy.access.offline_hours)
    assert not [sentence for sentence in sentences if "{" in sentence or "_" in sentence]


def test_the_summary_says_who_files_who_approves_and_when_it_is_due() -> None:
    english, chinese = "\n".join(summary(DEFAULT, "en")), "\n".join(summary(LISTED, "zh"))
    assert "R06 top secret: never used" in english
    assert "R12 ordinary, photocopy: approved by records manager (when that post asks or files: head of" in english
    assert "R05 all, all: back by close of business, 17:30, unless the approval says otherwise" in english
    assert "R08 秘密·借阅、室内阅览" not in chinese
    assert "R17 普通·用印：总经办主任审批（其本人申请或代办时：副总经理），再由总经理审批" in chinese
    assert "R08 机密、秘密·全部：2 小时内归还，审批不得延长" in chinese
    assert "R17 用印须列明：文件、用印次数" in chinese
    assert "R20 须输入密码：印章、钥匙、绝密、机密、秘密" in chinese


def test_a_refused_sheet_lists_every_problem_with_its_key_and_the_nearest_word(tmp_path: Path) -> None:
    file = tmp_path / "sheet.toml"
    text = POLICY.read_text(encoding="utf-8").replace("[orders]", "[ordres]").replace('["seal"]', '["saeal"]')
    file.write_text(text, encoding="utf-8")
    told = CliRunner().invoke(app, ["check", str(file)])
    assert told.exit_code == 1
    assert "refused, 3 to put right" in told.stderr
    for problem in ("ordres: not known; did you mean orders?", "orders: missing", "did you mean seal?"):
        assert problem in told.stderr


@pytest.mark.parametrize("content", [None, "名".encode("gb18030")])
def test_a_file_that_cannot_be_read_is_wrong_use(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "sheet.toml"
    if content is not None:
        file.write_bytes(content)
    told = CliRunner().invoke(app, ["check", str(file)])
    assert (told.exit_code, str(file) in told.stderr) == (2, True)


def test_the_command_is_in_the_table() -> None:
    assert load("policy") is app
    assert COMMANDS["policy"].extra == "server"


def test_the_listed_company_allows_nothing_that_the_rule_book_refuses() -> None:
    for kind in ItemKind:
        for secrecy in Secrecy:
            for mode in Mode:
                if DEFAULT.mode_reasons(kind, secrecy, mode):
                    assert LISTED.mode_reasons(kind, secrecy, mode), (kind, secrecy, mode)
    for secrecy in Secrecy:
        for mode in Mode:
            theirs, ours = LISTED.approval_row(secrecy, mode), DEFAULT.approval_row(secrecy, mode)
            if theirs is not None and ours is not None:
                assert theirs.chain[-1].approvers <= ours.chain[-1].approvers | {Role.GENERAL_MANAGER}, (secrecy, mode)
                assert len(theirs.chain) >= len(ours.chain), (secrecy, mode)
    secret = LISTED.approval_row(Secrecy.SECRET, Mode.LOAN)
    assert secret is not None
    assert secret.approvers == {Role.GENERAL_MANAGER}
    assert Role.DIRECTOR not in LISTED.registration.posts
    assert LISTED.office.close < DEFAULT.office.close
