"""What DVC shows: verdicts in few words, and tables of learning curves, differences and confusions."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.outputs.plots import KINDS, tabulate_plots
from pipeline.outputs.verdicts import WIDTH, describe_claims, describe_study
from pipeline.statistics.estimates import Estimate

Make = Callable[..., Any]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_study_is_told_with_every_variants_accuracy_by_verdict(make_parts: Make) -> None:
    results = make_parts().results
    told = describe_study(results)
    assert {name: told[name] for name in ("n", "profile")} == {"n": 10, "profile": "quick"}
    means = {name: 100 * one.metrics["test_accuracy"].mean for name, one in results.variants.items()}
    assert told["control"] == f"none {means['none']:.2f} %"
    words = " ".join(str(told["verdicts"]).split())
    for name, comparison in results.comparisons.items():
        assert f"{name} {means[name]:.2f}" in words.partition(f"{comparison.verdict}: ")[2]
    assert len(means) - 1 == sum(words.count(f"{name} ") for name in results.comparisons)


def test_texts_are_narrow_enough_for_two_beside_each_other(make_parts: Make) -> None:
    names = tuple(f"a_treatment_of_{number}" for number in range(14))
    told = describe_study(make_parts(treatments=names).results)
    lines = [line for text in told.values() for line in str(text).splitlines()]
    assert max(map(len, lines)) <= WIDTH
    assert all(any(name in line for line in lines) for name in names)


def test_what_is_not_compared_is_told_and_a_missing_mean_too(make_parts: Make) -> None:
    results = make_parts(treatments=("dropout", "l1")).results
    diverged = replace(results.variants["l1"], metrics={"test_accuracy": Estimate()})
    changed = replace(results, comparisons={}, variants={**results.variants, "l1": diverged})
    told = str(describe_study(changed)["verdicts"])
    assert told.startswith("not compared: dropout 9") and told.endswith("l1 –")


def test_claims_are_counted_by_verdict_and_what_nobody_got_is_left_out() -> None:
    counts = {"as_written": {"supported": 3, "refuted": 0, "undecided": 12}, "controlled": {"supported": 1}}
    lines = str(describe_claims(counts)["verdicts"]).splitlines()
    assert lines == ["as written: 3 supported, 12 undecided", "controlled: 1 supported"]


def test_curves_are_means_over_the_repeats_that_still_train(make_parts: Make) -> None:
    long = pd.DataFrame({"epoch": [1, 2], "loss": [1.0, 0.5], "val_loss": [np.nan, 2.0]})
    short = pd.DataFrame({"epoch": [1], "loss": [3.0], "val_loss": [4.0]})
    found = rows(tabulate_plots(make_parts().results, {"none": [long, short]})["curves"])
    values = {(row["quantity"], row["epoch"]): float(row["value"]) for row in found}
    assert values == {("loss", "1"): 2.0, ("loss", "2"): 0.5, ("val_loss", "1"): 4.0, ("val_loss", "2"): 2.0}


def test_the_forest_has_differences_in_points_with_the_interval_that_decided(make_parts: Make) -> None:
    results = make_parts().results
    found = rows(tabulate_plots(results, {})["forest"])
    assert [row["treatment"] for row in found] == list(results.comparisons)
    for row, one in zip(found, results.comparisons.values(), strict=True):
        assert float(row["difference"]) == pytest.approx(100 * one.estimate)
        assert [float(row["low"]), float(row["high"])] == pytest.approx([100 * end for end in one.interval])
        assert row["verdict"] == one.verdict


def test_a_confusion_has_a_row_for_every_cell_of_every_variant(make_parts: Make) -> None:
    results = make_parts(treatments=("dropout",), classes=3).results
    found = rows(tabulate_plots(results, {})["confusion"])
    cells = {(row["variant"], int(row["actual"]), int(row["predicted"])): float(row["images"]) for row in found}
    assert len(cells) == len(found) == 2 * 3 * 3
    assert cells["dropout", 2, 0] == results.variants["dropout"].confusion[2][0]


def test_a_kind_without_rows_is_left_out(make_parts: Make) -> None:
    results = replace(make_parts(treatments=("dropout",)).results, comparisons={})
    assert tabulate_plots(results, {}).keys() == {"confusion"} < set(KINDS)
