"""Verdicts of claims: every relation and operand on measurements whose answer is plain."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.claims.answers import Answer, answer_study
from pipeline.claims.findings import (
    DIFFERENT,
    EQUIVALENT,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    ComputedDifference,
)
from pipeline.claims.ledger import count_verdicts, make_ledger
from pipeline.claims.verdicts import OPEN
from pipeline.claims.wording import format_answer
from pipeline.params.plan import ComparedVariant
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.power import smallest_attainable_p
from pipeline.statistics.spread import SpreadTest
from tests.unit.claims.conftest import Ask, paired, plan, table

NOISE = np.array([0.003, -0.001, 0.002, -0.004, 0.001, 0.0, -0.002, 0.004, -0.003, 0.001])
BASE = 0.9 + NOISE
LOW = BASE - 0.05 + NOISE[::-1] / 2
NEAR = BASE + NOISE[::-1] / 2  # within the margin of 0.02
WILD = BASE + 30 * NOISE[::-1]
ACCURACY = {"test_accuracy": {"high": BASE, "low": LOW, "near": NEAR, "wild": WILD, "same": BASE}}


def verdict(ask: Ask, test: Any, columns: Any = ACCURACY, **changes: Any) -> str:
    return ask(test, columns, **changes).verdict


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"of": "high", "above": "low"}, SUPPORTED),
        ({"of": "low", "above": "high"}, REFUTED),
        ({"of": "low", "below": "high"}, SUPPORTED),
        ({"of": "high", "below": "low"}, REFUTED),
        ({"of": "near", "above": "high"}, EQUIVALENT),
        ({"of": "same", "above": "high"}, EQUIVALENT),
        ({"of": "wild", "above": "high"}, UNDECIDED),
        ({"of": "near", "equals": "high"}, SUPPORTED),
        ({"of": "same", "equals": "high"}, SUPPORTED),
        ({"of": "low", "equals": "high"}, REFUTED),
        ({"of": "wild", "equals": "high"}, UNDECIDED),
        ({"of": "low", "differs_from": "high"}, SUPPORTED),
        ({"of": "near", "differs_from": "high"}, EQUIVALENT),
        ({"of": "high", "above": 0.88}, SUPPORTED),
        ({"of": "high", "above": 0.93}, REFUTED),
        ({"of": "high", "above": 0.9}, UNDECIDED),  # near a bound is neither above nor below it
        ({"of": {"lowest": ["high", "low"]}, "above": 0.8}, SUPPORTED),
        ({"of": {"lowest": ["high", "low"]}, "above": 0.88}, REFUTED),
        ({"of": {"highest": ["high", "low"]}, "above": 0.88}, SUPPORTED),
        ({"of": {"difference": ["high", "low"]}, "above": {"difference": ["near", "high"]}}, SUPPORTED),
        ({"of": {"difference": ["near", "high"]}, "above": {"difference": ["high", "low"]}}, REFUTED),
        ({"of": {"sd_over": ["high", "near"]}, "below": {"sd_over": ["high", "low"]}}, SUPPORTED),
        ({"of": {"rank": "low", "among": ["high", "low", "near"]}, "above": 2.5}, SUPPORTED),
        ({"of": {"rank": "low", "among": ["high", "low", "near"]}, "below": 1.5}, REFUTED),
        ({"of": {"deviation": "high"}, "below": {"deviation": "wild"}}, SUPPORTED),
        ({"of": {"spread": "high"}, "below": 0.02}, SUPPORTED),
        ({"of": {"spread": "wild"}, "below": 0.02}, REFUTED),
        ({"of": {"spread": "high"}, "below": 0.0028}, UNDECIDED),
        ({"of": "low", "below": {"variant": "high", "times": 0.99}}, SUPPORTED),
        ({"of": "low", "below": {"variant": "high", "times": 0.90}}, REFUTED),
        ({"differ": ["high", "near", "low"]}, SUPPORTED),
        ({"differ": ["high", "near", "same"]}, EQUIVALENT),
        ({"differ": ["high", "wild"]}, UNDECIDED),
    ],
)
def test_relations(ask: Ask, test: Any, expected: str) -> None:
    assert verdict(ask, test) == expected


def test_all_conditions_have_to_hold_and_the_worst_decides(ask: Ask) -> None:
    holds, fails = {"of": "high", "above": "low"}, {"of": "low", "above": "near"}
    open_ = {"of": "wild", "above": "high"}
    assert verdict(ask, [holds, holds]) == SUPPORTED
    assert verdict(ask, [holds, open_]) == UNDECIDED
    assert verdict(ask, [holds, open_, fails]) == REFUTED
    assert verdict(ask, [holds, {"of": "near", "above": "high"}]) == EQUIVALENT
    assert verdict(ask, {"of": "high", "above": ["low", "near"]}) == EQUIVALENT


def test_the_weakest_comparison_decides_a_supported_claim(ask: Ask) -> None:
    barely = BASE - 0.004 + NOISE[::-1]
    found = ask({"of": "a", "above": ["low", "b"]}, {"test_accuracy": {"a": BASE, "low": LOW, "b": barely}})
    assert found.verdict == SUPPORTED
    assert paired(found).control == "b"


def test_the_weakest_of_several_equalities_is_the_one_closest_to_the_margin(ask: Ask) -> None:
    offset = BASE - 0.019 + 2 * NOISE[::-1]  # its difference from 0 is the clearest, its equality the weakest
    found = ask(
        {"of": "a", "equals": ["near", "b"]},
        {"test_accuracy": {"a": BASE, "near": NEAR, "b": offset}},
        margins={"test_accuracy": 0.025},
    )
    assert found.verdict == SUPPORTED
    assert paired(found).control == "b"


def test_a_difference_from_a_number_may_be_shown_to_be_negligible(ask: Ask) -> None:
    assert verdict(ask, {"of": "near", "differs_from": 0.9}) == EQUIVALENT


def test_sizes_that_a_search_chose_are_a_sample_of_all_repeats(ask: Ask) -> None:
    sizes = {"parameters": {"searched": [100, 100, 300, 300, 300, 100, 300, 300, 300, 300], "fixed": 200}}
    found = ask({"metric": "parameters", "of": "searched", "below": "fixed"}, sizes)
    assert found.verdict == UNDECIDED
    assert paired(found).n == 10


def test_the_best_changes_only_where_both_rankings_are_shown(ask: Ask) -> None:
    columns = {"test_accuracy": {"a1": BASE, "b1": LOW, "a2": LOW, "b2": BASE, "a3": BASE, "b3": LOW, "c": WILD}}
    assert verdict(ask, {"best_changes": [["a1", "b1"], ["a2", "b2"]]}, columns) == SUPPORTED
    assert verdict(ask, {"best_changes": [["a1", "b1"], ["a3", "b3"]]}, columns) == REFUTED
    assert verdict(ask, {"best_changes": [["a1", "b1"], ["a3", "c"]]}, columns) == UNDECIDED


def test_the_direction_of_a_metric_is_the_claims_own(ask: Ask) -> None:
    columns = {"test_loss": {"a": BASE, "b": BASE + 0.5 + NOISE[::-1]}}
    found = ask({"metric": "test_loss", "of": "a", "below": "b"}, columns)
    assert found.verdict == SUPPORTED
    assert (paired(found).estimate or 0) > 0.4


def test_what_seeds_cannot_change_needs_no_repeats(ask: Ask) -> None:
    columns = {"parameters": {"a": 100, "b": 200, "c": 200}}
    assert verdict(ask, {"metric": "parameters", "of": "a", "below": "b"}, columns, repeats=1) == SUPPORTED
    assert verdict(ask, {"metric": "parameters", "of": "b", "equals": "c"}, columns, repeats=1) == SUPPORTED
    assert verdict(ask, {"metric": "parameters", "of": "a", "equals": "c"}, columns, repeats=1) == REFUTED


def test_splits_and_networks_are_computed(ask: Ask) -> None:
    def split(seed: int) -> dict[str, Any]:
        return {"split": {"n": 500, "fraction": 0.2, "seed": seed}}

    test = {"metric": "split_checksum", "of": split(42), "equals": split(42)}
    assert verdict(ask, test, {"test_accuracy": {"a": BASE}}) == SUPPORTED
    test = {"metric": "split_checksum", "of": split(42), "differs_from": split(43)}
    found = ask(test, {"test_accuracy": {"a": BASE}})
    assert found.verdict == SUPPORTED
    assert found.deciding is not None and isinstance(found.deciding.result, ComputedDifference)


def test_what_lies_on_a_bound_in_every_repeat_is_not_beyond_it(ask: Ask) -> None:
    """Where nothing stops the training it is its recipe's own length; where something may, ten equal ones are luck."""
    test, columns = {"metric": "epochs_run", "of": "a", "below": 5}, {"epochs_run": {"a": 5}}
    assert verdict(ask, test, columns, variants=lengths(a=True)) == REFUTED
    assert verdict(ask, test, columns, variants=lengths(a=False)) == UNDECIDED
    assert verdict(ask, test | {"below": 5.5}, columns, repeats=3, variants=lengths(a=False)) == UNDECIDED
    found = ask(test | {"below": 5.5}, columns, repeats=3, variants=lengths(a=True))
    assert found.deciding is not None and isinstance(found.deciding.result, ComputedDifference)
    assert found.verdict == SUPPORTED


