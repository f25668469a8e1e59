"""What params.yaml may declare: no selection on test images where the assignment is followed, variants of one line."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import keras
import pytest

from pipeline import layout
from pipeline.data.identity import Identity, read_identities
from pipeline.errors import UserError
from pipeline.models.architectures import ARCHITECTURES
from pipeline.models.blocks import Block, Dense
from pipeline.models.build import build
from pipeline.params.planning import plan_training
from pipeline.params.read import read
from pipeline.params.recipe import Dropout
from pipeline.params.resolve import resolve_variant
from pipeline.params.task import Preparation
from pipeline.training.data import TrainingData
from pipeline.training.fingerprint import fingerprint_recipe
from pipeline.training.runs import declare_runs
from pipeline.training.train import read_training_data
from tests.conftest import WriteParams
from tests.contract.declared import BY_NAME, CASES, PARAMS, Case, images_of, params
from tests.prepared import noise, prepare

AS_SPECIFIED = [pytest.param(case, id=str(case)) for case in CASES if case.variant.kind == "as_specified"]
DECLARED = [pytest.param(case, id=str(case)) for case in CASES]
FIRST_STUDY = pytest.mark.parametrize("study", list(params().studies)[:1])


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


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Identity]]:
    """Identity of every declared task, prepared from a few small images of noise."""
    tasks = {
        name: Preparation.model_validate({field: getattr(task, field) for field in Preparation.model_fields})
        for name, task in params().tasks.items()
    }
    data = {one: noise(200, 60, (4, 3), images_of(one)[1]) for one in {task.data for task in tasks.values()}}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DVC_ROOT", raising=False)
        patch.chdir(tmp_path_factory.mktemp("prepared"))
        prepare(data, tasks)
        found = read_identities()
        for data_set in data:
            layout.raw_array(data_set, "x_test").unlink()
        yield found


@pytest.mark.parametrize("task", params().tasks)
def test_training_opens_test_images_only_where_a_task_validates_on_them(
    task: str, identities: dict[str, Identity]
) -> None:
    names = [field.name for field in fields(TrainingData)]
    assert names == ["digest", "classes", "train", "validation", "scaling", "split"]
    identity, split = identities[task], params().tasks[task].split
    if split.kind == "test":
        with pytest.raises(UserError, match=r"x_test\.npy"):
            read_training_data(task, identity)
        return
    data = read_training_data(task, identity)
    if data.split:
        data = data.divide(seed=0)
    assert len(data.train.images[:]) == len(data.train.labels) == identity.train.n
    assert (data.validation is None) == (identity.validation is None) == (split.kind == "none")
    if data.validation and identity.validation:
        assert len(data.validation.images[:]) == len(data.validation.labels) == identity.validation.n


def test_every_declared_run_can_be_planned(identities: dict[str, Identity]) -> None:
    for name, study in params().studies.items():
        plan = plan_training(params(), name)
        runs = declare_runs(plan, identities)
        assert len(runs) == plan.repeats * len(plan.trained)
        assert {run.variant for run in runs} | set(plan.derived) == set(plan.variants)
        assert set(plan.variants) == set(study.variants)


@FIRST_STUDY
def test_your_own_variant_is_one_line(study: str, tmp_path: Path) -> None:
    """The README's example line, put under the first study's variants as text."""
    readme = (PARAMS.parent / "README.md").read_text(encoding="utf-8")
    line = "dropout_half: {dropout: 0.5}"
    assert line in readme
    head, key, rest = PARAMS.read_text(encoding="utf-8").partition("    variants:\n")
    changed = tmp_path / "params.yaml"
    changed.write_text(f"{head}{key}      {line}\n{rest}", encoding="utf-8")
    planned = dict(plan_training(read(changed), study).variants)
    own = planned.pop("dropout_half")
    assert planned == plan_training(params(), study).variants
    model = params().studies[study].model_copy(update={"variants": {"plain": {"dropout": None}}})
    plain = resolve_variant(model, "plain", "params.yaml", study)[1]
    assert own.recipe == plain.model_copy(update={"dropout": Dropout(rate=0.5)})
    shape, classes = images_of(params().tasks[own.task].data)
    with_dropout, without = (build(recipe, shape, classes) for recipe in (own.recipe, plain))
    assert with_dropout.count_params() == without.count_params()
    rates = [one.rate for one in with_dropout.layers if isinstance(one, keras.layers.Dropout)]
    assert rates and set(rates) == {0.5}


@FIRST_STUDY
def test_a_field_of_a_variant_replaces_its_studys(study: str, write_params: WriteParams) -> None:
    optimizer = {"name": "sgd", "learning_rate": 0.1}
    mine = {"architecture": "lenet", "epochs": 1, "optimizer": optimizer}
    path = write_params({f"studies.{study}.variants.mine": mine})
    recipe = plan_training(read(path), study).variants["mine"].recipe
    assert (recipe.architecture, recipe.epochs) == ("lenet", 1)
    assert recipe.batch_size == params().studies[study].model["batch_size"]
    assert recipe.optimizer.model_dump() == optimizer
    assert recipe.blocks == tuple(ARCHITECTURES["lenet"]())


def fingerprints() -> dict[str, str]:
    """Fingerprint of every declared recipe, resolved anew; those whose architecture is gone are left out."""
    found = {}
    for case in CASES:
        if case.recipe.architecture in ARCHITECTURES:
            recipe = resolve_variant(params().studies[case.study], case.name, "params.yaml", case.study)[1]
            found[str(case)] = fingerprint_recipe(recipe, case.variant.search, {}, "data", "code")
    return found


def one_dense() -> list[Block]:
    return [Dense("dense1", 7)]


def add(table: dict[str, Callable[[], list[Block]]], name: str) -> None:
    table["of_mine"] = one_dense


def rename(table: dict[str, Callable[[], list[Block]]], name: str) -> None:
    table["of_mine"] = table.pop(name)


def rewrite(table: dict[str, Callable[[], list[Block]]], name: str) -> None:
    table[name] = one_dense


@pytest.mark.parametrize("change", [add, rename, rewrite])
@pytest.mark.parametrize("architecture", sorted({case.recipe.architecture for case in CASES}))
def test_a_change_of_the_table_of_architectures_is_no_change_of_other_recipes(
    architecture: str, change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipe carries its blocks: whoever adds, renames or rewrites an architecture retrains no other's runs."""
    before = fingerprints()
    table = dict(ARCHITECTURES)
    change(table, architecture)
    for name in {*ARCHITECTURES} - {*table}:
        monkeypatch.delitem(ARCHITECTURES, name)
    for name, blocks in table.items():
        monkeypatch.setitem(ARCHITECTURES, name, blocks)
    changed = {str(one) for one in CASES if one.recipe.architecture == architecture}
    after = fingerprints()
    assert changed
    assert {name for name in before if before[name] != after.get(name)} == (
        changed if change in (rename, rewrite) else set()
    )


@pytest.mark.parametrize("case", DECLARED[:1])
def test_a_recipes_blocks_are_part_of_its_fingerprint(case: Case) -> None:
    """Equal names, other networks: the fingerprint is of what is built, not of what it is called."""
    recipe = case.recipe
    other = recipe.model_copy(update={"blocks": tuple(one_dense())})
    one, two = (fingerprint_recipe(each, None, {}, "data", "code") for each in (recipe, other))
    assert one != two
