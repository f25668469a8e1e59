"""What params.yaml may declare: no selection on test images where the assignment is followed, variants of one line."""

from dataclasses import fields
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.data.identity import Identity, read_identities
from pipeline.errors import UserError
from pipeline.models.build import build
from pipeline.params.planning import plan_training
from pipeline.params.read import read
from pipeline.params.recipe import Dropout
from pipeline.params.task import Preparation
from pipeline.training.data import TrainingData
from pipeline.training.runs import declare_runs
from pipeline.training.train import read_training_data
from tests.conftest import WriteParams
from tests.contract.declared import BY_NAME, CASES, GREY, PARAMS, Case, params
from tests.prepared import noise, prepare

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


def test_training_data_hold_no_test_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [field.name for field in fields(TrainingData)]
    assert names == ["digest", "classes", "train", "validation", "scaling", "split"]
    monkeypatch.chdir(tmp_path)
    tasks: dict[str, dict[str, object]] = {
        "plain": {"split": {"kind": "tail", "fraction": 0.25}},
        "on_test": {"split": {"kind": "test"}},
    }
    scaling = {"method": "unit"}
    prepare(
        {"own": noise(40, 10, (4, 4))},
        {
            name: Preparation.model_validate({"data": "own", "scaling": scaling, **one})
            for name, one in tasks.items()
        },
    )
    layout.raw_array("own", "x_test").unlink()
    data = read_training_data("plain", read_identities()["plain"])
    assert data.validation is not None
    assert (len(data.train), len(data.validation)) == (30, 10)
    with pytest.raises(UserError, match="x_test"):  # but where a write-up validated on them
        read_training_data("on_test", read_identities()["on_test"])


def test_every_declared_run_can_be_planned() -> None:
    part = {"n": 1000, "shape": [28, 28, 1], "x": "x", "y": "y"}
    identity = Identity.model_validate(
        {
            **{"data_set": "d", "source": "s", "stand_in": True, "classes": ["0", "1"], "groups": None},
            **{"validation_is_test": False, "split_per_repeat": None, "scaling": {}},
            **{"train": part, "validation": None, "test": part, "training_digest": "d", "test_digest": "t"},
        }
    )
    for study in params().studies:
        plan = plan_training(params(), study)
        runs = declare_runs(plan, {one.task: identity for one in plan.variants.values()})
        assert len(runs) == plan.repeats * len(plan.trained)
        assert {run.variant for run in runs} | set(plan.derived) == set(params().studies[study].variants)


def test_your_own_variant_is_one_line(tmp_path: Path) -> None:
    """The README's example line, put under the first study's variants as text."""
    readme = (PARAMS.parent / "README.md").read_text(encoding="utf-8")
    line = "dropout_half: {dropout: 0.5}"
    assert line in readme
    head, key, rest = PARAMS.read_text(encoding="utf-8").partition("    variants:\n")
    changed = tmp_path / "params.yaml"
    changed.write_text(f"{head}{key}      {line}\n{rest}", encoding="utf-8")
    study = next(iter(params().studies))
    planned = dict(plan_training(read(changed), study).variants)
    before = plan_training(params(), study).variants
    own = planned.pop("dropout_half")
    assert planned == before
    control = before[params().studies[study].control].recipe
    dropout = Dropout(rate=0.5, after="last_conv_and_dense")
    assert own.recipe == control.model_copy(update={"dropout": dropout})
    model, plain = (build(recipe, GREY, 10) for recipe in (own.recipe, control))
    assert model.count_params() == plain.count_params()
    rates = {one.name: one.rate for one in model.layers if hasattr(one, "rate")}
    assert rates == {"conv3_dropout": 0.5, "dense1_dropout": 0.5}


def test_a_field_of_a_variant_replaces_its_studys(write_params: WriteParams) -> None:
    study = next(iter(params().studies))
    optimizer = {"name": "sgd", "learning_rate": 0.1}
    path = write_params(
        {f"studies.{study}.variants.mine": {"architecture": "lenet", "epochs": 1, "optimizer": optimizer}}
    )
    recipe = plan_training(read(path), study).variants["mine"].recipe
    inherited = params().studies[study].model["batch_size"]
    assert (recipe.architecture, recipe.epochs, recipe.batch_size) == ("lenet", 1, inherited)
    assert recipe.optimizer.model_dump() == optimizer