def lengths(**fixed: bool) -> dict[str, ComparedVariant]:
    return {
        name: ComparedVariant(kind="control", vary=None, held_out_anew=None, fixed_length=one)
        for name, one in fixed.items()
    }


def acted(**same: str) -> Any:
    """Measurements of `a`, `b` and `c`, each with its own weights but those that are the `same` as another's."""
    values = {"a": NEAR, "b": NEAR if "b" in same else BASE, "c": LOW}
    columns: dict[str, Any] = {"test_accuracy": values, "epochs_run": {"a": 5, "b": 5, "c": 5}}
    columns["weights_digest"] = {name: [f"{same.get(name, name)}{r}" for r in range(10)] for name in values}
    return columns


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"of": "b", "above": "a"}, REFUTED),
        ({"of": "b", "below": "a"}, REFUTED),
        ({"of": "b", "differs_from": "a"}, REFUTED),
        ({"of": "b", "equals": "a"}, SUPPORTED),
        ({"differ": ["a", "b"]}, REFUTED),
        ({"of": {"difference": ["a", "b"]}, "above": 0.001}, REFUTED),
        ({"of": {"difference": ["a", "b"]}, "below": 0.001}, SUPPORTED),
        ({"metric": "epochs_run", "of": {"difference": ["a", "b"]}, "above": 0.5}, REFUTED),
        ({"of": {"rank": "a", "among": ["a", "b"]}, "differs_from": {"rank": "b", "among": ["b", "a"]}}, REFUTED),
    ],
)
def test_a_difference_of_identical_variants_is_refuted_and_equality_supported(
    ask: Ask, test: Any, expected: str
) -> None:
    """Even of two repeats; equal values of other runs decide nothing there."""
    found = ask(test, acted(b="a"), repeats=2)
    assert found.verdict == expected
    assert found.deciding is not None and found.deciding.is_identical
    (row,) = make_ledger([found])
    assert count_verdicts([row])["controlled"]["on identical runs"] == 1
    assert (row.identical, row.p_adjusted) == (True, None)
    assert "the same runs, bit for bit" in format_answer(found)
    mixed = acted(b="a") | {"weights_digest": acted()["weights_digest"]}
    other = ask(test, mixed, repeats=2)
    assert other.verdict == UNDECIDED and count_verdicts(make_ledger([other]))["controlled"]["on identical runs"] == 0


