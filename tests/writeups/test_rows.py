"""The list of the write-ups' rows: every row is run, as the row says.

rows.csv has one line an id: `more` holds the fields of the recipe that differ from a plain network, `search` what is
searched and on which validation images, `warm_start` and `merged` the row that another starts from or merges; a start
whose optimizer goes on is `continued`.
"""

import csv
import json
from typing import NamedTuple

import pytest

from pipeline.params.read import read
from pipeline.params.recipe import Recipe, Variant
from pipeline.params.resolve import resolve_recipe, resolve_variant
from pipeline.params.schema import Params
from pipeline.params.task import Task
from pipeline.writeups.entries import DATA, read_printed
from tests.conftest import ROOT

KINDS = {"AW": "as_written", "AS": "as_specified", "CTL": "control"}
LOSSES = {
    "sparse": {"sparse_categorical_crossentropy"},
    "categorical": {"categorical_crossentropy"},
    "binary": {"binary_crossentropy"},
    "any": {"sparse_categorical_crossentropy", "categorical_crossentropy"},  # the row says only cross-entropy
}
CLASSES = {
    "mnist": None,
    "cifar10": None,
    "mnist 3 7": [[3], [7]],
    "mnist merged": [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]],
}
LABELS = ("kernel_initializer", "bias_initializer", "architecture")


class Realised(NamedTuple):
    """A variant with its labels, its recipe and its task."""

    variant: Variant
    recipe: Recipe
    task: Task


with (DATA / "rows.csv").open(newline="") as _file:
    TABLE = {line["id"]: line for line in csv.DictReader(_file)}
PARAMS: Params = read(ROOT / "params.yaml")


def one(study: str, name: str) -> Realised:
    declared = PARAMS.studies[study]
    variant, recipe = resolve_variant(declared, name, "params.yaml", f"studies.{study}")
    return Realised(variant, recipe, PARAMS.tasks[variant.task or declared.task])


def rows_of(variant: Variant) -> list[str]:
    return [variant.row] if isinstance(variant.row, str) else list(variant.row or [])


CASES = [
    (study, name, row)
    for study, declared in PARAMS.studies.items()
    for name in declared.variants
    for row in rows_of(one(study, name).variant)
]
TRAINED = [case for case in CASES if not TABLE[case[2]]["merged"]]
each_row = pytest.mark.parametrize(("study", "name", "row"), CASES, ids=map(".".join, CASES))


def validation(task: Task) -> str:
    split = task.split
    seed = [] if split.seed is None else ["seed", str(split.seed)]
    assert not split.stratified
    return " ".join([split.kind, *([] if split.fraction is None else [str(split.fraction)]), *seed])


def searching(found: Realised, study: str) -> Realised | None:
    """The variant whose search a variant's hyperparameters come from, perhaps itself."""
    if found.variant.search:
        return found
    return one(study, found.variant.trial_of.variant) if found.variant.trial_of else None


def test_the_table_is_whole() -> None:
    """64 lines of the table, of which several name more than one id, and two that the texts' margins invite to."""
    assert len(TABLE) == 89


def test_figures_are_printed_of_rows_only() -> None:
    assert read_printed().keys() - {"mnist_images"} <= set(TABLE)


def test_every_row_is_realised_and_no_variant_names_another() -> None:
    assert {row for _, _, row in CASES} == set(TABLE)


@each_row
def test_kind_data_and_decision_are_the_rows(study: str, name: str, row: str) -> None:
    found, line = one(study, name), TABLE[row]
    kinds = {KINDS[kind] for own in rows_of(found.variant) for kind in TABLE[own]["kind"].split()}
    assert found.variant.kind in kinds
    assert found.task.data == line["data"].split()[0]
    assert found.task.classes == CLASSES[line["data"]]
    assert found.task.limit is None
    assert not found.task.sorted_by_class
    assert " ".join(filter(None, (found.task.scaling.method, found.task.scaling.fit_on))) == line["scaling"]
    assert found.variant.threshold == (float(line["threshold"]) if line["threshold"] else None)
    assert validation(found.task) == line["validation"]


@pytest.mark.parametrize(("study", "name", "row"), TRAINED, ids=map(".".join, TRAINED))
def test_the_recipe_is_the_rows(study: str, name: str, row: str) -> None:
    found, line = one(study, name), TABLE[row]
    recipe = found.recipe.model_dump()
    assert recipe["loss"] in LOSSES[line["loss"]]
    expected = {
        "loss": recipe["loss"],
        "optimizer": {"name": line["optimizer"], "learning_rate": _learning_rate(line, found.recipe)},
        "batch_size": int(line["batch_size"]) if line["batch_size"].isdigit() else line["batch_size"],
        "epochs": int(line["epochs"] or found.recipe.epochs),
        **{label: line[label] for label in LABELS},
        **json.loads(line["more"] or "{}"),
    }
    if line["search"] and found.recipe.units is not None:
        expected["units"] = found.recipe.units  # of every trial its own
    assert recipe == resolve_recipe(expected).model_dump()


