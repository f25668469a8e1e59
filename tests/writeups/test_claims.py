"""The write-ups' claims: every one is declared once, in both scopes, in terms of what its study records."""

from collections import Counter
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
COUNTS = (33, 31, 10, 14, 19)  # by write-up
CATALOGUE = {f"C{write_up:03d}-{number:02d}" for write_up, count in enumerate(COUNTS) for number in range(1, count + 1)}
SCOPES = {"as_written", "controlled"}
# Where nothing but the claim's own subject is asked: an original network, an exact count, an exact split, or a pair
# of the write-up's that differs in nothing but the subject.
SAME_IN_BOTH = {"C000-25", "C002-04", "C003-08", "C004-09", "C004-11", "C004-15"}
QUESTIONS = {"C002-04", "C002-07", "C002-08", "C002-10", "C003-06"}  # of the tasks, or ours
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
    assert len(CATALOGUE) == 107
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
def test_a_printed_figure_under_a_bare_name_is_of_the_metric_that_is_asked(claim_id: str) -> None:
    """Where several metrics are asked, every label says of what its figure is."""
    found = CLAIMS[claim_id]
    tests = found.claim.tests
    asked_of = {condition.metric for condition in tests.get("as_written") or tests.get("controlled", [])}
    bare = set(found.claim.printed) & set(found.study.variants)
    assert len(asked_of) == 1 or not bare


@each_claim
def test_a_claim_has_its_place_in_the_text_or_is_a_question(claim_id: str) -> None:
    claim = CLAIMS[claim_id].claim
    assert claim.question is (claim_id in QUESTIONS)
    assert claim.question or claim.place
    assert {place.write_up for place in claim.place} <= {claim_id[1:4]}


ASKS = {  # by scope, the metrics that a claim's words call for, and no others
    "C000-18": {"controlled": {"test_accuracy"}},
    "C001-01": {scope: {"epochs_run", "train_seconds"} for scope in SCOPES},
    "C001-02": {scope: {"false_positives", "false_negatives"} for scope in SCOPES},
    "C001-09": {scope: {"test_accuracy", "val_accuracy", "val_loss"} for scope in SCOPES},
    "C001-13": {scope: {"recall_8", "recall_0", "recall_1"} for scope in SCOPES},
    "C001-21": {
        "as_written": {"test_accuracy", "train_seconds", "inference_seconds"},
        "controlled": {"test_accuracy", "inference_seconds"},
    },
    "C002-03": {scope: {"test_accuracy", "generalization_gap"} for scope in SCOPES},
    "C003-01": {"controlled": {"generalization_gap"}},
    "C003-02": {"controlled": {"test_accuracy_shift_2"}},
    "C003-04": {"controlled": {"val_accuracy_sd", "first_epoch_accuracy"}},
    "C003-05": {"controlled": {"epochs_run", "generalization_gap"}},
}


@pytest.mark.parametrize("claim_id", ASKS)
def test_a_claim_asks_what_the_text_says(claim_id: str) -> None:
    tests = CLAIMS[claim_id].claim.tests
    assert {scope: {name for one in test for name in one.metrics} for scope, test in tests.items()} == ASKS[claim_id]


@pytest.mark.parametrize("claim_id", ["C000-05", "C000-06", "C000-07", "C000-08", "C000-10", "C000-14", "C000-26"])
def test_regularisers_are_controlled_at_equal_epochs(claim_id: str) -> None:
    study = CLAIMS[claim_id].study
    names = asked(CLAIMS[claim_id].claim.tests["controlled"])
    assert {resolve_variant(study, name, "", "s")[1].epochs for name in names} == {5}


def test_more_epochs_with_early_stopping_have_the_patience_of_the_text() -> None:
    study = CLAIMS["C000-18"].study
    both = [resolve_variant(study, one, "", "s")[1] for one in asked(CLAIMS["C000-18"].claim.tests["controlled"])]
    assert sorted(one.epochs for one in both) == [5, 30]
    assert both[0].model_copy(update={"epochs": both[1].epochs}) == both[1]


@pytest.mark.parametrize("name", ["ten_augment", "ten_augment_flip", "four_augment", "four_augment_flip"])
def test_training_images_are_rotated_scaled_and_flipped_but_not_shifted(name: str) -> None:
    augmentation = resolve_variant(CLAIMS["C003-02"].study, name, "", "s")[1].augmentation
    assert augmentation is not None and augmentation.rotation and augmentation.zoom
    assert augmentation.translation is None


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("mlp_testval", ("mnist_tuner_mlp", "testval")),
        ("cnn3_testval", ("mnist_learning_rate", "lr_1e3_testval")),
        ("mlp", ("mnist_shift_robustness", "mlp")),
    ],
)
def test_what_a_claim_borrows_from_another_study_is_the_same_run(here: str, there: tuple[str, str]) -> None:
    """Equal recipes on equal tasks have one fingerprint, so nothing is trained twice."""
    study, other = PARAMS.studies["mnist_tuner_cnn"], PARAMS.studies[there[0]]
    variant, recipe = resolve_variant(study, here, "", "s")
    original, same = resolve_variant(other, there[1], "", "s")
    assert recipe == same
    assert (variant.task or study.task, variant.search) == (original.task or other.task, original.search)


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
def test_a_study_asks_no_more_of_a_metric_than_its_repeats_can_decide(name: str, scope: str) -> None:
    """What a study's claims ask of one metric in one scope is a family."""
    tests = [claim.tests.get(scope, []) for claim in PARAMS.studies[name].claims.values()]
    untimed = [one for test in tests for one in test if not getattr(metric(one.metric), "timed", False)]
    families = Counter(asked_of for asked_of, _ in {pair for condition in untimed for pair in pairs(condition)})
    assert max(families.values(), default=0) <= LARGEST_FAMILY


def pairs(condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    """Comparisons of a condition, without direction."""
    named = [Operand(variant=name) for name in condition.differ or ()]
    against = [(one, other) for one in condition.of or () for other in condition.against]
    for pair in [*against, *combinations(named, 2)]:
        yield condition.metric, frozenset(one.model_dump_json(exclude_none=True) for one in pair)


def test_the_committed_ledger_answers_every_claim_in_both_scopes() -> None:
    rows = read_ledger(ROOT / layout.CLAIMS)
    assert {row.id for row in rows} == CATALOGUE
    assert len({(row.id, row.scope) for row in rows}) == len(rows) == 2 * len(CATALOGUE)
    assert {row.verdict for row in rows} <= set(VERDICTS)
    assert all(row.sentence.lower().startswith(row.verdict) for row in rows)
