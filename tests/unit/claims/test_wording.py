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
from pipeline.claims.operands import label_operand
from pipeline.claims.vocabulary import Operand
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
        "Supported: high is 5.00 points above low. 95 % interval +4.90 to +5.09 over 10 repeats; exact sign-flip p "
        "= 0.00195 (smallest 0.00195)."
    ),
    "refuted": (
        "Refuted: low is 5.00 points below high. 95 % interval −5.09 to −4.90 over 10 repeats; exact sign-flip p = "
        "0.00195 (smallest 0.00195)."
    ),
    "equivalent": (
        "Equivalent: near and high are equal within 2.00 points. Mean +0.005 points, 90 % equivalence interval "
        "−0.07 to +0.08 over 10 repeats; exact sign-flip p = 1 (smallest 0.00195); two one-sided t-tests p < "
        "0.0001."
    ),
    "exactly equal": (
        "Equivalent: same and high are equal within 2.00 points. +0.00 points in every one of 10 repeats; exact "
        "sign-flip p = 1 (smallest 0.00195)."
    ),
    "undecided": (
        "Undecided: wild is above high in 5 of 10 repeats. Mean +0.30 points, 95 % interval −5.28 to +5.88; exact "
        "sign-flip p = 1 (smallest 0.00195); 2.00 points takes 260 repeats."
    ),
    "equality supported": (
        "Supported: near and high are equal within 2.00 points. Mean +0.005 points, 90 % equivalence interval "
        "−0.07 to +0.08 over 10 repeats; exact sign-flip p = 1 (smallest 0.00195); two one-sided t-tests p < "
        "0.0001."
    ),
    "equality refuted": (
        "Refuted: low is 5.00 points below high. 95 % interval −5.09 to −4.90 over 10 repeats; exact sign-flip p = "
        "0.00195 (smallest 0.00195)."
    ),
    "differs": (
        "Supported: low is 5.00 points below high. 95 % interval −5.09 to −4.90 over 10 repeats; exact sign-flip p "
        "= 0.00195 (smallest 0.00195)."
    ),
    "of several": (
        "Undecided: high is above wild in 4 of 10 repeats. Mean −0.30 points, 95 % simultaneous interval −6.93 to "
        "+6.33; exact sign-flip p = 1 after Holm over 2 (smallest 0.00391); 2.00 points takes 315 repeats; "
        "the vaguest of 2 comparisons."
    ),
    "a loss": (
        "Supported: low is 0.05 nats below high in test loss. 95 % interval towards the claim +0.049 to +0.0509 "
        "over 10 repeats; exact sign-flip p = 0.00195 (smallest 0.00195)."
    ),
    "exact": (
        "Supported: low is 0.5 epochs below 5.5 in epochs trained. +0.5 epochs in every one of 10 repeats; exact "
        "sign-flip p = 0.00195 (smallest 0.00195)."
    ),
    "computed": (
        "Supported: cnn3 on 28x28x1 is 16,064 below mlp on 28x28x1. In number of parameters, 93,322 against "
        "109,386, computed and not sampled."
    ),
    "spread": (
        "Supported: the sd of high is 1.74 points below 2 %. 95 % interval +1.53 to +1.82 over 10 repeats; "
        "chi-square test p < 0.0001."
    ),
    "rank": (
        "Supported: the rank of low is 0.5 ranks above 1.5. In rank by test accuracy, +0.5 ranks in every one of "
        "10 repeats; exact sign-flip p = 0.00195 (smallest 0.00195)."
    ),
}
FEW = (
    "Undecided: high is above low in 3 of 3 repeats. Mean +4.97 points, 95 % interval +4.53 to +5.40; exact "
    "sign-flip p = 0.25 (smallest 0.25); the exact test decides nothing below 6 repeats, and 2.00 points "
    "takes 6 repeats."
)
ONE = (
    "Undecided: high is above low in 1 of 1 repeat. One repeat says nothing about luck (+4.95 points); the "
    "exact test decides nothing below 6 repeats."
)


@pytest.mark.parametrize("kind", GOLDEN)
def test_golden(ask: Ask, kind: str) -> None:
    assert format_answer(ask(GOLDEN[kind], COLUMNS_OF_RUNS)) == SENTENCES[kind]


