"""The set-up keeps its word: one package list, a command line that starts bare, import rules that bite."""

import importlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contract import certificates
from guiwei import cli, doctor, tls

ROOT = Path(__file__).resolve().parent.parent
runner = CliRunner()


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"},  # noqa: TID251 - handed on to a child
        capture_output=True,
        text=True,
        check=False,
    )


# --- one list of system packages


def test_every_listed_package_says_why_and_is_probed() -> None:
    wanted = doctor.wanted_packages()
    assert all(wanted.values()), "a package without a reason"
    assert wanted.keys() == doctor.PROBES.keys()


def test_no_other_file_lists_packages() -> None:
    for name in ("run", "Dockerfile"):
        text = (ROOT / name).read_text("utf-8")
        assert "packages.apt" in text
        for package in ("libzbar0", "mosquitto-clients", "fonts-wqy-zenhei", "poppler-utils"):
            assert package not in text, f"{name} names {package} itself"


def test_doctor_names_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.PROBES, "mosquitto", doctor.program("no-such-broker"))
    result = runner.invoke(doctor.app, ["--json"])
    assert result.exit_code == 1
    assert "apt-get install mosquitto" in result.stdout
    lacking = [finding.name for finding in doctor.examine() if not finding.present]
    assert "mosquitto" in lacking


# --- `run`


def test_doctor_names_certificates_that_are_about_to_end(tmp_path: Path) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - certificates end in real time
    tls.make_authority(tmp_path / "tls", now)
    for name, age in (("good", 0), ("short", certificates.DAYS - 29), ("over", certificates.DAYS + 1)):
        tls.issue(tmp_path / "tls", name, now - timedelta(days=age))
    (tmp_path / "bad.crt").write_text("none")
    runner, option = CliRunner(), ["--certificates", str(tmp_path)]
    done = runner.invoke(doctor.app, [*option, "--json"])
    wrong = {Path(row["name"]).name for row in json.loads(done.stdout) if not row["present"]}
    assert (done.exit_code, wrong) == (1, {"short.crt", "over.crt", "bad.crt"})
    assert runner.invoke(doctor.app, ["--certificates", str(tmp_path / "tls/good.crt")]).exit_code == 0