def test_identical_variants_are_no_winners_of_a_ranking(ask: Ask) -> None:
    assert verdict(ask, {"best_changes": [["a", "c"], ["b", "a"]]}, acted(b="a")) == UNDECIDED


def test_some_two_differ_though_others_are_identical(ask: Ask) -> None:
    assert verdict(ask, {"differ": ["a", "b", "c"]}, acted(b="a")) == SUPPORTED


def test_a_difference_that_is_not_shown_to_matter_is_no_equality_and_not_undecided(ask: Ask) -> None:
    """Shown to be above 0, not shown to be inside or beyond the margin of 2 points."""
    between = {"test_accuracy": {"high": BASE, "between": BASE - 0.019 + 2 * NOISE[::-1]}}
    found = ask({"of": "between", "equals": "high"}, between)
    assert (found.verdict, paired(found).verdict) == (DIFFERENT, "worse")
    assert format_answer(found).startswith("Different: between is 1.88 points below high, not shown to matter.")
    assert (
        verdict(
            ask,
            [{"of": "between", "equals": "high"}, {"of": "wild", "above": "high"}],
            ACCURACY | {"test_accuracy": ACCURACY["test_accuracy"] | between["test_accuracy"]},
        )
        == UNDECIDED
    )


def test_a_few_equal_differences_decide_nothing(ask: Ask) -> None:
    """Counts of images are integers: equal differences, or a spread of 0, are luck where the test can't reject."""
    lucky = {"test_accuracy": {"a": [0.9, 0.91, 0.92], "b": [0.905, 0.915, 0.925], "c": [0.9, 0.9, 0.9]}}
    for test in ({"of": "b", "above": "a"}, {"of": "b", "equals": "a"}, {"of": {"spread": "c"}, "below": 0.1}):
        assert verdict(ask, test, lucky, repeats=3) == UNDECIDED


