"""Fields of recipes, tasks and profiles: what they mean when left out or short, and which values are refused."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.models.architectures import ARCHITECTURES, TUNABLE
from pipeline.params.planning import plan_training
from pipeline.params.read import read
from pipeline.params.resolve import resolve_recipe
from pipeline.params.schema import Caps
from pipeline.params.task import Task

WriteParams = Callable[[Mapping[str, Any]], Path]

STUDY = "studies.mnist_regularizers"
TUNER = "studies.mnist_tuner_mlp"
RECIPE: dict[str, Any] = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
}
TASK: dict[str, Any] = {
    "data": "mnist",
    "split": {"kind": "tail", "fraction": 0.2},
    "scaling": {"method": "unit"},
    "margin": 0.002,
}


def lines(path: Path) -> list[str]:
    """Lines of the refusal, without the file's name, which each must begin with."""
    with pytest.raises(UserError) as caught:
        read(path)
    found = str(caught.value).splitlines()
    assert [line for line in found if not line.startswith(f"{path}: ")] == []
    return [line.removeprefix(f"{path}: ") for line in found]


@pytest.mark.parametrize("rate", [0.25, {"rate": 0.25}, {"rate": 0.25, "after": "last_conv_and_dense"}])
def test_a_dropout_of_one_number_is_its_rate(rate: Any) -> None:
    dropout = resolve_recipe({**RECIPE, "dropout": rate}).dropout
    assert dropout is not None
    assert dropout.model_dump() == {"rate": 0.25, "after": "last_conv_and_dense"}


@pytest.mark.parametrize("after", ["last_conv_and_dense", "last_conv", "dense", "hidden"])
def test_a_dropout_says_which_layers_it_follows(after: str) -> None:
    dropout = resolve_recipe({**RECIPE, "dropout": {"rate": 0.3, "after": after}}).dropout
    assert dropout is not None
    assert dropout.after == after


@pytest.mark.parametrize("value", [0, 1, 1.0, -0.1, float("nan"), True, "0.25", [0.25]])
def test_a_dropout_that_is_no_fraction_is_refused(write_params: WriteParams, value: Any) -> None:
    (line,) = lines(write_params({f"{STUDY}.variants.dropout.dropout": value}))
    assert line.startswith(f"{STUDY}.variants.dropout.dropout")
    assert "expected" in line


def test_a_misspelt_place_of_dropout_is_refused_with_the_nearest(write_params: WriteParams) -> None:
    (line,) = lines(write_params({f"{STUDY}.variants.dropout.dropout": {"rate": 0.5, "after": "dens"}}))
    assert line == f"{STUDY}.variants.dropout.dropout.after: received 'dens'. Did you mean 'dense'?"


def test_updates_take_the_place_of_epochs_only_where_declared() -> None:
    assert resolve_recipe(RECIPE).updates is None
    assert resolve_recipe({**RECIPE, "updates": 1875}).updates == 1875


@pytest.mark.parametrize("value", [0, -1, 1.5, "10"])
def test_updates_are_counted(write_params: WriteParams, value: Any) -> None:
    (line,) = lines(write_params({f"{STUDY}.model.updates": value}))
    assert line.startswith(f"{STUDY}.model.updates: expected ")


def test_a_batch_may_be_full(write_params: WriteParams) -> None:
    params = read(write_params({f"{STUDY}.model.batch_size": "full"}))
    planned = plan_training(params, "mnist_regularizers").variants
    assert {variant.recipe.batch_size for variant in planned.values()} == {"full"}


@pytest.mark.parametrize("value", [0, -64, 1.5, "ful", None])
def test_a_batch_size_that_is_none_is_refused_under_its_own_key(write_params: WriteParams, value: Any) -> None:
    """Not under the names of pydantic's branches, and offering `full`."""
    (line,) = lines(write_params({f"{STUDY}.model.batch_size": value}))
    key, _, rest = line.partition(": ")
    assert key == f"{STUDY}.model.batch_size"
    assert "full" in rest


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("units", [None, 32])
def test_units_belong_to_tunable_architectures(architecture: str, units: int | None) -> None:
    recipe = {**RECIPE, "architecture": architecture, "units": units}
    if (architecture in TUNABLE) == (units is not None):
        assert resolve_recipe(recipe).units == units
    else:
        with pytest.raises(UserError, match="expected 'units' with tuned_mlp or tuned_cnn"):
            resolve_recipe(recipe)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{STUDY}.variants.dropout.units", 32),
        (f"{STUDY}.variants.dropout.architecture", "tuned_mlp"),
        (f"{TUNER}.variants.default.units", None),
    ],
)
def test_units_out_of_place_are_refused_naming_the_variant(write_params: WriteParams, key: str, value: Any) -> None:
    (line,) = lines(write_params({key: value}))
    named, _, rest = line.partition(": ")
    assert named == key.rpartition(".")[0]
    assert rest.startswith("expected 'units' with tuned_mlp or tuned_cnn, and with no other architecture")


@pytest.mark.parametrize(
    ("search", "key", "said"),
    [
        ({"trials": 0}, "trials", "expected greater than or equal to 1; received 0."),
        ({"trial": 5}, "trial", "unknown key. Did you mean 'trials'?"),
        ({"trials": 5, "unit": {}}, "unit", "unknown key. Did you mean 'units'?"),
        (
            {"trials": 5, "units": {"minimum": 0, "maximum": 9, "step": 1}},
            "units.minimum",
            "expected greater",
        ),
        ({"trials": 5, "units": {"minimum": 1, "maximum": 9, "stp": 1}}, "units.stp", "unknown key. Did"),
        ({"trials": 5, "learning_rate": [0.1, 0]}, "learning_rate.1", "expected greater than 0; received 0"),
        ({"trials": 5, "learning_rate": []}, "learning_rate", "expected List should have at least 1 item"),
    ],
)
def test_a_mistake_in_a_search_is_named(write_params: WriteParams, search: dict[str, Any], key: str, said: str) -> None:
    found = lines(write_params({f"{TUNER}.variants.valsplit_search.search": search}))
    assert any(line.startswith(f"{TUNER}.variants.valsplit_search.search.{key}: {said}") for line in found)


