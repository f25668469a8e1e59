"""No statement of the write-ups is dropped silently: a claim asks it, or a reason says why none does."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.params.read import read
from pipeline.writeups import entries
from pipeline.writeups.entries import read_entries
from pipeline.writeups.statements import LENGTHS, Statement, format_statements, print_statements, read_statements
from tests.conftest import ROOT

STATEMENTS = read_statements()
CLAIMS = {name: claim for study in read(ROOT / "params.yaml").studies.values() for name, claim in study.claims.items()}
COUNTS = {"000": 48, "001": 51, "002": 7, "003": 15, "004": 34}
NAMED = {name for one in STATEMENTS.values() for name in one.claims}


def test_every_statement_is_numbered_within_its_write_up() -> None:
    assert list(STATEMENTS) == [f"{name}-{number:02d}" for name, n in COUNTS.items() for number in range(1, n + 1)]


@pytest.mark.parametrize("one", STATEMENTS.values(), ids=list(STATEMENTS))
def test_a_statement_stands_in_its_text(one: Statement) -> None:
    assert {place.write_up for place in one.place} == {one.write_up}
    assert all(place.line <= LENGTHS[one.write_up] for place in one.place)
    assert [place.line for place in one.place] == sorted({place.line for place in one.place})


def test_statements_follow_their_text() -> None:
    for write_up in COUNTS:
        lines = [one.place[0].line for one in STATEMENTS.values() if one.write_up == write_up]
        assert lines == sorted(lines)


def test_claims_and_statements_name_each_other() -> None:
    assert set(CLAIMS) >= NAMED
    questions = {name for name, claim in CLAIMS.items() if claim.question}
    assert set(CLAIMS) - NAMED == questions


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_claim_stands_where_its_statements_stand(name: str) -> None:
    places = {place for one in STATEMENTS.values() if name in one.claims for place in map(str, one.place)}
    assert {*map(str, CLAIMS[name].place)} == places


@pytest.mark.parametrize("name", [name for name, claim in CLAIMS.items() if claim.question])
def test_a_question_stands_within_its_text(name: str) -> None:
    assert all(place.line <= LENGTHS[place.write_up] for place in CLAIMS[name].place)


@pytest.mark.parametrize("cover", ["", ", claims: [], reason: ''", ", claims: [C000-01], reason: none"])
def test_a_statement_has_claims_or_a_reason(cover: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "DATA", tmp_path)
    file = f"{tmp_path.name}.yaml"
    (tmp_path / file).write_text(f"000-01: {{place: {{write_up: '000', line: 1}}, says: a{cover}}}")
    with pytest.raises(UserError, match="000-01"):
        read_entries(file, Statement)


def test_the_table_counts_and_lists_every_statement() -> None:
    text = format_statements(STATEMENTS)
    assert "| all | 155 | 136 | 19 |\n" in text
    assert "| 001-35 | 780, 782 | Batch gradient descent is less accurate" in text
    assert sum(line.startswith("| 00") for line in text.splitlines()) == 155 + len(COUNTS)
    assert sum("| none: " in line for line in text.splitlines()) == 19


def test_the_committed_table_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    print_statements()
    assert (ROOT / "docs" / "statements.md").read_text(encoding="utf-8") == capsys.readouterr().out
