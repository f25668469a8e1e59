"""The vocabulary of claims: every mistake is named with its place, and a claim of one's own is planned."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.claims.vocabulary import Operand
from pipeline.errors import UserError
from pipeline.params.planning import plan_comparison
from pipeline.params.read import read

WriteParams = Callable[[Mapping[str, Any]], Path]

ROOT = Path(__file__).parents[3]
STUDY = "mnist_regularizers"
CLAIMS = f"studies.{STUDY}.claims"


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read(path)
    said, claims = str(caught.value), path.with_name("claims.yaml")
    assert all(line.startswith(f"{claims}: ") for line in said.splitlines())
    return said.replace(f"{claims}: ", "")


@pytest.mark.parametrize(
    ("condition", "at", "said"),
    [
        ({"of": "l1_al", "above": "none"}, "", "'l1_al' is no variant of the study. Did you mean 'l1_all'?"),
        (
            {
                "metric": "parameters",
                "of": {"network": {"architecture": "cnn3", "input_shape": [28, 28, 1], "layer": "conv11"}},
                "equals": 320,
            },
            "",
            "'conv11' is no layer of cnn3. Did you mean 'conv1'?",
        ),
        (
            {"of": {"lowest": ["none", "dropot"]}, "above": 0.9},
            "",
            "'dropot' is no variant of the study. Did you mean 'dropout'?",
        ),
        (
            {"metric": "test_acuracy", "of": "none", "above": 0.9},
            ".metric",
            "received 'test_acuracy'. Did you mean 'test_accuracy'?",
        ),
        (
            {"of": "dropout", "above": {"variant": "none", "metric": "test_los"}},
            ".above.0.metric",
            "received 'test_los'. Did you mean 'test_loss'?",
        ),
        (
            {"of": "dropout", "above": "none", "below": "l1_all"},
            "",
            "expected 'of' with exactly one of above, below, equals, differs_from; ",
        ),
        ({"of": "dropout", "abov": "none"}, ".abov", "unknown key. Did you mean 'above'?"),
        (
            {"of": {"varint": "dropout"}, "above": "none"},
            ".of.0.varint",
            "unknown key. Did you mean 'variant'?",
        ),
        (
            {"of": {"spread": "dropout"}, "below": "none"},
            "",
            "expected a 'spread' to be above or below a number greater than 0; ",
        ),
        (
            {"of": {"spread": "dropout"}, "above": 0},
            "",
            "expected a 'spread' to be above or below a number greater than 0; ",
        ),
        (
            {"of": {"rank": "none", "among": ["dropout", "l1_all"]}, "below": 2},
            ".of.0",
            "expected 'none' in 'among', where its rank is asked; ",
        ),
        (
            {"metric": "recall_08", "of": "none", "above": 0.9},
            ".metric",
            "received 'recall_08'. Did you mean 'recall_0'?",
        ),
        ({"of": "dropout", "below": {"spread": "none"}}, "", "expected a 'spread' only in 'of'; "),
        (
            {"metric": "train_seconds", "of": "none", "below": {"variant": "dropout", "metric": "test_loss"}},
            "",
            "expected metrics that are all times, or none; times are measured apart.",
        ),
        (
            {"metric": "accuracy_drop_shift_1", "of": "dropout", "below": "none"},
            "",
            "accuracy_drop_shift_1: expected a shift that the study's 'shifts' name; received None.",
        ),
    ],
)
def test_a_mistake_in_a_condition_is_named(
    write_params: WriteParams, condition: dict[str, Any], at: str, said: str
) -> None:
    path = write_params({f"{CLAIMS}.mine-1": {"says": "It is so.", "controlled": condition}})
    lines = refusal(path).splitlines()
    assert any(line.startswith(f"{STUDY}.mine-1.controlled.0{at}: {said}") for line in lines), lines


def test_a_shift_that_the_study_does_not_make_is_refused(write_params: WriteParams) -> None:
    key = "studies.mnist_shift_robustness.claims.mine-1"
    condition = {"metric": "accuracy_drop_shift_5", "of": "cnn", "below": "mlp"}
    assert refusal(write_params({key: {"says": "It is so.", "controlled": condition}})) == (
        "mnist_shift_robustness.mine-1.controlled.0: accuracy_drop_shift_5: expected a shift that the study's "
        "'shifts' name; received [0, 1, 2, 3, 4]."
    )


def test_a_loss_by_a_shift_needs_the_images_as_they_are(write_params: WriteParams) -> None:
    study = "studies.mnist_shift_robustness"
    condition = {"metric": "accuracy_drop_shift_1", "of": "cnn", "below": "mlp"}
    claims = {"mine-1": {"says": "It is so.", "controlled": condition}}
    assert refusal(write_params({f"{study}.shifts": [1, 2], f"{study}.claims": claims})) == (
        "mnist_shift_robustness.mine-1.controlled.0: accuracy_drop_shift_1: expected 'shifts' with 0, which the loss "
        "is measured from; received [1, 2]."
    )


def test_an_id_with_a_space_is_refused(write_params: WriteParams) -> None:
    said = refusal(
        write_params({f"{CLAIMS}.mine 1": {"says": "It is so.", "controlled": {"of": "none", "above": 0.9}}})
    )
    assert (
        said
        == f"{STUDY}.mine 1: expected a name of letters, digits, _ and -, of at most 100 characters; received 'mine 1'."
    )


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({}, "expected 'as_written', 'controlled', or the reason why it is 'not_testable'; "),
        (
            {"controlled": {"of": "none", "above": 0.9}, "not_testable": {"controlled": "no reason"}},
            "expected a test or a reason in the scope controlled, not both; ",
        ),
    ],
)
def test_a_scope_is_tested_or_has_a_reason(write_params: WriteParams, claim: dict[str, Any], said: str) -> None:
    mine = {f"{CLAIMS}.mine-1": {"says": "It is so.", **claim}}
    assert refusal(write_params(mine)).startswith(f"{STUDY}.mine-1: {said}")


def test_your_own_claim_is_planned_beside_the_others(write_params: WriteParams) -> None:
    equal = {"of": "dropout", "equals": "none", "margin": 0.002}
    gap = {"metric": "generalization_gap", "of": "dropout", "below": "none"}
    printed = {"dropout": 0.9898, "none": 0.9901}
    path = write_params({f"{CLAIMS}.mine-1": {"says": "It is so.", "printed": printed, "controlled": [equal, gap]}})
    planned = plan_comparison(read(path), STUDY).claims
    own = planned.pop("mine-1")
    assert planned == plan_comparison(read(ROOT / "params.yaml"), STUDY).claims
    assert own.printed == printed
    first, second = own.tests["controlled"]
    assert (first.metric, first.margin, first.against) == ("test_accuracy", 0.002, [Operand(variant="none")])
    assert (second.metric, second.variants) == ("generalization_gap", ["dropout", "none"])


def test_repeats_that_are_no_sample_are_asked_about_their_spread_only(write_params: WriteParams) -> None:
    key = "studies.mnist_variance.claims.mine-1"
    spread = {"of": {"spread": "weights"}, "above": 0.001}
    assert read(write_params({key: {"says": "Weights move it.", "controlled": spread}}))
    compared = {"of": "weights", "above": "order"}
    said = refusal(write_params({key: {"says": "Weights move it.", "controlled": compared}}))
    assert "mine-1.controlled.0: 'weights' has 'vary' or a split per repeat" in said
