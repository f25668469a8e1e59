"""Looks: decisions on simulated studies, and the command that gives undecided studies more repeats."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.claims.ledger import LedgerRow
from pipeline.commands.looks import _repro, later_looks, look_until_decided, undecided_studies
from pipeline.errors import UserError
from pipeline.files import Arrays
from pipeline.params.plan import ComparedVariant, ComparisonPlan
from pipeline.params.planning import plan_comparison, plan_training
from pipeline.params.read import read
from pipeline.statistics.results import StudyResults, StudyVerdicts, compute_results

LOOKS = [8, 12, 16, 20]
PARAMS = """\
profile: quick
protocol: {alpha: 0.05, looks: [8, 12, 16, 20]} # planned
profiles:
  quick: {data: {mnist: digits}, repeats: 3}
sources:
  digits: {loader: digits, description: digits, sha256: {}}
tasks:
  mnist: {data: mnist, split: {kind: none}, scaling: {method: unit}, margin: 0.02}
studies:
  clear: &study
    question: Is it better?
    task: mnist
    model: {architecture: mlp, optimizer: {name: adam, learning_rate: 1e-3}, batch_size: 32, epochs: 1}
    control: none
    variants: {none: {}, other: {dropout: 0.2}} # kept
  noisy: *study
  absent: *study
"""
N_TEST = 1000
DIFFERENCE = {"clear": (60, 5), "noisy": (2, 40), "absent": (0, 3)}  # mean and sd in images


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection() -> Iterator[None]:
    """statsmodels' multipletests collects garbage at every call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


@pytest.fixture
def params(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    return path


def simulated(name: str, repeats: int, treatments: int = 1) -> StudyResults:
    """Results of a study with looks, whose repeats are drawn in a fixed order."""
    rng = np.random.default_rng(5)
    mean, sd = DIFFERENCE[name]
    base = rng.integers(840, 860, 20)
    variants = {"none": base}
    for number in range(treatments):
        variants[f"t{number}"] = base + np.rint(rng.normal(mean, sd, 20)).astype(int)
    plan = ComparisonPlan(
        study=name,
        question="?",
        profile="quick",
        alpha=0.05,
        looks=LOOKS,
        margin=0.02,
        margins={},
        control="none",
        treatments=[one for one in variants if one != "none"],
        variants={one: ComparedVariant(kind="control", vary=None, held_out_anew=None) for one in variants},
        claims={},
        repeats=repeats,
        data={},
    )
    rows = [
        {"variant": v, "repeat": r, "fingerprint": "", "n_test": N_TEST, "test_correct": int(x[r])}
        for v, x in variants.items()
        for r in range(repeats)
    ]
    arrays: dict[str, Arrays] = {
        v: {
            "confusion": np.ones((repeats, 2, 2), np.int64),
            "correct": (np.arange(N_TEST) < x[:repeats, None]).astype(np.uint8),
        }
        for v, x in variants.items()
    }
    return compute_results(plan, pd.DataFrame(rows), arrays)


@cache
def decisions(name: str, repeats: int, treatments: int = 1) -> dict[str, tuple[str, int]]:
    found = simulated(name, repeats, treatments).comparisons
    return {treatment: (one.verdict, one.n) for treatment, one in found.items()}


def test_a_clear_difference_is_decided_at_the_first_look_that_can() -> None:
    assert decisions("clear", 8) == {"t0": ("better and it matters", 8)}
    early = decisions("clear", 8, 25)
    assert {verdict for verdict, _ in early.values()} == {"undecided"}  # 25 * 2 / 2**8 > 0.05 / 4
    later = decisions("clear", 12, 25)
    assert set(later.values()) == {("better and it matters", 12)}


def test_no_difference_ends_equivalent_and_a_noisy_one_at_the_last_look() -> None:
    assert decisions("absent", 8) == {"t0": ("equivalent", 8)}
    assert decisions("noisy", 20) == {"t0": ("undecided", 20)}


def test_a_decision_stands_when_more_repeats_come() -> None:
    for name in ("clear", "absent"):
        for repeats in LOOKS[1:]:
            assert decisions(name, repeats) == decisions(name, 8)


class Machine:
    """What `dvc repro` and its metrics would be, on simulated studies; fails at chosen calls."""

    def __init__(self, path: Path, fail_at: int | None = None) -> None:
        self.path, self.fail_at, self.calls = path, fail_at, 0
        self.seen: dict[str, list[int]] = {name: [] for name in DIFFERENCE}
        self.found: dict[str, dict[str, tuple[str, int]]] = {}

    def repro(self) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise KeyboardInterrupt
        params = read(self.path)
        for name in DIFFERENCE:
            declared = params.profiles["quick"].studies
            look = (declared[name].look if name in declared else None) or 1
            self.seen[name].append(LOOKS[look - 1])
            self.found[name] = decisions(name, LOOKS[look - 1])

    def undecided(self) -> set[str]:
        return {name for name, one in self.found.items() if any(v == "undecided" for v, _ in one.values())}


def test_only_undecided_studies_get_their_next_look_until_the_last(params: Path) -> None:
    machine = Machine(params)
    look_until_decided(params, machine.repro, machine.undecided)
    assert machine.seen == {"clear": [8] * 4, "absent": [8] * 4, "noisy": LOOKS}
    assert "# planned" in params.read_text() and "# kept" in params.read_text()


@pytest.mark.parametrize("fail_at", [1, 2, 3, 4])
def test_killed_and_started_again_it_comes_to_the_same_decisions(params: Path, fail_at: int) -> None:
    whole = Machine(params)
    look_until_decided(params, whole.repro, whole.undecided)
    params.write_text(PARAMS)
    killed = Machine(params, fail_at)
    with pytest.raises(KeyboardInterrupt):
        look_until_decided(params, killed.repro, killed.undecided)
    resumed = Machine(params)
    look_until_decided(params, resumed.repro, resumed.undecided)
    assert resumed.found == whole.found


def test_without_looks_the_command_says_what_to_declare(params: Path) -> None:
    params.write_text(PARAMS.replace(", looks: [8, 12, 16, 20]", ""))
    never: Callable[[], Any] = lambda: pytest.fail("nothing may run")  # noqa: E731
    with pytest.raises(UserError, match=r"protocol\.looks: expected"):
        look_until_decided(params, never, never)


def test_without_dvc_the_command_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="dvc: expected on PATH"):
        _repro()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[8, 12, 16, 20]", "[8, 8]"), "protocol: expected 'looks' that increase"),
        (("[8, 12, 16, 20]", "[]"), "protocol.looks: expected"),
        (
            ("repeats: 3}", "repeats: 3, studies: {noisy: {look: 5}}}"),
            "expected a look of 1 to 4; received 5",
        ),
        (("repeats: 3}", "repeats: 3, studies: {noisy: {look: 0}}}"), "look: expected .* received 0"),
    ],
)
def test_looks_that_mean_nothing_are_refused(params: Path, change: tuple[str, str], message: str) -> None:
    params.write_text(PARAMS.replace(*change))
    with pytest.raises(UserError, match=message):
        read(params)


