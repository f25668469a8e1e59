"""References between a study's variants: every name is declared, and what is needed can come first."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.params.planning import plan_training
from pipeline.params.read import read
from pipeline.params.recipe import Merged

WriteParams = Callable[[Mapping[str, Any]], Path]

TUNER = "studies.mnist_tuner_mlp"
MERGED = "studies.mnist_kernel_7_5_3"
PLAIN = "studies.mnist_regularizers.variants"


def message(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("key", "value", "named", "nearest"),
    [
        (f"{TUNER}.variants.more10.warm_start", "testvla", "warm_start", "testval"),
        (f"{TUNER}.variants.more10.trial_of", {"variant": "testvl"}, "trial_of.variant", "testval"),
        (f"{MERGED}.variants.ten_to_four_sum.merged", {"variant": "tn"}, "merged.variant", "ten"),
    ],
)
def test_a_variant_that_is_not_declared_is_refused_with_the_nearest(
    write_params: WriteParams, key: str, value: Any, named: str, nearest: str
) -> None:
    received = value if isinstance(value, str) else value["variant"]
    assert message(write_params({key: value})) == (
        f"{key.rpartition('.')[0]}.{named}: '{received}' is not declared. Did you mean '{nearest}'?"
    )


def test_merged_predictions_are_no_start_of_a_training(write_params: WriteParams) -> None:
    key = f"{MERGED}.variants.four_same"
    assert message(write_params({f"{key}.warm_start": "ten_to_four_sum"})) == (
        f"{key}.warm_start: expected a variant that is trained; received 'ten_to_four_sum'."
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (f"{TUNER}.variants.more10.trial_of.which", "lst", "received 'lst'. Did you mean 'last'?"),
        (f"{MERGED}.variants.ten_to_four_sum.merged.rule", "smu", "received 'smu'. Did you mean 'sum'?"),
        (f"{TUNER}.variants.more10.trial_of.wich", "last", "unknown key. Did you mean 'which'?"),
    ],
)
def test_a_misspelt_choice_is_refused_with_the_nearest(
    write_params: WriteParams, key: str, value: str, said: str
) -> None:
    assert message(write_params({key: value})) == f"{key}: {said}"


@pytest.mark.parametrize("given", [{}, {"search": None}])
def test_a_trial_of_a_variant_without_a_search_is_refused(write_params: WriteParams, given: dict[str, None]) -> None:
    changes = {f"{PLAIN}.none": given, f"{PLAIN}.dropout.trial_of": {"variant": "none"}}
    assert message(write_params(changes)) == (
        f"{PLAIN}.dropout.trial_of.variant: expected a variant with a 'search'; received 'none'."
    )


@pytest.mark.parametrize(
    "starts",
    [
        {"dropout": "dropout"},
        {"dropout": "l1_all", "l1_all": "dropout"},
        {"dropout": "l1_all", "l1_all": "l2_all", "l2_all": "dropout"},
    ],
)
def test_a_circle_of_warm_starts_is_refused(write_params: WriteParams, starts: dict[str, str]) -> None:
    """By `plan`, naming file and key, before anything is trained."""
    said = message(write_params({f"{PLAIN}.{name}.warm_start": other for name, other in starts.items()}))
    assert any(said.startswith(f"{PLAIN}.{name}.warm_start: ") for name in starts)


def test_a_chain_of_warm_starts_is_legal_in_any_order(write_params: WriteParams) -> None:
    starts = {"none": "dropout", "dropout": "l2_all"}
    params = read(write_params({f"{PLAIN}.{name}.warm_start": other for name, other in starts.items()}))
    planned = plan_training(params, "mnist_regularizers").variants
    found = {name: one.warm_start.variant for name, one in planned.items() if one.warm_start}
    assert found == starts


def test_merged_variants_are_derived_and_not_trained(repository: Path) -> None:
    planned = plan_training(read(repository / "params.yaml"), "mnist_kernel_7_5_3")
    assert list(planned.trained) == ["four", "four_same", "ten", "ten_same"]
    assert {name: one.merged for name, one in planned.derived.items()} == {
        "ten_to_four_argmax": Merged(variant="ten", rule="argmax"),
        "ten_to_four_sum": Merged(variant="ten", rule="sum"),
    }
    assert {one.task for one in planned.derived.values()} == {"mnist_merged"}
    assert planned.trained.keys() | planned.derived.keys() == planned.variants.keys()


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("l1", {"amount": 0.1, "layers": "first_conv"}, "l1.layers"),
        ("l2", {"amount": 0.1, "layers": "first_conv"}, "l2.layers"),
        ("dropout", {"rate": 0.5, "after": "last_conv"}, "dropout.after"),
    ],
)
def test_a_modifier_of_convolutions_is_refused_where_there_are_none(
    write_params: WriteParams, field: str, value: dict[str, Any], at: str
) -> None:
    key = "studies.mnist_shift_robustness.variants.mlp"
    assert message(write_params({f"{key}.{field}": value})).startswith(f"{key}.{at}: expected ")


BY_HAND = {"library": "numpy", "loss": "sparse_categorical_crossentropy"}


@pytest.mark.parametrize(
    ("other", "changes", "said"),
    [
        ("sgd", {}, "expected fresh, as 'sgd' has another; received continued."),
        ("adam_3e4", BY_HAND, "expected the network of"),
        ("by_hand", BY_HAND, "expected fresh with 'library: numpy'"),
    ],
)
def test_an_optimizer_that_can_not_go_on_is_refused(
    write_params: WriteParams, other: str, changes: dict[str, Any], said: str
) -> None:
    study = "studies.mnist_optimizers.variants"
    start = {"warm_start": {"variant": other, "optimizer": "continued"}, **changes}
    found = message(write_params({f"{study}.by_hand": BY_HAND, f"{study}.mine": start}))
    assert f"{study}.mine.warm_start" in found
    assert said in found