def test_the_interval_beside_an_equality_is_the_one_that_decided(ask: Ask) -> None:
    (row,) = make_ledger([found := ask({"of": "near", "equals": "high"}, ACCURACY)])
    c = paired(found)
    assert (row.low, row.high) == (c.equivalence_low, c.equivalence_high) != (c.simultaneous_low, c.simultaneous_high)


def test_a_run_that_diverged_has_the_worst_accuracy_whatever_it_says(ask: Ask) -> None:
    columns = {
        "test_accuracy": {"a": BASE, "b": BASE + 0.05},
        "test_gap": {},
        "diverged": {"a": 0, "b": [0] * 9 + [1]},
    }
    claimed = ask({"of": "b", "above": "a"}, columns)
    assert (paired(claimed).treatment_diverged, paired(claimed).wins, paired(claimed).losses) == (1, 9, 1)
    assert "1 and 0 of 10 repeats diverged" in format_answer(claimed)
    below = paired(ask({"of": "a", "below": "b"}, columns))
    assert (below.wins, below.losses) == (9, 1)


def test_two_arms_at_chance_teach_nothing(ask: Ask) -> None:
    confusion = np.repeat(np.array([[[60, 0], [40, 0]]]), 10, axis=0)
    arrays = {name: {"confusion": confusion, "correct": np.ones((10, 100))} for name in "abc"}
    columns = {"test_accuracy": {"a": 0.6 + NOISE, "b": 0.6 - NOISE, "c": 0.9 + NOISE}}
    assert "both at chance: nothing is learnt" in format_answer(ask({"of": "a", "above": "b"}, columns, arrays=arrays))
    assert "chance" not in format_answer(ask({"of": "c", "above": "b"}, columns, arrays=arrays))


def test_a_spread_is_tested_by_the_chi_square_of_its_variance(ask: Ask) -> None:
    """NIST/SEMATECH e-Handbook 7.2.3: interval sd sqrt((n - 1) / chi-square quantile)."""
    found = ask({"of": {"spread": "high"}, "below": 0.02}, ACCURACY)
    assert found.deciding is not None and isinstance(found.deciding.result, SpreadTest)
    c, sd = found.deciding.result, BASE.std(ddof=1)
    bounds = sd * np.sqrt(9 / stats.chi2.ppf([0.975, 0.025], 9))
    assert (c.simultaneous_low, c.simultaneous_high) == pytest.approx((0.02 - bounds[1], 0.02 - bounds[0]))
    assert c.p == pytest.approx(2 * stats.chi2.cdf(9 * (sd / 0.02) ** 2, 9))