@pytest.mark.parametrize("classes", [None, [[0, 1], [2]], [[3], [7]]])
def test_classes_are_groups_of_labels(classes: list[list[int]] | None) -> None:
    assert Task.model_validate({**TASK, "classes": classes}).classes == classes


@pytest.mark.parametrize("classes", [[], [[1, 2]], [1, 2], [["a"], ["b"]], "3, 7"])
def test_classes_are_at_least_two_groups(write_params: WriteParams, classes: Any) -> None:
    found = lines(write_params({"tasks.three_vs_seven.classes": classes}))
    assert all(line.startswith("tasks.three_vs_seven.classes") for line in found)


@pytest.mark.parametrize(
    ("key", "value", "named", "said"),
    [
        ("split", {"kind": "tail"}, "split", "expected a 'fraction' with kinds 'tail' and 'shuffled'"),
        ("split", {"kind": "none", "fraction": 0.2}, "split", "expected a 'fraction' with kinds"),
        ("split", {"kind": "test", "fraction": 0.2}, "split", "expected a 'fraction' with kinds"),
        ("split", {"kind": "shuffled", "seed": 1}, "split", "expected a 'fraction' with kinds"),
        ("split", {"kind": "shuffled", "fraction": 0.2}, "split", "expected a 'seed' with kind 'shuffled'"),
        ("split", {"kind": "none", "seed": 1}, "split", "expected a 'seed' with kind 'shuffled'"),
        ("split.stratified", True, "split", "expected 'stratified' only with kind 'shuffled'"),
        ("split.kind", "tset", "split.kind", "received 'tset'. Did you mean 'test'?"),
        ("scaling", {"method": "standardize"}, "scaling", "expected 'fit_on' with method 'standardize'"),
        ("scaling", {"method": "unit", "fit_on": "train"}, "scaling", "expected 'fit_on' with method"),
        (
            "scaling.method",
            "standardise",
            "scaling.method",
            "received 'standardise'. Did you mean 'standardize'",
        ),
        ("scaling.fit_on", "trian", "scaling.fit_on", "received 'trian'. Did you mean 'train'?"),
        ("limit", 0, "limit", "expected greater than or equal to 1; received 0."),
        ("sorted_by_class", 1, "sorted_by_class", "expected a valid boolean; received 1."),
    ],
)
def test_a_mistake_in_a_task_is_named(write_params: WriteParams, key: str, value: Any, named: str, said: str) -> None:
    (line,) = lines(write_params({f"tasks.mnist.{key}": value}))
    assert line.startswith(f"tasks.mnist.{named}: {said}")


@pytest.mark.parametrize(
    "split",
    [
        {"kind": "tail", "fraction": 0.2},
        {"kind": "shuffled", "fraction": 0.2, "seed": 0, "stratified": True},
        {"kind": "none"},
        {"kind": "test"},
    ],
)
def test_every_kind_of_split_has_its_own_fields(split: dict[str, Any]) -> None:
    assert Task.model_validate({**TASK, "split": split}).split.model_dump(exclude_unset=True) == split


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("profiles.quick.caps.image_passes", 0, "expected greater than or equal to 1; received 0."),
        ("profiles.quick.caps.trials", 1.5, "expected a valid integer"),
        ("profiles.quick.caps.trial", 3, "unknown key. Did you mean 'trials'?"),
        (f"profiles.quick.{STUDY}.caps.image_pases", 3, "unknown key. Did you mean 'image_passes'?"),
    ],
)
def test_a_mistake_in_a_cap_is_named(write_params: WriteParams, key: str, value: Any, said: str) -> None:
    (line,) = lines(write_params({key: value}))
    assert line.startswith(f"{key}: {said}")


def test_a_studys_caps_replace_its_profiles(write_params: WriteParams) -> None:
    changes = {
        "profiles.quick.caps": {"image_passes": 9, "trials": 2},
        "profiles.quick.studies": {
            "mnist_regularizers": {"caps": {}},
            "mnist_tuner_mlp": {"caps": {"trials": 7}},
            "mnist_tuner_cnn": {"repeats": 4},
        },
    }
    params = read(write_params(changes))
    planned = {study: plan_training(params, study).caps for study in params.studies}
    assert planned.pop("mnist_regularizers") == Caps(image_passes=None, trials=None)
    assert planned.pop("mnist_tuner_mlp") == Caps(image_passes=None, trials=7)
    assert all(caps == Caps(image_passes=9, trials=2) for caps in planned.values())


def test_a_profile_without_caps_bounds_nothing(repository: Path) -> None:
    assert read(repository / "params.yaml").profiles["full"].caps == Caps(image_passes=None, trials=None)


@pytest.mark.parametrize(("shifts", "key"), [([], "shifts"), ([0, -1], "shifts.1"), ([1.5], "shifts.0")])
def test_shifts_are_whole_pixels(write_params: WriteParams, shifts: list[Any], key: str) -> None:
    (line,) = lines(write_params({"studies.mnist_shift_robustness.shifts": shifts}))
    assert line.startswith(f"studies.mnist_shift_robustness.{key}: expected ")
