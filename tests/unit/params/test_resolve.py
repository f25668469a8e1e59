"""A variant: its own fields replace its study's, and a mistake is reported where it was written."""

from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.params.recipe import Recipe, Variant
from pipeline.params.resolve import resolve_recipe, resolve_variant
from pipeline.params.schema import Study

MODEL: dict[str, object] = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
    "dropout": 0.25,
}


def resolved(own: dict[str, object], **model: object) -> tuple[Variant, Recipe]:
    study = Study(question="Does it?", task="mnist", model={**MODEL, **model}, control="one", variants={"one": own})
    return resolve_variant(study, "one", "params.yaml", "studies.s")


def message(own: dict[str, object], **model: object) -> str:
    with pytest.raises(UserError) as caught:
        resolved(own, **model)
    return str(caught.value)


def test_a_variant_without_fields_is_its_studys_model() -> None:
    labels, recipe = resolved({})
    assert recipe == resolve_recipe(MODEL)
    assert labels == Variant(kind="control", row=None, task=None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 30),
        ("batch_size", 1),
        ("dropout", None),
        ("optimizer", {"name": "sgd", "learning_rate": 0.5}),
    ],
)
def test_a_variants_field_replaces_its_studys_and_nothing_else(field: str, value: Any) -> None:
    _, recipe = resolved({field: value})
    assert recipe == resolve_recipe({**MODEL, field: value})


def test_a_mapping_is_replaced_whole() -> None:
    said = message({"optimizer": {"learning_rate": 0.1}})
    assert said == "params.yaml: studies.s.variants.one.optimizer.name: expected a value, received none."


def test_labels_are_no_part_of_the_recipe() -> None:
    labels, recipe = resolved({"kind": "as_written", "row": "mnist_cnn", "task": "other"})
    assert labels == Variant(kind="as_written", row="mnist_cnn", task="other")
    assert recipe == resolved({})[1]


@pytest.mark.parametrize("field", ["epochs", "batch_size"])
def test_an_inherited_mistake_is_named_in_the_studys_model(field: str) -> None:
    assert message({}, **{field: 0}).startswith(f"params.yaml: studies.s.model.{field}: expected ")


def test_a_variants_mistake_is_named_in_the_variant() -> None:
    said = message({"epochs": 0}, epochs=7)
    assert said.startswith("params.yaml: studies.s.variants.one.epochs: expected ")


def test_a_repaired_field_hides_the_studys_mistake() -> None:
    assert resolved({"epochs": 3}, epochs=0)[1].epochs == 3


def test_a_label_among_the_models_fields_is_reported_there() -> None:
    said = message({"kind": "as_written"}, kind="control")
    assert said.startswith("params.yaml: studies.s.model.kind: unknown key.")


def test_whole_numbers_are_the_same_learning_rate_as_their_floats() -> None:
    one = resolved({"optimizer": {"name": "sgd", "learning_rate": 1}})[1]
    assert one.model_dump_json() == resolved({"optimizer": {"name": "sgd", "learning_rate": 1.0}})[1].model_dump_json()


def test_a_recipe_is_equal_after_the_plans_json() -> None:
    _, recipe = resolved({"l1": {"amount": 0.001, "layers": "all"}, "early_stopping": {"patience": 2}})
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_inferred_fields_of_the_model_hold_where_a_variant_leaves_them() -> None:
    inferred = ["epochs", "learning_rate", "scaling", "dropout"]
    own: dict[str, object] = {"epochs": 3, "task": "other", "inferred": ["dropout", "l1"]}
    labels, recipe = resolved(own, inferred=inferred)
    assert labels.inferred == ["learning_rate", "dropout", "l1"]
    assert recipe == resolved({"epochs": 3})[1]
    assert resolved({}, inferred=inferred)[0].inferred == inferred
    changed: dict[str, object] = {"optimizer": {"name": "sgd", "learning_rate": 0.5}}
    assert resolved(changed, inferred=inferred)[0].inferred == ["epochs", "scaling", "dropout"]


@pytest.mark.parametrize("value", [["epohcs"], "epochs", 3, [3]])
def test_an_inferred_field_that_is_none_is_refused_where_it_stands(value: Any) -> None:
    assert message({}, inferred=value).startswith("params.yaml: studies.s.model.inferred")
    assert message({"inferred": value}).startswith("params.yaml: studies.s.variants.one.inferred")


def test_a_place_is_one_or_several() -> None:
    place = {"write_up": "000", "line": 167}
    assert resolved({"place": place})[0].place == resolved({"place": [place]})[0].place
    assert list(map(str, resolved({"place": [place, place]})[0].place)) == ["000:167", "000:167"]
    assert "studies.s.variants.one.place" in message({"place": {"write_up": "0", "line": 1}})


def test_the_short_form_of_a_warm_start_is_a_fresh_optimizer() -> None:
    short, whole = (resolved({"warm_start": one})[0] for one in ("a", {"variant": "a", "optimizer": "fresh"}))
    assert short == whole
    assert resolved({"warm_start": {"variant": "a", "optimizer": "continued"}})[0] != whole