def test_questions_about_a_metric_in_a_scope_are_one_family() -> None:
    claims = {
        "C000-01": {"says": "x", "controlled": {"of": "high", "above": ["low", "near"]}},
        "C000-02": {"says": "x", "controlled": {"of": "low", "below": "high"}},  # asked already
        "C000-03": {"says": "x", "as_written": {"of": "high", "above": "wild"}},  # another scope
        "C000-04": {"says": "x", "controlled": {"metric": "test_loss", "of": "high", "above": "low"}},
    }
    columns = ACCURACY | {"test_loss": {"high": BASE, "low": LOW}}
    found = {(a.claim, a.scope): a for a in answer_study(plan(claims), table(columns), {})}
    sizes = {key: one.findings[0].result.family_size for key, one in found.items()}
    assert sizes == {
        ("C000-01", "controlled"): 2,
        ("C000-02", "controlled"): 2,
        ("C000-03", "as_written"): 1,
        ("C000-04", "controlled"): 1,
    }


def test_each_margin_of_a_pair_has_its_own_test_of_equivalence() -> None:
    """As for modes of gradient descent: similar is wider than equal, whichever is declared first."""
    wide = {"says": "x", "controlled": {"of": "near", "equals": "high", "margin": 0.02}}
    narrow = {"says": "x", "controlled": {"of": "near", "above": "high", "margin": 0.0001}}
    for claims in ({"wide": wide, "narrow": narrow}, {"narrow": narrow, "wide": wide}):
        found = {a.claim: a.verdict for a in answer_study(plan(claims), table(ACCURACY), {})}
        assert found == {"wide": SUPPORTED, "narrow": UNDECIDED}


def test_a_pair_asked_both_ways_has_the_larger_p_of_a_diverged_run() -> None:
    """Asked from above or from below, the diverged run counts against: 9 wins and 1 loss, or 10 losses."""
    columns = {"weight_norm": {"a": np.where(np.arange(10) < 9, BASE + 1, np.nan), "b": BASE}}
    asked = [("above", {"of": "a", "above": "b"}), ("below", {"of": "a", "below": "b"})]
    claims = {name: {"says": "x", "controlled": {"metric": "weight_norm", **test}} for name, test in asked}
    for ordered in (claims, dict(reversed(claims.items()))):
        found = {a.claim: paired(a) for a in answer_study(plan(ordered), table(columns), {})}
        assert found["above"].p > found["below"].p
        assert {c.p_adjusted for c in found.values()} == {found["above"].p}


def test_a_share_with_a_margin_of_its_own_keeps_it(ask: Ask) -> None:
    test = {"metric": "val_accuracy_sd", "of": "near", "equals": "high"}
    found = ask(test, {"val_accuracy_sd": {"near": NEAR, "high": BASE}}, margins={"val_accuracy_sd": 0.0001})
    assert found.verdict == UNDECIDED
    assert paired(found).margin == 0.0001


def test_too_few_repeats_decide_nothing_and_say_so(ask: Ask) -> None:
    found = ask({"of": "high", "above": "low"}, ACCURACY, repeats=3)
    assert found.verdict == UNDECIDED
    assert paired(found).p_smallest == smallest_attainable_p(3) == 0.25


def test_a_diverged_run_is_scored_as_the_worst(ask: Ask) -> None:
    loss = {"test_loss": {"a": BASE, "b": np.where(np.arange(10) < 9, np.nan, BASE + 1)}}
    found = ask({"metric": "test_loss", "of": "a", "below": "b"}, loss)
    assert found.verdict == SUPPORTED
    spread = ask({"metric": "test_loss", "of": {"spread": "b"}, "below": 1.0}, loss)
    assert spread.verdict == UNDECIDED


def test_what_is_never_reached_counts_as_longest(ask: Ask) -> None:
    epochs = {"epochs_to_98": {"fast": np.arange(3, 13), "never": np.full(10, np.inf)}}
    assert verdict(ask, {"metric": "epochs_to_98", "of": "fast", "below": "never"}, epochs) == SUPPORTED

    assert verdict(ask, {"metric": "epochs_to_98", "of": "never", "above": "fast"}, epochs) == SUPPORTED
    both = {"metric": "epochs_to_98", "of": {"difference": ["never", "never"]}, "above": 0}
    assert verdict(ask, both, epochs) != SUPPORTED


