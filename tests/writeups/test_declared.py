"""What params.yaml declares of the write-ups' trainings: the particulars that generic tests would not miss."""

from pathlib import Path

import keras
import pytest

from pipeline.models.build import build
from pipeline.params.planning import plan_training
from pipeline.params.read import read
from pipeline.training.orders import even_epochs
from tests.contract.declared import BUILT, BY_NAME, CASES, GREY, PARAMS, Case
from tests.contract.tiny import built

# (architecture, where dropout is declared) -> the hidden layers it follows; None: the architecture's own
DROPPED = {
    ("cnn3", "last_conv_and_dense"): ["conv3", "dense1"],
    ("cnn3", "last_conv"): ["conv3"],
    ("cnn753", "last_conv"): ["conv3"],
    ("lenet", "hidden"): ["conv1", "conv2", "dense1", "dense2"],
    ("lenet", "dense"): ["dense1", "dense2"],
    ("binary_cnn", None): ["conv2"],
    ("binary_cnn_dense", None): ["conv2"],
}


def test_test_images_choose_only_as_written_and_draw_curves_beside_it() -> None:
    looking = [one for one in CASES if one.task.split.kind == "test"]
    choosing = [one for one in looking if one.variant.search or one.recipe.early_stopping]
    assert {one.variant.kind for one in choosing} == {"as_written"}
    assert {one.study for one in looking if one.variant.kind != "as_written"} == {"mnist_kernel_7_5_3"}


@pytest.mark.parametrize(("name", "seconds"), [("sgd1", 1042.907096 / 600_000), ("batch", 6.090448 / 10)])
def test_equal_time_is_that_of_mini32_by_the_write_ups_own_times_per_update(name: str, seconds: float) -> None:
    updates = BY_NAME[f"mnist_gradient_descent/{name}_equal_time"].recipe.updates
    assert updates
    assert updates * seconds == pytest.approx(47.715127, rel=0.005)
    assert even_epochs(updates) > 5  # a history of several rows


def test_the_network_of_the_table_has_three_hidden_layers_of_32_64_and_64_units() -> None:
    layers = built(BY_NAME["three_vs_seven_early_stopping/table_three_layers"].built).layers
    units = [getattr(one, "filters", None) or getattr(one, "units", None) for one in layers]
    assert [one for one in units if one] == [32, 64, 64, 2]


def test_all_studies_are_among_the_cases() -> None:
    assert len(CASES) > 140


@pytest.mark.parametrize("case", BUILT)
def test_dropout_follows_the_layers_that_the_write_ups_name(case: Case) -> None:
    declared = case.recipe.dropout
    after = DROPPED.get((case.recipe.architecture, declared.after if declared else None), [])
    layers = [one for one in built(case.built).layers if isinstance(one, keras.layers.Dropout)]
    rate = declared.rate if declared else 0.5
    assert {one.name.removesuffix("_dropout"): one.rate for one in layers} == dict.fromkeys(after, rate)


def test_the_learning_rate_is_halved_every_three_epochs() -> None:
    found = {
        (one.recipe.step_decay.factor, one.recipe.step_decay.epochs, one.recipe.optimizer.learning_rate)
        for one in CASES
        if one.recipe.step_decay
    }
    assert found == {(0.5, 3, 0.001)}


@pytest.mark.parametrize("name", ["mini32_equpd", "sgd1_equpd", "batch_equpd"])
def test_equal_updates_are_one_pass_in_batches_of_32(name: str) -> None:
    assert BY_NAME[f"mnist_gradient_descent/{name}"].recipe.updates == 60_000 // 32 == 1875


def test_four_searches_are_over_three_rates_alone_and_one_has_an_unused_hyperparameter() -> None:
    searches = {str(one): one.variant.search for one in CASES if one.variant.search}
    rates = [one for one in searches.values() if not one.units and len(one.learning_rate or ()) == 3]
    assert len(rates) == 4
    assert [name for name, one in searches.items() if one.unused] == ["mnist_tuner_cnn/unit2"]


def test_the_readmes_variant_is_a_dropout_after_the_last_convolution_and_the_dense_layer(
    tmp_path: Path,
) -> None:
    head, key, rest = PARAMS.read_text(encoding="utf-8").partition("    variants:\n")
    changed = tmp_path / "params.yaml"
    changed.write_text(f"{head}{key}      dropout_half: {{dropout: 0.5}}\n{rest}", encoding="utf-8")
    variants = plan_training(read(changed), "mnist_regularizers").variants
    own, declared = variants["dropout_half"].recipe, variants["dropout"].recipe
    assert own.dropout and declared.dropout
    assert own == declared.model_copy(update={"dropout": declared.dropout.model_copy(update={"rate": 0.5})})
    model = build(own, GREY, 10)
    assert model.count_params() == 93_322
    rates = {one.name: one.rate for one in model.layers if hasattr(one, "rate")}
    assert rates == {"conv3_dropout": 0.5, "dense1_dropout": 0.5}