def test_run_is_posix_sh_and_executable() -> None:
    for name in ("run", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), f"{name} is not executable"
    assert (ROOT / "run").read_text("utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["/bin/sh", "-n", ROOT / "run"], check=True)


def copy_of_run(folder: Path, **programs: str) -> dict[str, str]:
    """Put `run` beside a stub environment in `folder`; return an environ whose PATH holds `programs` only."""
    for name in ("run", "packages.apt", "uv.lock", "pyproject.toml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    tools = folder / "tools"
    tools.mkdir()
    for tool in ("sh", "sed", "grep", "cat", "tr", "id", "dirname", "cksum", "mkdir", "tail", "env"):
        (tools / tool).symlink_to(Path("/usr/bin") / tool if Path("/usr/bin", tool).exists() else Path("/bin") / tool)
    for program, body in programs.items():
        path = tools / program.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    return {"PATH": str(tools), "HOME": str(folder)}


def start(folder: Path, environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", folder / "run", *words], env=environ, capture_output=True, text=True, timeout=30, check=False
    )


ALL_INSTALLED = 'shift 2; for name; do echo "installed $name"; done'
UV = """case "$1" in --version) echo uv;; sync)
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
printf '#!/bin/sh\\necho guiwei "$@"\\n' >"$UV_PROJECT_ENVIRONMENT/bin/guiwei"
/bin/chmod +x "$UV_PROJECT_ENVIRONMENT/bin/guiwei";; esac"""


def test_run_builds_the_environment_once_and_hands_every_word_on(tmp_path: Path) -> None:
    environ = copy_of_run(tmp_path, dpkg_query=ALL_INSTALLED, uv=UV)
    first = start(tmp_path, environ, "demo", "--once")
    assert (first.returncode, first.stdout) == (0, "guiwei demo --once\n"), first.stderr
    assert "[3/3]" in first.stderr
    second = start(tmp_path, environ, "doctor")
    assert (second.stdout, second.stderr) == ("guiwei doctor\n", "")
    (tmp_path / "uv.lock").write_text("another lock")
    assert "[3/3]" in start(tmp_path, environ, "doctor").stderr


def test_run_installs_only_what_is_missing(tmp_path: Path) -> None:
    record = 'echo "$@" >>"$HOME/apt-calls"'
    all_but_one = 'shift 2; for name; do [ "$name" = chromium ] || echo "installed $name"; done'
    environ = copy_of_run(tmp_path, dpkg_query=all_but_one, uv=UV, apt_get=record, sudo='exec "$@"')
    assert start(tmp_path, environ, "doctor").returncode == 0
    calls = (tmp_path / "apt-calls").read_text().splitlines()
    assert calls == ["update", "install -y --no-install-recommends chromium"]


def test_run_gets_uv_on_a_system_with_python_only(tmp_path: Path) -> None:
    apt = 'echo "$@" >>"$HOME/apt-calls"; case "$*" in *python3-pip) echo >"$HOME/pip";; esac'
    python = """case "$*" in
"-m pip --version") [ -e "$HOME/pip" ];;
"-m pip install"*uv) /bin/mv "$HOME/wheel" "$HOME/tools/uv";;
*) echo /nowhere;;
esac"""
    (tmp_path / "wheel").write_text(f"#!/bin/sh\n{UV}\n")
    (tmp_path / "wheel").chmod(0o755)
    environ = copy_of_run(tmp_path, dpkg_query=ALL_INSTALLED, python3=python, apt_get=apt, sudo='exec "$@"')
    result = start(tmp_path, environ, "doctor")
    assert (result.returncode, result.stdout) == (0, "guiwei doctor\n"), result.stderr
    assert (tmp_path / "apt-calls").read_text().splitlines()[-1].endswith("--no-install-recommends python3-pip")
    assert [line[:5] for line in result.stderr.splitlines() if line.startswith("[")] == ["[2/3]", "[3/3]"]


def test_run_says_what_to_install_where_it_cannot(tmp_path: Path) -> None:
    environ = copy_of_run(tmp_path, uv=UV)
    refused = start(tmp_path, environ, "demo")
    assert refused.returncode == 1
    assert "not a Debian system" in refused.stderr
    for package, why in doctor.wanted_packages().items():
        assert re.search(rf"^    {re.escape(package)} +# {re.escape(why)}$", refused.stderr, re.MULTILINE)
    allowed = start(tmp_path, {**environ, "GUIWEI_SKIP_PACKAGES": "1"}, "demo")
    assert allowed.stdout == "guiwei demo\n"


def test_run_tells_who_may_not_install_all_that_is_missing_at_once(tmp_path: Path) -> None:
    all_but_one = 'shift 2; for name; do [ "$name" = chromium ] || echo "installed $name"; done'
    environ = copy_of_run(tmp_path, dpkg_query=all_but_one, python3="exit 1")
    refused = start(tmp_path, environ, "demo")
    assert refused.returncode == 1
    named = [line.split()[0] for line in refused.stderr.splitlines() if line.startswith("    ")]
    assert named == ["chromium"]
    assert "apt-get install chromium python3-pip\n" in refused.stderr


def test_run_shows_why_a_step_failed(tmp_path: Path) -> None:
    broken = 'case "$1" in --version) echo uv;; *) echo "the lock file is out of date" >&2; exit 2;; esac'
    environ = copy_of_run(tmp_path, dpkg_query=ALL_INSTALLED, uv=broken)
    result = start(tmp_path, environ, "demo")
    assert result.returncode == 1
    assert "the lock file is out of date" in result.stderr


def test_contributing_names_only_what_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = {
        word.rstrip("/") for word in re.findall(r"`([\w./-]+)`", text) if "/" in word and not word.startswith("./")
    }
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


# --- the command line


def test_the_command_line_starts_with_none_of_the_commands_libraries() -> None:
    script = """
import sys
from typer.testing import CliRunner
from guiwei import cli
result = CliRunner().invoke(cli.app, ["--help"])
assert result.exit_code == 0, result.output
assert all(name in result.output for name in cli.COMMANDS)
heavy = {"server", "labels", "edge_agent", "fastapi", "sqlmodel", "paho", "cv2", "PIL"} & sys.modules.keys()
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, cwd=ROOT)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_is_real(name: str) -> None:
    module, _, attribute = cli.COMMANDS[name].where.partition(":")
    assert isinstance(getattr(importlib.import_module(module), attribute), typer.Typer)


def test_a_command_without_its_libraries_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "labels", cli.Target("no_such_library:app", "labels", ""))
    result = runner.invoke(cli.app, ["labels", "sheet", "--help"])
    assert result.exit_code == 2
    assert "no_such_library" in result.stderr
    assert "--extra labels" in result.stderr


# --- who may import whom


def test_every_package_has_its_place_among_the_import_rules() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    rules = (ROOT / ".importlinter").read_text("utf-8")
    listed = rules.partition("root_packages =")[2].partition("include_external")[0].split()
    assert packages == set(listed)


def bare_tree(folder: Path) -> None:
    """Lay out empty packages of the product's shape, under its import rules."""
    (folder / ".importlinter").write_bytes((ROOT / ".importlinter").read_bytes())
    layers = ("domain", "service", "store", "intake", "web", "sweep", "notify", "reports", "exchange")
    tops = ("contract", "edge_agent", "firmware_config", "labels", "server", "guiwei")
    for package in (*tops, *(f"server/{layer}" for layer in layers)):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    for module in ("server/domain/words.py", "server/store/tables.py"):
        (folder / module).touch()


def test_the_import_rules_accept_a_lawful_tree(tmp_path: Path) -> None:
    bare_tree(tmp_path)
    (tmp_path / "server/service/extra.py").write_text("import sqlite3\nfrom server.domain import words\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("path", "line", "broken"),
    [
        ("contract/extra.py", "import requests", "contract: what two sides say"),
        ("edge_agent/extra.py", "from server.domain import words", "Station and server never meet"),
        ("edge_agent/extra.py", "import sqlmodel", "edge_agent: runs with no server"),
        ("firmware_config/extra.py", "import contract", "firmware_config: the standard library"),
        ("labels/extra.py", "import sqlmodel", "labels: codes and symbols"),
        ("server/store/extra.py", "import serial", "server: contract and labels"),
        ("server/domain/extra.py", "import sqlite3", "server.domain: pure"),
        ("server/domain/extra.py", "import contract", "server.domain: pure"),
        ("server/store/extra.py", "from server import service", "server: layers"),
        ("server/web/extra.py", "from server import sweep", "server: layers"),
        ("server/web/extra.py", "from server.store import tables", "server.web: tables never"),
        ("server/novelty/__init__.py", "", "server: layers"),
    ],
)
def test_the_import_rules_refuse(tmp_path: Path, path: str, line: str, broken: str) -> None:
    """Try each rule on a small tree of the same shape with one wrong line in it."""
    bare_tree(tmp_path)
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(line + "\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    verdicts = [entry for entry in result.stdout.splitlines() if entry.endswith("BROKEN")]
    assert any(entry.startswith(broken) for entry in verdicts), result.stdout