def test_a_diverged_loss_is_above_any_other(ask: Ask) -> None:
    loss = {"test_loss": {"a": BASE, "diverged": np.full(10, np.nan)}}
    assert verdict(ask, {"metric": "test_loss", "of": "diverged", "above": "a"}, loss) == SUPPORTED


def test_one_run_without_a_value_leaves_the_others_their_distance_from_the_median(ask: Ask) -> None:
    once = {"weight_norm": {"a": BASE, "b": np.where(np.arange(10) == 4, np.nan, BASE)}}
    found = ask({"metric": "weight_norm", "of": {"deviation": "b"}, "differs_from": {"deviation": "a"}}, once)
    assert found.verdict == UNDECIDED
    assert paired(found).treatment_diverged == 1


def test_a_number_has_no_runs_that_could_diverge(ask: Ask) -> None:
    loss = {"test_loss": {"diverged": np.full(10, np.nan)}}
    found = ask({"metric": "test_loss", "of": "diverged", "below": 100}, loss)
    assert "10 of 10 repeats diverged, so that only who is ahead is tested" in format_answer(found)


def test_one_epoch_has_no_spread_over_epochs_and_has_not_diverged(ask: Ask) -> None:
    found = ask(
        {"metric": "val_accuracy_sd", "of": "a", "below": "b"},
        {"val_accuracy_sd": {"a": np.full(10, np.nan), "b": BASE}},
    )
    assert (found.verdict, found.reason) == ("not testable", "val_accuracy_sd is not recorded of a")


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ({"of": "high", "above": "absent"}, "absent was not run"),
        ({"metric": "sparsity", "of": "high", "above": "low"}, "sparsity is not recorded of low"),
        ({"metric": "recall_1", "of": "high", "above": "low"}, "recall_1 is not recorded of low"),
        (
            {
                "metric": "parameters",
                "of": {"network": {"architecture": "lenet", "input_shape": [4, 4, 1]}},
                "equals": 1,
            },
            "there is no lenet on 4x4x1: a window of 5 does not fit a map of 4",
        ),
    ],
)
def test_what_was_not_recorded_is_not_testable_with_a_reason(ask: Ask, test: Any, reason: str) -> None:
    found = ask(test, ACCURACY)
    assert (found.verdict, found.reason) == ("not testable", reason)


def test_without_validation_images_a_gap_is_not_testable() -> None:
    runs = table({"generalization_gap": {"a": BASE, "b": LOW}})
    runs["val_accuracy"] = np.nan
    claims = {"x": {"says": "x", "controlled": {"metric": "generalization_gap", "of": "a", "above": "b"}}}
    (found,) = answer_study(plan(claims), runs, {})
    assert (found.verdict, found.write_up) == ("not testable", "own")
    assert found.reason == "b has no validation images, so no generalization_gap"


def test_times_are_answered_apart() -> None:
    time = {"metric": "train_seconds", "of": "fast", "below": "slow"}
    claims = {
        "C000-02": {"says": "x", "as_written": time},
        "C001-01": {"says": "x", "controlled": [time, {"of": "high", "above": "low"}]},
        "C001-02": {"says": "x", "controlled": {"of": "high", "above": "low"}},
    }
    hashed: dict[str, Answer] = {a.claim: a for a in answer_study(plan(claims), table(ACCURACY), {})}
    assert hashed["C000-02"].verdict == "not testable" and "timings/claims.csv" in str(hashed["C000-02"].reason)
    assert hashed["C001-01"].verdict == OPEN and "timings/claims.csv" in str(hashed["C001-01"].elsewhere)
    assert (hashed["C001-02"].verdict, hashed["C001-02"].elsewhere) == (SUPPORTED, None)
    seconds = table({"train_seconds": {"fast": BASE, "slow": BASE + 1 + NOISE[::-1]}})
    apart = {a.claim: a.verdict for a in answer_study(plan(claims), seconds, {}, timed=True)}
    assert apart == {"C000-02": SUPPORTED, "C001-01": OPEN}


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"of": "low", "above": "high"}, REFUTED),
        ({"of": "near", "above": "high"}, OPEN),
        ({"of": "wild", "above": "high"}, UNDECIDED),
    ],
)
def test_what_is_answered_elsewhere_leaves_a_claim_open_unless_a_part_is_refuted(test: Any, expected: str) -> None:
    time = {"metric": "train_seconds", "of": "fast", "below": "slow"}
    claims = {"C001-18": {"says": "x", "controlled": [time, test]}}
    (found,) = answer_study(plan(claims), table(ACCURACY), {})
    assert found.verdict == expected
    said = format_answer(found)
    assert said.startswith(f"{expected.capitalize()}: ")
    assert said.endswith("; on time see timings/claims.csv.")


