"""What an audit of the lock says: what is known, that nothing is, or that nobody can be asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.commands.audit import audit
from pipeline.errors import UserError

Answer = Callable[[dict[str, list[str]] | None], None]
AUDITOR = """#!{python}
import sys
given = sys.argv[1:]
assert given[:4] == ["tool", "run", "--quiet", "pip-audit"] and "requirements.lock" in given
if {report!r} is None:
    sys.exit("Traceback of hundreds of lines\\nConnectionError: the host can't be found\\n\\nhints")
open(given[given.index("--output") + 1], "w").write({report!r})
sys.exit(1)
"""


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Let the auditor answer with vulnerabilities by library, or not at all."""

    def install(vulnerabilities: dict[str, list[str]] | None) -> None:
        vulns = (vulnerabilities or {}).items()
        libraries = [
            {"name": name, "version": "1.0", "vulns": [{"id": one, "fix_versions": ["1.1"]} for one in ids]}
            for name, ids in vulns
        ]
        report = None if vulnerabilities is None else json.dumps({"dependencies": libraries, "fixes": []})
        tool = tmp_path / "uv"
        tool.write_text(AUDITOR.format(python=sys.executable, report=report))
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return install


def test_what_is_known_is_listed_and_fails(answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    answer({"numpy": [], "pillow": ["CVE-1", "CVE-2"]})
    with pytest.raises(UserError) as caught:
        audit()
    assert str(caught.value).splitlines() == [
        "requirements.lock: 2 known vulnerabilities",
        "pillow 1.0: CVE-1, mended in 1.1",
        "pillow 1.0: CVE-2, mended in 1.1",
    ]


def test_that_nothing_is_known_is_said(answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    answer({"numpy": [], "pillow": []})
    audit()
    assert capsys.readouterr().out == "requirements.lock: no known vulnerability in 2 libraries\n"


def test_that_nobody_can_be_asked_is_said_in_one_line(answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    answer(None)
    audit()
    assert capsys.readouterr().out == (
        "requirements.lock: not audited, as no registry of advisories can be reached: "
        "ConnectionError: the host can't be found\n"
    )


def test_without_uv_its_installation_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="uv: expected it to be installed"):
        audit()


def test_pip_refuses_a_locked_library_with_another_hash(tmp_path: Path) -> None:
    """What the hashes are for: a file that is not the locked one isn't installed."""
    archive = tmp_path / "tiny-1.0-py3-none-any.whl"
    archive.write_bytes(b"no wheel, and never opened")
    (tmp_path / "lock").write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
    pip = [sys.executable, "-m", "pip", "install", "--isolated", "--no-index", "--find-links", str(tmp_path)]
    finished = subprocess.run(
        [*pip, "--target", str(tmp_path / "x"), "-r", str(tmp_path / "lock")], capture_output=True
    )
    assert finished.returncode != 0
    assert b"DO NOT MATCH THE HASHES" in finished.stderr
