"""Sentences of claims: one golden for every kind of verdict, and none that contradicts its figures."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import COLUMNS, count_verdicts, make_ledger, read_ledger, write_ledger
from pipeline.claims.wording import format_answer
from pipeline.errors import UserError
from tests.unit.claims.conftest import Ask, plan, table

NOISE = np.array([0.003, -0.001, 0.002, -0.004, 0.001, 0.0, -0.002, 0.004, -0.003, 0.001])
BASE = 0.9 + NOISE
LOW = BASE - 0.05 + NOISE[::-1] / 2
NEAR = BASE + NOISE[::-1] / 2
WILD = BASE + 30 * NOISE[::-1]
COLUMNS_OF_RUNS: dict[str, Any] = {
    "test_accuracy": {"high": BASE, "low": LOW, "near": NEAR, "wild": WILD, "same": BASE},
    "test_loss": {"high": BASE, "low": LOW},
    "epochs_run": {"high": 10, "low": 5},
}
GOLDEN = {
    "supported": {"of": "high", "above": "low"},
    "refuted": {"of": "low", "above": "high"},
    "equivalent": {"of": "near", "above": "high"},
    "exactly equal": {"of": "same", "above": "high"},
    "undecided": {"of": "wild", "above": "high"},
    "equality supported": {"of": "near", "equals": "high"},
    "equality refuted": {"of": "low", "equals": "high"},
    "differs": {"of": "low", "differs_from": "high"},
    "of several": {"of": "high", "above": ["low", "wild"]},
    "a loss": {"metric": "test_loss", "of": "low", "below": "high"},
    "exact": {"metric": "epochs_run", "of": "low", "below": 5.5},
    "computed": {
        "metric": "parameters",
        "of": {"network": {"architecture": "cnn3", "input_shape": [28, 28, 1]}},
        "below": {"network": {"architecture": "mlp", "input_shape": [28, 28, 1]}},
    },
    "spread": {"of": {"spread": "high"}, "below": 0.02},
    "rank": {"of": {"rank": "low", "among": ["high", "low"]}, "above": 1.5},
}


SENTENCES = {
    "supported": (
        "Supported: high is higher than low in test accuracy; mean difference +5.00 "
        "percentage points in the claimed direction over 10 repeats (95 % interval +4.90 to "
        "+5.09); exact sign-flip test: p = 0.00195, smallest attainable 0.00195."
    ),
    "refuted": (
        "Refuted: low is lower than high in test accuracy; mean difference -5.00 percentage "
        "points in the other direction over 10 repeats (95 % interval -5.09 to -4.90); exact "
        "sign-flip test: p = 0.00195, smallest attainable 0.00195."
    ),
    "equivalent": (
        "Equivalent: near and high are equal in test accuracy, within 2.00 percentage points;"
        " mean difference +0.005 percentage points in the claimed direction over 10 repeats "
        "(90 % interval of the equivalence test -0.07 to +0.08); exact sign-flip test: p = 1, smallest attainable"
        " 0.00195; two one-sided t-tests inside the margin of 2.00 percentage points: p = "
        "1.69e-12."
    ),
    "exactly equal": (
        "Equivalent: same and high are equal in test accuracy, within 2.00 percentage points; "
        "+0.00 percentage points in every one of 10 repeats; exact sign-flip test: p = 1, smallest attainable 0.00195."
    ),
    "undecided": (
        "Undecided: whether wild is above high in test accuracy; 5 of 10 repeats go the "
        "claimed way, 1 tied; mean difference +0.30 percentage points in the claimed "
        "direction over 10 repeats (95 % interval -5.28 to +5.88); exact sign-flip test: p = "
        "1, smallest attainable 0.00195; 260 repeats would detect a difference of 2.00 "
        "percentage points with 80 % power."
    ),
    "equality supported": (
        "Supported: near and high are equal in test accuracy, within 2.00 percentage points; "
        "mean difference +0.005 percentage points over 10 repeats (90 % interval of the equivalence test -0.07 to "
        "+0.08); exact sign-flip test: p = 1, smallest attainable 0.00195; two one-sided "
        "t-tests inside the margin of 2.00 percentage points: p = 1.69e-12."
    ),
    "equality refuted": (
        "Refuted: low is lower than high in test accuracy; mean difference -5.00 percentage "
        "points over 10 repeats (95 % interval -5.09 to -4.90); exact sign-flip test: p = "
        "0.00195, smallest attainable 0.00195."
    ),
    "differs": (
        "Supported: low differs from high in test accuracy; mean difference -5.00 percentage "
        "points over 10 repeats (95 % interval -5.09 to -4.90); exact sign-flip test: p = "
        "0.00195, smallest attainable 0.00195."
    ),
    "of several": (
        "Undecided: whether high is above wild in test accuracy; 4 of 10 repeats go the "
        "claimed way, 1 tied; mean difference -0.30 percentage points in the other direction "
        "over 10 repeats (95 % simultaneous interval -6.93 to +6.33); exact sign-flip test: p"
        " = 1 after Holm over 2 pairs, smallest attainable 0.00391; 315 repeats would detect "
        "a difference of 2.00 percentage points with 80 % power; the one that decides of the "
        "2 comparisons that the claim needs."
    ),
    "a loss": (
        "Supported: low is lower than high in test loss; mean difference +0.05 nats in the "
        "claimed direction over 10 repeats (95 % interval +0.049 to +0.0509); exact sign-flip"
        " test: p = 0.00195, smallest attainable 0.00195."
    ),
    "exact": (
        "Supported: low is lower than 5.5 in epochs trained; +0.5 epochs in the claimed direction "
        "in every one of 10 repeats; exact sign-flip test: p = 0.00195, smallest attainable 0.00195."
    ),
    "computed": (
        "Supported: cnn3 on 28x28x1 is lower than mlp on 28x28x1 in number of parameters; "
        "93,322 against 109,386, computed and not sampled."
    ),
    "spread": (
        "Supported: the sd of high over repeats is lower than 0.02 in test accuracy; mean "
        "difference +1.74 percentage points in the claimed direction over 10 repeats (95 % "
        "interval +1.53 to +1.82); chi-square test over 10 repeats: p < 1e-06."
    ),
    "rank": (
        "Supported: the rank of low among high, low is higher than 1.5 in rank by test "
        "accuracy; +0.5 ranks in the claimed direction in every one of 10 repeats; exact sign-flip test: p = 0.00195, "
        "smallest attainable 0.00195."
    ),
}
FEW = (
    "Undecided: whether high is above low in test accuracy; 3 of 3 repeats go the claimed"
    " way; mean difference +4.97 percentage points in the claimed direction over 3 "
    "repeats (95 % interval +4.53 to +5.40); exact sign-flip test: p = 0.25, smallest "
    "attainable 0.25; the exact test can decide nothing with fewer than 6 repeats, and 6 "
    "repeats would detect a difference of 2.00 percentage points with 80 % power."
)
ONE = (
    "Undecided: whether high is above low in test accuracy; one repeat says nothing about"
    " luck (difference +4.95 percentage points); the exact test can decide nothing with "
    "fewer than 6 repeats."
)


@pytest.mark.parametrize("kind", GOLDEN)
def test_golden(ask: Ask, kind: str) -> None:
    assert format_answer(ask(GOLDEN[kind], COLUMNS_OF_RUNS)) == SENTENCES[kind]


def test_a_plan_beyond_a_thousand_repeats_is_out_of_reach(ask: Ask) -> None:
    said = format_answer(ask({"of": "wild", "above": "high", "margin": 0.0001}, COLUMNS_OF_RUNS))
    assert said.endswith("0.01 percentage points with 80 % power is out of reach: it takes more than 1,000 repeats.")


def test_a_few_equal_differences_may_be_luck(ask: Ask) -> None:
    said = format_answer(ask({"metric": "epochs_run", "of": "low", "below": 5.5}, COLUMNS_OF_RUNS, repeats=3))
    assert said == (
        "Undecided: whether low is below 5.5 in epochs trained; +0.5 epochs in the claimed direction in every one of 3 "
        "repeats, which so few may show by luck; exact sign-flip test: p = 0.25, smallest attainable 0.25; the exact "
        "test can decide nothing with fewer than 6 repeats."
    )


def test_a_constant_difference_the_other_way_says_so(ask: Ask) -> None:
    said = format_answer(ask({"metric": "epochs_run", "of": "high", "below": 9.5}, COLUMNS_OF_RUNS))
    assert said == (
        "Refuted: high is higher than 9.5 in epochs trained; -0.5 epochs in the other direction in every one of 10 "
        "repeats; exact sign-flip test: p = 0.00195, smallest attainable 0.00195."
    )


def test_an_undecided_equality_claims_no_way(ask: Ask) -> None:
    said = format_answer(ask({"of": "wild", "equals": "high"}, COLUMNS_OF_RUNS))
    assert "; wild is higher in 5 of 10 repeats, lower in 4, 1 tied; " in said and "way" not in said


def test_where_some_two_differ_not_all_have_to(ask: Ask) -> None:
    said = format_answer(ask({"differ": ["high", "near", "low"]}, COLUMNS_OF_RUNS))
    assert said.endswith("; the weakest of the 2 that hold, of 3 comparisons of which not all have to.")


def test_a_value_that_is_not_finite_is_said_without_a_mean(ask: Ask) -> None:
    never = {"epochs_to_98": {"a": np.arange(3, 13), "b": np.append(np.full(9, np.inf), 2)}}
    said = format_answer(ask({"metric": "epochs_to_98", "of": "a", "below": "b"}, never))
    assert said == (
        "Supported: a is lower than b in epochs until validation accuracy reaches 98 %; 0 runs of a and 9 of b have "
        "no finite value, so that only who is ahead is tested; 9 of 10 repeats go the claimed way; exact sign test: "
        "p = 0.0215, smallest attainable 0.00195."
    )
    spread = format_answer(ask({"metric": "epochs_to_98", "of": {"spread": "b"}, "below": 2}, never))
    assert spread == (
        "Undecided: whether the sd of b over repeats is below 2 in epochs until validation accuracy reaches 98 %; no "
        "standard deviation of 10 repeats, of which 9 have no finite value."
    )


def test_few_repeats(ask: Ask) -> None:
    assert format_answer(ask(GOLDEN["supported"], COLUMNS_OF_RUNS, repeats=3)) == FEW
    assert format_answer(ask(GOLDEN["supported"], COLUMNS_OF_RUNS, repeats=1)) == ONE


def test_what_cannot_be_tested_says_why(ask: Ask) -> None:
    found = ask({"metric": "sparsity", "of": "high", "above": "low"}, COLUMNS_OF_RUNS)
    assert format_answer(found) == "Not testable: sparsity is not recorded of low."


def test_rankings_and_times_apart_are_said() -> None:
    columns = {"test_accuracy": {"a1": BASE, "b1": LOW, "a2": LOW, "b2": BASE}}
    time = {"metric": "train_seconds", "of": "a1", "below": "b1"}
    claims = {
        "C000-20": {"says": "x", "controlled": {"best_changes": [["a1", "b1"], ["a2", "b2"]]}},
        "C001-01": {"says": "x", "controlled": [time, {"of": "a1", "above": "b1"}]},
    }
    found = {one.claim: format_answer(one) for one in answer_study(plan(claims), table(columns), {})}
    assert found["C000-20"].startswith(
        "Supported: the best of a1, b1 and the best of a2, b2 are in different places; for one, a1 is higher than b1"
    )
    assert found["C001-01"].endswith("; what it says of time is answered apart, in timings/claims.csv.")
    seconds = table({"train_seconds": {"a1": LOW, "b1": BASE}})
    (apart,) = answer_study(plan({"C001-01": claims["C001-01"]}), seconds, {}, timed=True)
    assert format_answer(apart).startswith("Open: a1 is lower than b1 in training time; mean difference +0.05 s")
    assert "; what it says beside time is answered in metrics/claims.csv; " in format_answer(apart)
    assert format_answer(apart).endswith(
        "; timed side by side in one process, everything traced first, variants interleaved."
    )


RELATIONS = ("above", "below", "equals", "differs_from")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 12),
    st.sampled_from(RELATIONS),
    st.floats(-0.06, 0.06),
    st.sampled_from([0.0, 0.001, 0.02]),
    st.integers(0, 10**6),
)
def test_no_sentence_contradicts_its_figures(n: int, relation: str, shift: float, sd: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    control = np.round(0.9 + rng.normal(0, 0.01, n), 3)
    treatment = np.round(control + shift + rng.normal(0, sd, n), 3)
    claims = {"C000-01": {"says": "x", "controlled": {"of": "t", relation: "c"}}}
    columns = {"test_accuracy": {"t": treatment, "c": control}}
    (found,) = answer_study(plan(claims, n), table(columns, n), {})
    said, row = format_answer(found), make_ledger([found])[0]
    low, high = row.low or 0.0, row.high or 0.0
    assert said.lower().startswith(found.verdict)
    d = float(np.mean(treatment - control))
    if "t is higher than c" in said:
        assert d > 0
    if "t is lower than c" in said:
        assert d < 0
    toward = d if relation != "below" else -d
    if found.verdict == "supported" and relation in ("above", "below"):
        assert toward > 0 and low >= 0
    if found.verdict == "refuted" and relation in ("above", "below"):
        assert toward < 0 and high <= 0
    if found.verdict == "equivalent" or (found.verdict == "supported" and relation == "equals"):
        assert abs(d) < 0.02
    if found.verdict == "refuted" and relation == "equals":
        assert abs(d) > 0.02
    for interval in re.findall(r"interval ([+-][\d.e-]+) to ([+-][\d.e-]+)", said):
        assert float(interval[0]) <= float(interval[1])
        assert [float(x) for x in interval] == pytest.approx([100 * low, 100 * high], abs=0.006)


def test_the_ledger_has_a_row_for_every_claim_and_scope_in_order() -> None:
    claims = {
        "C001-02": {
            "says": "Second.",
            "printed": {"high": 0.99},
            "controlled": {"of": "high", "above": "low"},
        },
        "mine": {"says": "Mine.", "as_written": {"of": "high", "above": "low"}},
        "C000-03": {"says": "First.", "not_testable": {"controlled": "no", "as_written": "none"}},
    }
    answers = answer_study(plan(claims), table(COLUMNS_OF_RUNS), {})
    found = make_ledger(answers)
    assert [(row.id, row.scope, row.write_up) for row in found] == [
        ("C000-03", "as_written", "000"),
        ("C000-03", "controlled", "000"),
        ("C001-02", "controlled", "001"),
        ("mine", "as_written", "own"),
    ]
    second = found[2]
    assert second.estimate == pytest.approx(0.05, abs=0.001)
    assert second.low is not None and second.high is not None and second.estimate is not None
    assert second.low < second.estimate < second.high
    assert (second.n, second.printed) == (10, {"high": 0.99})
    assert second.ours == pytest.approx({"high": BASE.mean(), "low": LOW.mean()})
    assert found[0].n is None and found[0].sentence == "Not testable: none."
    assert count_verdicts(found)["controlled"] == {
        "supported": 1,
        "refuted": 0,
        "different": 0,
        "equivalent": 0,
        "open": 0,
        "undecided": 0,
        "not testable": 1,
        "on identical runs": 0,
    }


@pytest.mark.parametrize("kind", GOLDEN)
def test_a_row_of_the_ledger_is_read_back_as_it_was_written(ask: Ask, kind: str, tmp_path: Path) -> None:
    (row,) = make_ledger([replace(ask(GOLDEN[kind], COLUMNS_OF_RUNS), printed={"loss of high": 0.25})])
    write_ledger(tmp_path / "claims.csv", [row])
    (header, *_), (read,) = read_text(tmp_path / "claims.csv"), read_ledger(tmp_path / "claims.csv")
    assert tuple(header.split(",")) == COLUMNS
    assert read.ours == pytest.approx(row.ours, rel=1e-5)  # six digits
    assert replace(read, ours=row.ours) == row
    write_ledger(tmp_path / "again.csv", [read])
    assert read_text(tmp_path / "again.csv") == read_text(tmp_path / "claims.csv")


def read_text(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_a_spread_and_a_computed_difference_fill_the_columns_they_have(ask: Ask) -> None:
    spread, computed = (make_ledger([ask(GOLDEN[kind], COLUMNS_OF_RUNS)])[0] for kind in ("spread", "computed"))
    assert (spread.n, spread.p_smallest, spread.margin, spread.unit) == (10, 0.0, None, "share")
    assert (computed.n, computed.p_adjusted, computed.p_smallest) == (None, None, None)
    assert computed.estimate == computed.low == computed.high == 109_386 - 93_322
    assert computed.ours == {"cnn3 on 28x28x1": 93_322, "mlp on 28x28x1": 109_386}
    assert spread.ours == {"the sd of high over repeats": pytest.approx(BASE.std(ddof=1))}  # no number is ours


def test_a_ledger_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text("id,scope\nC000-01,as_written\n")
    with pytest.raises(UserError, match=r"claims\.csv: expected this file as stage compare wrote it"):
        read_ledger(path)