def test_a_declared_reason_is_kept_in_its_scope() -> None:
    claims = {
        "C000-03": {
            "says": "x",
            "controlled": {"of": "high", "above": "low"},
            "not_testable": {"as_written": "effort is not recorded"},
        }
    }
    found = {a.scope: a for a in answer_study(plan(claims), table(ACCURACY), {})}
    assert found["as_written"].reason == "effort is not recorded"
    assert found["controlled"].verdict == SUPPORTED


def test_with_looks_the_first_decision_stands() -> None:
    late = np.concatenate([np.full(8, 0.05) + NOISE[:8], np.full(12, -0.05)])
    columns = {"test_accuracy": {"a": 0.9 + late, "b": np.full(20, 0.9)}}
    claims = {"x": {"says": "x", "controlled": {"of": "a", "above": "b"}}}
    looks = {"looks": [8, 12, 16, 20]}
    (early,) = answer_study(plan(claims, 8, **looks), table(columns, 20), {})
    (later,) = answer_study(plan(claims, 20, **looks), table(columns, 20), {})
    assert early == later
    assert early.verdict == SUPPORTED
    assert paired(early).n == 8
    assert paired(early).alpha == 0.05 / 4


def test_classes_are_read_from_the_confusion_matrix(ask: Ask) -> None:
    matrix = np.array([[50, 0, 0], [5, 40, 5], [1, 0, 49]])
    arrays = {"a": {"confusion": np.repeat(matrix[None], 10, axis=0)}}
    columns = {"test_accuracy": {"a": BASE}}

    def measured(metric: str) -> float | None:
        found = ask({"metric": metric, "of": "a", "above": 0.5}, columns, arrays=arrays)
        return paired(found).treatment_mean

    assert measured("recall_1") == 0.8
    assert measured("precision_2") == pytest.approx(49 / 54)
    assert measured("recall_rank_1") == 1
    two = {"a": {"confusion": np.repeat(np.array([[40, 3], [2, 55]])[None], 10, axis=0)}}
    for metric, expected in (("false_positives", 3), ("false_negatives", 2)):
        found = ask({"metric": metric, "of": "a", "above": 0.5}, columns, arrays=two)
        assert paired(found).treatment_mean == expected


def test_accuracies_are_compared_on_new_images_too(ask: Ask) -> None:
    rng = np.random.default_rng(3)
    easy = rng.uniform(size=400)
    right = {v: (rng.uniform(size=(10, 400)) < easy + extra).astype(np.uint8) for v, extra in (("a", 0.2), ("b", 0.0))}
    columns = {"test_accuracy": {v: one.mean(axis=1) for v, one in right.items()}}
    found = ask({"of": "a", "above": "b"}, columns, arrays={v: {"correct": one} for v, one in right.items()})
    c = paired(found)
    assert None not in (c.new_images_low, c.simultaneous_low, c.new_images_high)
    assert c.new_images_low < c.simultaneous_low  # type: ignore[operator]
    bound = ask({"of": "a", "above": 0.4}, columns, arrays={v: {"correct": one} for v, one in right.items()})
    assert paired(bound).new_images_low is not None