def row_of(study: str, verdict: str) -> LedgerRow:
    return LedgerRow(
        id="mine",
        scope="controlled",
        write_up="own",
        study=study,
        says="It is so.",
        verdict=verdict,
        printed={},
        ours={},
        sentence="It is.",
    )


def test_a_study_is_undecided_while_a_comparison_or_a_claim_is() -> None:
    studies = {
        "a": StudyVerdicts(8, {"x": "better", "y": "undecided"}, profile="quick"),
        "b": StudyVerdicts(8, {"x": "better"}, profile="quick"),
        "c": StudyVerdicts(8, {}, profile="quick"),
    }
    claims = [row_of("b", "not testable"), row_of("c", "undecided")]
    assert undecided_studies(studies, claims) == {"a", "c"}


def test_repeats_are_those_of_the_look_but_where_nothing_is_compared(params: Path) -> None:
    declared = "repeats: 3, studies: {noisy: {look: 2, repeats: 7}}}"
    none = PARAMS.replace("  absent: *study\n", "  absent: {<<: *study, treatments: []}\n")
    params.write_text(none.replace("repeats: 3}", declared))
    found = {name: plan_training(read(params), name).repeats for name in DIFFERENCE}
    assert found == {"clear": 8, "noisy": 12, "absent": 3}
    assert plan_comparison(read(params), "noisy").looks == LOOKS


def test_the_last_look_has_no_next(params: Path) -> None:
    params.write_text(PARAMS.replace("repeats: 3}", "repeats: 3, studies: {noisy: {look: 4}, absent: {look: 2}}}"))
    assert later_looks(read(params), {"noisy", "absent", "clear"}) == {"clear": 2, "absent": 3}
