"""The write-ups' claims: every one is declared once, in both scopes, in terms of what its study records."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import pytest

from pipeline import layout
from pipeline.claims.ledger import read_ledger
from pipeline.claims.verdicts import VERDICTS
from pipeline.claims.vocabulary import Claim, Condition, Operand
from pipeline.metrics import metric
from pipeline.params.read import read
from pipeline.params.resolve import resolve_variant
from pipeline.params.schema import Params, Study
from tests.conftest import ROOT

PARAMS: Params = read(ROOT / "params.yaml")
COUNTS = (20, 21, 8, 8, 13)  # of the catalogue's section 3, by write-up
CATALOGUE = {
    f"C{write_up:03d}-{number:02d}" for write_up, count in enumerate(COUNTS) for number in range(1, count + 1)
}
SCOPES = {"as_written", "controlled"}
# Where nothing but the claim's own subject is asked: an original network, an exact count, an exact split.
SAME_IN_BOTH = {"C002-04", "C003-08", "C004-09", "C004-11"}
EXACT = {"parameters", "trainable_parameters", "updates", "split_checksum"}
LARGEST_FAMILY = 25  # distinct comparisons that 12 repeats can decide in four looks


class Declared(NamedTuple):
    """A claim where it is declared."""

    study: Study
    kinds: Mapping[str, str]
    claim: Claim


def _declared() -> Iterator[tuple[str, Declared]]:
    for name, study in PARAMS.studies.items():
        kinds = {one: resolve_variant(study, one, "", name)[0].kind for one in study.variants}
        for claim_id, claim in study.claims.items():
            yield claim_id, Declared(study, kinds, claim)


DECLARED = list(_declared())
CLAIMS = dict(DECLARED)
each_claim = pytest.mark.parametrize("claim_id", sorted(CLAIMS))


def conditions(claim: Claim) -> list[Condition]:
    return [condition for test in claim.tests.values() for condition in test]


def asked(test: list[Condition]) -> set[str]:
    return {name for condition in test for name in condition.variants}


def test_every_claim_of_the_catalogue_is_declared_once() -> None:
    assert len(CATALOGUE) == 70
    assert sorted(claim_id for claim_id, _ in DECLARED) == sorted(CATALOGUE)


@each_claim
def test_either_scope_has_a_test_or_a_reason(claim_id: str) -> None:
    claim = CLAIMS[claim_id].claim
    assert {*claim.tests, *claim.not_testable} == SCOPES
    assert claim.says.endswith(".")


@each_claim
def test_as_written_asks_the_write_ups_variants_and_the_control(claim_id: str) -> None:
    found = CLAIMS[claim_id]
    names = asked(found.claim.tests.get("as_written", [])) - {found.study.control}
    assert {name: found.kinds[name] for name in names if found.kinds[name] != "as_written"} == {}


@each_claim
def test_controlled_asks_what_the_write_up_did_not(claim_id: str) -> None:
    found = CLAIMS[claim_id]
    tests = found.claim.tests
    if "controlled" not in tests:
        return
    if "as_written" in tests and claim_id in SAME_IN_BOTH:
        assert tests["controlled"] == tests["as_written"]
        return
    own = {name for name in asked(tests["controlled"]) if found.kinds[name] != "as_written"}
    new = asked(tests["controlled"]) - asked(tests.get("as_written", []))
    networks = any(one.network for each in tests["controlled"] for one in [*(each.of or ()), *each.against])
    assert own or new or networks
    assert tests["controlled"] != tests.get("as_written")


@each_claim
def test_a_printed_figure_named_like_a_variant_is_one_of_the_study_s(claim_id: str) -> None:
    """A label is a variant of the study, or says in words what was measured, so no variant is misspelt."""
    found = CLAIMS[claim_id]
    labels = {label for label in found.claim.printed if "_" in label and " " not in label}
    assert labels <= set(found.study.variants)


@each_claim
def test_what_counts_as_equal_is_declared(claim_id: str) -> None:
    """A share's margin is its task's; a count's is none; every other metric's stands in params.yaml."""
    for condition in conditions(CLAIMS[claim_id].claim):
        found = metric(condition.metric)
        assert found is not None
        if condition.equals and not found.share and condition.metric not in EXACT:
            assert condition.margin is not None or condition.metric in PARAMS.protocol.margins


@pytest.mark.parametrize("scope", sorted(SCOPES))
@pytest.mark.parametrize("name", PARAMS.studies)
def test_a_study_asks_no_more_than_its_repeats_can_decide(name: str, scope: str) -> None:
    tests = [claim.tests.get(scope, []) for claim in PARAMS.studies[name].claims.values()]
    untimed = [one for test in tests for one in test if not getattr(metric(one.metric), "timed", False)]
    assert len({pair for condition in untimed for pair in pairs(condition)}) <= LARGEST_FAMILY


def pairs(condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    """Comparisons of a condition, without direction."""
    named = [Operand(variant=name) for name in condition.differ or ()]
    against = [(one, other) for one in condition.of or () for other in condition.against]
    for pair in [*against, *combinations(named, 2)]:
        yield condition.metric, frozenset(one.model_dump_json(exclude_none=True) for one in pair)


def test_the_committed_ledger_answers_every_claim_in_both_scopes() -> None:
    rows = read_ledger(ROOT / layout.CLAIMS)
    assert {row.id for row in rows} == CATALOGUE
    assert len({(row.id, row.scope) for row in rows}) == len(rows) == 140
    assert {row.verdict for row in rows} <= set(VERDICTS)
    assert all(row.sentence.lower().startswith(row.verdict) for row in rows)
