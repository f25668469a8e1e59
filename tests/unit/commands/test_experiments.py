"""`make experiments`: what `dvc exp show --json` says, as a table of what changed."""

import io
import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from pipeline.commands.experiments import WIDTH, read_experiments, tabulate_experiments

STUDY = {"n": 10, "profile": "quick", "control": "none 97.00 %", "verdicts": "better: l2 98.00\nundecided: l1 97.10"}
OTHER = {"n": 3, "profile": "quick", "control": "adam 96.00 %", "verdicts": "undecided: sgd 90.00"}


def state(rev: str, name: str | None, amount: float, study: Mapping[str, Any], **params: Any) -> dict[str, Any]:
    values = {"profile": "quick", "studies": {"s": {"variants": {"l2": {"l2": {"amount": amount}}}}}, **params}
    metrics = {"verdicts/s.json": {"data": study}, "verdicts/o.json": {"data": OTHER}}
    return {"rev": rev, "name": name, "data": {"params": {"params.yaml": {"data": values}}, "metrics": metrics}}


def shown() -> str:
    better = {**STUDY, "verdicts": "better: l2 98.50, l1 97.90"}
    ran = {"revs": [state("b" * 40, "bold-moth", 0.01, better, select=["s"])], "name": "bold-moth"}
    failed = {"revs": [{"rev": "c" * 40, "name": "sad-moth", "data": None}], "name": "sad-moth"}
    commit = {**state("a" * 40, "main", 0.001, STUDY), "experiments": [ran, failed]}
    return json.dumps([{**state("workspace", None, 0.001, STUDY), "experiments": None}, commit])


def printed() -> str:
    out = io.StringIO()
    Console(file=out, width=WIDTH).print(tabulate_experiments(read_experiments(shown())))
    return out.getvalue()


def test_the_commit_comes_first_and_those_without_data_are_left_out() -> None:
    assert [one.name for one in read_experiments(shown())] == ["main", "working folder", "bold-moth"]


def test_what_an_experiment_changed_is_shown_with_its_accuracies_and_verdicts() -> None:
    text = printed()
    assert "studies.s.variants.l2.l2.amount=0.01" in text
    assert 'select=["s"]' in text
    assert "better: l2 98.50, l1 97.90" in text
    assert "s (n 10, profile quick, control none 97.00 %)" in text


def test_a_changed_study_is_shown_of_the_commit_too_and_others_of_none() -> None:
    text = printed()
    assert text.count("better: l2 98.00") == 1
    assert "working folder" not in text  # it is as the commit is
    assert "adam" not in text
    assert "profile=quick" not in text


def test_it_fits_160_columns() -> None:
    assert max(map(len, printed().splitlines())) <= WIDTH == 160
