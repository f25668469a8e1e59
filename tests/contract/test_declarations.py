"""What params.yaml may declare: no selection on test images where the assignment is followed, variants of one line."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.preparation import unit_scaling
from pipeline.files import write_arrays
from pipeline.models.build import build
from pipeline.params.plan import plan_training
from pipeline.params.read import read
from pipeline.training.data import TrainingData, read_training_data
from pipeline.training.runs import declared_runs
from tests.conftest import WriteParams
from tests.contract.declared import BY_NAME, CASES, GREY, PARAMS, Case, params
from tests.contract.test_models import PARAMETERS

AS_SPECIFIED = [pytest.param(case, id=str(case)) for case in CASES if case.variant.kind == "as_specified"]
DECLARED = [pytest.param(case, id=str(case)) for case in CASES]


def ancestors(case: Case) -> list[Case]:
    variant = case.variant
    names = {
        variant.warm_start,
        variant.trial_of and variant.trial_of.variant,
        variant.merged and variant.merged.variant,
    }
    parents = [BY_NAME[f"{case.study}/{name}"] for name in names if name]
    return [*parents, *(one for parent in parents for one in ancestors(parent))]


@pytest.mark.parametrize("case", AS_SPECIFIED)
def test_as_specified_never_validates_on_test_images(case: Case) -> None:
    assert [str(one) for one in (case, *ancestors(case)) if one.task.split.kind == "test"] == []


@pytest.mark.parametrize("case", DECLARED)
def test_what_needs_validation_images_has_them(case: Case) -> None:
    stopping = case.recipe.early_stopping
    if case.variant.search or (stopping and stopping.monitor.startswith("val_")):
        assert case.validated


def test_some_variant_does_validate_on_test_images_as_written() -> None:
    assert {one.variant.kind for one in CASES if one.task.split.kind == "test"} == {"as_written"}


def test_training_data_hold_no_test_images(tmp_path: Path) -> None:
    names = [field.name for field in fields(TrainingData)]
    parts = ["x_train", "y_train", "x_validation", "y_validation"]
    assert names == ["digest", "classes", *parts, "scaling", "split"]
    images = np.arange(4 * 4, dtype=np.uint8).reshape(4, 2, 2, 1)
    labels = np.array([0, 1, 0, 1], np.uint8)
    for number, part in enumerate(("train", "validation")):  # and no test.npz, which is thus never opened
        write_arrays(tmp_path / f"{part}.npz", {"x": images + number, "y": labels})
    write_arrays(tmp_path / "scaling.npz", unit_scaling().to_arrays())
    identity: dict[str, Any] = {
        "validation": {},
        "training_digest": "d",
        "classes": ["0", "1"],
        "split_per_repeat": None,
    }
    data = read_training_data(tmp_path, {**identity, "validation": {"n": 4}})
    assert data.x_validation is not None
    assert np.array_equal(data.x_train + 1, data.x_validation)
    assert read_training_data(tmp_path, identity).x_validation is None


def test_every_declared_run_can_be_planned() -> None:
    for study in params().studies:
        plan = plan_training(params(), study)
        identity = {"train": {"n": 1000}, "training_digest": "d"}
        identities = {one["task"]: identity for one in plan["variants"].values()}
        runs = declared_runs(plan, identities)
        assert len(runs) == plan["repeats"] * len(plan["variants"])
        assert {run.variant for run in runs} | set(plan["derived"]) == set(params().studies[study].variants)


def test_your_own_variant_is_one_line(tmp_path: Path) -> None:
    """The README's example line, put under the first study's variants as text."""
    readme = (PARAMS.parent / "README.md").read_text(encoding="utf-8")
    line = "dropout_half: {dropout: 0.5}"
    assert line in readme
    head, key, rest = PARAMS.read_text(encoding="utf-8").partition("    variants:\n")
    changed = tmp_path / "params.yaml"
    changed.write_text(f"{head}{key}      {line}\n{rest}", encoding="utf-8")
    planned = plan_training(read(changed), "mnist_regularizers")["variants"]
    before = plan_training(params(), "mnist_regularizers")["variants"]
    own = planned.pop("dropout_half")
    assert planned == before
    expected = {**before["dropout"]["recipe"], "dropout": {"rate": 0.5, "after": "last_conv_and_dense"}}
    assert own["recipe"] == expected
    recipe = BY_NAME["mnist_regularizers/dropout"].recipe.model_validate(own["recipe"])
    model = build(recipe, GREY, 10)
    assert model.count_params() == PARAMETERS["cnn3", 28, 10][0]
    rates = {one.name: one.rate for one in model.layers if hasattr(one, "rate")}
    assert rates == {"conv3_dropout": 0.5, "dense1_dropout": 0.5}


def test_a_field_of_a_variant_replaces_its_studys(write_params: WriteParams) -> None:
    key = "studies.mnist_regularizers.variants.mine"
    path = write_params(
        {key: {"architecture": "lenet", "epochs": 1, "optimizer": {"name": "sgd", "learning_rate": 0.1}}}
    )
    recipe = plan_training(read(path), "mnist_regularizers")["variants"]["mine"]["recipe"]
    assert (recipe["architecture"], recipe["epochs"], recipe["batch_size"]) == ("lenet", 1, 64)
    assert recipe["optimizer"] == {"name": "sgd", "learning_rate": 0.1}