def _learning_rate(line: dict[str, str], recipe: Recipe) -> float:
    return recipe.optimizer.learning_rate if line["learning_rate"] == "searched" else float(line["learning_rate"])


@each_row
def test_the_search_is_the_rows(study: str, name: str, row: str) -> None:
    found, line = one(study, name), TABLE[row]
    source = searching(found, study)
    assert (source is not None) == bool(line["search"])
    if source is None:
        return
    declared = {"scored_by": "last_epoch", **json.loads(line["search"])}
    assert validation(source.task) == declared.pop("validation")
    assert source.recipe.epochs == declared.pop("epochs", found.recipe.epochs)
    assert source.variant.search is not None
    space = source.variant.search.model_dump()
    assert {key: space[key] for key in declared} == declared
    assert (space["learning_rate"] is not None) == (line["learning_rate"] == "searched")
    assert found.variant.trial_of is None or found.variant.trial_of.which == "best"


@each_row
def test_a_warm_start_and_merged_predictions_come_from_the_rows_variant(study: str, name: str, row: str) -> None:
    variant = one(study, name).variant
    start, merged = variant.warm_start, variant.merged
    source, optimizer = (*TABLE[row]["warm_start"].split(), "fresh")[:2] if start else ("", "fresh")
    assert (start.optimizer if start else "fresh") == optimizer
    for other, expected in ((start, source), (merged, TABLE[row]["merged"])):
        assert [expected] == (rows_of(one(study, other.variant).variant) if other else [""])
    assert bool(start) == bool(TABLE[row]["warm_start"])


def test_predictions_are_merged_by_both_rules() -> None:
    cases = [(study, name) for study, name, row in CASES if row == "mnist_cnn753_10to4"]
    merged = [one(study, name).variant.merged for study, name in cases]
    assert {each.rule for each in merged if each} == {"argmax", "sum"}


def test_every_variant_as_written_has_its_place_in_a_text() -> None:
    names = [(study, name) for study, declared in PARAMS.studies.items() for name in declared.variants]
    found = {names_of: one(*names_of).variant for names_of in names}
    assert [case for case, variant in found.items() if variant.kind == "as_written" and not variant.place] == []
    places = [place for variant in found.values() for place in variant.place]
    assert {place.write_up for place in places} == {"000", "001", "002", "003", "004"}


NOT_SHOWN = {
    "mnist_regularizers/none": "",
    "mnist_regularizers/l1_conv1": "l1",
    "mnist_gradient_descent/sgd1": "architecture loss optimizer learning_rate epochs split scaling",
    "mnist_kernel_7_5_3/four": "padding learning_rate kernel_initializer bias_initializer scaling",
    "three_vs_seven_initializers/random_normal": "architecture loss optimizer batch_size epochs split",
    "mnist_by_hand/scratch_mlp_sgd": "architecture learning_rate batch_size kernel_initializer bias_initializer",
}


@pytest.mark.parametrize(("case", "inferred"), NOT_SHOWN.items())
def test_what_a_text_does_not_say_is_marked_as_inferred(case: str, inferred: str) -> None:
    assert one(*case.split("/")).variant.inferred == inferred.split()


BOTH, BIAS, KERNEL = {"kernel_initializer", "bias_initializer"}, {"bias_initializer"}, {"kernel_initializer"}


@pytest.mark.parametrize(
    ("study", "alone"),
    [
        ("three_vs_seven_initializers", {"random_uniform": BOTH, "random_normal": BOTH, "zero_biases": BIAS}),
        (
            "three_vs_seven_kernel_initializers",
            {"random_uniform": KERNEL, "random_normal": KERNEL, "he_normal": KERNEL},
        ),
    ],
)
def test_initialisers_are_compared_with_a_control_that_differs_in_one_thing(
    study: str, alone: dict[str, set[str]]
) -> None:
    declared = PARAMS.studies[study]
    control = one(study, declared.control)
    assert set(declared.treatments or set(declared.variants) - {declared.control}) == alone.keys()
    for name, changed in alone.items():
        found = one(study, name)
        before, after = control.recipe.model_dump(), found.recipe.model_dump()
        assert {field for field in before if before[field] != after[field]} == changed
        assert (found.variant.threshold, found.task) == (control.variant.threshold, control.task)