def test_a_plan_beyond_a_thousand_repeats_is_out_of_reach(ask: Ask) -> None:
    said = format_answer(ask({"of": "wild", "above": "high", "margin": 0.0001}, COLUMNS_OF_RUNS))
    assert said.endswith("0.01 points is out of reach.")


def test_a_few_equal_differences_may_be_luck(ask: Ask) -> None:
    said = format_answer(ask({"metric": "epochs_run", "of": "low", "below": 5.5}, COLUMNS_OF_RUNS, repeats=3))
    assert said == (
        "Undecided: low is below 5.5 in epochs trained in 3 of 3 repeats. +0.5 epochs in every one of 3 repeats, which "
        "so few may show by luck; exact sign-flip p = 0.25 (smallest 0.25); the exact test decides nothing below "
        "6 repeats."
    )


def test_a_constant_difference_the_other_way_says_so(ask: Ask) -> None:
    said = format_answer(ask({"metric": "epochs_run", "of": "high", "below": 9.5}, COLUMNS_OF_RUNS))
    assert said == (
        "Refuted: high is 0.5 epochs above 9.5 in epochs trained. −0.5 epochs in every one of 10 repeats; exact "
        "sign-flip p = 0.00195 (smallest 0.00195)."
    )


def test_an_undecided_equality_claims_no_way(ask: Ask) -> None:
    said = format_answer(ask({"of": "wild", "equals": "high"}, COLUMNS_OF_RUNS))
    assert said.startswith("Undecided: wild is above high in 5 of 10 repeats.")
    assert "way" not in said and "towards the claim" not in said


def test_where_some_two_differ_not_all_have_to(ask: Ask) -> None:
    said = format_answer(ask({"differ": ["high", "near", "low"]}, COLUMNS_OF_RUNS))
    assert said.endswith("; the weakest of the 2 that hold, of 3.")


def test_a_value_that_is_not_finite_is_said_without_a_mean(ask: Ask) -> None:
    never = {"epochs_to_98": {"a": np.arange(3, 13), "b": np.append(np.full(9, np.inf), 2)}}
    said = format_answer(ask({"metric": "epochs_to_98", "of": "a", "below": "b"}, never))
    assert said == (
        "Supported: a is below b. In epochs until validation accuracy reaches 98 %, 0 and 9 of 10 repeats have no "
        "finite value, so that only who is ahead is tested; 9 of 10 repeats go the claimed way; exact sign-test "
        "p = 0.0215 (smallest 0.00195)."
    )
    spread = format_answer(ask({"metric": "epochs_to_98", "of": {"spread": "b"}, "below": 2}, never))
    assert spread == (
        "Undecided: whether the sd of b is below 2. In epochs until validation accuracy reaches 98 %, no standard "
        "deviation of 10 repeats, of which 9 have no finite value."
    )


def test_a_number_in_a_claim_has_no_exponent_and_a_real_minus_sign() -> None:
    assert label_operand(Operand(value=1e-5), {}) == "0.00001"
    assert label_operand(Operand(value=-2.0), {}) == "−2"
    assert label_operand(Operand(value=0.97), {}, share=True) == "97 %"


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
        "Supported: the best variant is another one in the second group. For one, a1 is 5.00 points above b1; 95 %"
    )
    assert found["C001-01"].endswith("; on time see timings/claims.csv.")
    seconds = table({"train_seconds": {"a1": LOW, "b1": BASE}})
    (apart,) = answer_study(plan({"C001-01": claims["C001-01"]}), seconds, {}, timed=True)
    assert format_answer(apart).startswith(
        "Open: a1 is 0.05 s below b1 in training time. 95 % interval towards the claim +"
    )
    assert "; on the rest see metrics/claims.csv; " in format_answer(apart)
    assert format_answer(apart).endswith("; timed side by side in one process.")


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
    told = said.partition(". ")[0]
    if re.search(r"t is [^ ]+ points above c", told):
        assert d > 0
    if re.search(r"t is [^ ]+ points below c", told):
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
    plain = said.replace("−", "-").replace("towards the claim ", "")
    intervals = [[float(x) for x in one] for one in re.findall(r"interval ([+-][\d.e-]+) to ([+-][\d.e-]+)", plain)]
    assert all(start <= end for start, end in intervals)
    for decided in intervals[:1]:  # a second one is of the equivalence test behind "negligible"
        assert decided == pytest.approx([100 * low, 100 * high], abs=0.006)


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
