"""The write-ups' claims: 70, each as written and under control, all answered."""

from pipeline.claims.answers import VERDICTS
from pipeline.files import read_rows
from pipeline.params.read import read
from tests.conftest import ROOT

CLAIMS = [claim for study in read(ROOT / "params.yaml").studies.values() for claim in study.claims]


def test_seventy_claims_are_declared_once_each() -> None:
    assert len(CLAIMS) == len(set(CLAIMS)) == 70


def test_the_committed_ledger_answers_every_claim_in_both_scopes() -> None:
    rows = read_rows(ROOT / "metrics/claims.csv")
    assert {row["id"] for row in rows} == set(CLAIMS)
    assert len({(row["id"], row["scope"]) for row in rows}) == len(rows) == 140
    assert {row["verdict"] for row in rows} <= set(VERDICTS)
    assert all(row["sentence"].lower().startswith(row["verdict"]) for row in rows)