def test_computed_questions_are_no_part_of_a_family_that_is_tested(ask: Ask) -> None:
    """A network's size, known without a run, takes no share of the level of sizes that a search chose."""
    sizes = {"parameters": {"searched": [100, 90, 80, 70, 60, 50, 95, 85, 75, 65], "fixed": 200}}
    computed = {"metric": "parameters", "of": "fixed", "above": 150}
    sampled = {"metric": "parameters", "of": "searched", "below": "fixed"}
    found = ask([computed, sampled], sizes)
    assert found.verdict == SUPPORTED
    assert [type(one.result) for one in found.findings] == [ComputedDifference, Comparison]
    assert [one.result.family_size for one in found.findings] == [1, 1]
    assert paired(found).treatment == "searched"  # what is computed leaves no doubt


def test_one_spread_may_be_asked_from_either_side(ask: Ask) -> None:
    """One pair, so one test; each finding keeps its own direction."""
    spread = {"spread": "high"}
    found = ask([{"of": spread, "below": 0.02}, {"of": spread, "above": 0.02}], ACCURACY)
    assert [one.verdict for one in found.findings] == [SUPPORTED, REFUTED]
    assert {one.result.family_size for one in found.findings} == {1}


def test_a_threshold_is_asked_about_where_it_is_recorded(ask: Ask) -> None:
    columns = {"test_accuracy_at_90": {"high": BASE, "low": LOW}}
    assert verdict(ask, {"metric": "test_accuracy_at_90", "of": "high", "above": "low"}, columns) == SUPPORTED
    arrays = {"high": {"confusion": np.ones((10, 2, 2), np.int64)}}
    absent = ask({"metric": "false_positives_at_90", "of": "high", "above": 1}, columns, arrays=arrays)
    assert absent.reason == "false_positives_at_90 is not recorded of high"


def test_an_identity_is_computed_from_the_largest_of_all_runs(ask: Ask) -> None:
    """However few the repeats: nothing is sampled."""
    columns = {"probability_sum_error": {"softmax": [1e-7, 3e-7, 2e-7]}}
    found = ask({"metric": "probability_sum_error", "of": "softmax", "below": 1e-5}, columns, repeats=3)
    assert found.verdict == SUPPORTED
    assert found.deciding is not None and isinstance(found.deciding.result, ComputedDifference)
    assert found.deciding.result.treatment_value == 3e-7
    refuted = ask({"metric": "probability_sum_error", "of": "softmax", "below": 2e-7}, columns, repeats=3)
    assert refuted.verdict == REFUTED


def test_an_answer_says_where_the_claim_stands() -> None:
    test = {"of": "high", "above": "low"}
    places = [{"write_up": "000", "line": 458}, {"write_up": "000", "line": 466}]
    claims = {
        "C000-01": {"says": "x", "place": places, "controlled": test},
        "C000-02": {"says": "x", "place": places[0], "question": True, "controlled": test},
        "own": {"says": "x", "controlled": test},
    }
    columns = {"test_accuracy": {"high": 0.9, "low": 0.8}}
    rows = {row.id: row.place for row in make_ledger(answer_study(plan(claims), table(columns), {}))}
    assert rows == {"C000-01": "000:458; 000:466", "C000-02": "a question; 000:458", "own": ""}


def test_an_answer_names_what_the_texts_do_not_say_of_the_variants_it_compares() -> None:
    """In its scope, each field with the variants it was chosen for; of no others."""
    chosen = {"high": ["loss", "l1"], "low": ["loss", "l1"], "middle": ["epochs"]}
    tests = {"as_written": {"of": "high", "above": "low"}, "controlled": {"of": "middle", "above": "exact"}}
    variants = {
        name: {"kind": "control", "inferred": chosen.get(name, []), "vary": None, "held_out_anew": None}
        for name in ("high", "middle", "low", "exact")
    }
    declared = plan({"C000-01": {"says": "x", **tests}}, variants=variants)
    columns = {"test_accuracy": {"high": 0.9, "low": 0.8, "middle": 0.85, "exact": 0.7}}
    rows = {row.scope: row.inferred for row in make_ledger(answer_study(declared, table(columns), {}))}
    assert rows == {"as_written": "loss, l1 of high, low", "controlled": "epochs of middle"}
