"""A variant and its recipe, resolved: the study's model with the variant's own fields in their place."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pipeline.models.architectures import ARCHITECTURES
from pipeline.params.recipe import OF_TASK, Recipe, Variant
from pipeline.params.schema import DeclaredRecipe, Study
from pipeline.params.section import validate

PART_OF = {"learning_rate": "optimizer", **dict.fromkeys(OF_TASK, "task")}


def resolve_variant(study: Study, name: str, where: str, key: str) -> tuple[Variant, Recipe]:
    """Labels and recipe of one variant; `where` and `key` are file and key of the study, for error messages.

    Raises
    ------
    UserError
        When the recipe is not legal; the message names the study's `model` or the variant's own key.
    """
    own, model = study.variants[name], {**study.model}
    inferred = _inferred(model.pop("inferred", []), own)
    labels = {field: value for field, value in own.items() if field in Variant.model_fields}
    changes = {field: value for field, value in own.items() if field not in labels}

    def prefix(field: str) -> str:
        inherited = field in study.model and field not in (own if field == "inferred" else changes)
        return f"{key}.model." if inherited else f"{key}.variants.{name}."

    variant = validate(Variant, {**labels, "inferred": inferred}, where, prefix)
    return variant, resolve_recipe({**model, **changes}, where, prefix)


def _inferred(of_model: object, own: Mapping[str, object]) -> object:
    """Inferred fields of the study's model that a variant leaves as they are, and its own; as declared if no lists."""
    of_variant = own.get("inferred", [])
    if not isinstance(of_variant, list) or not isinstance(of_model, list):
        return of_model if isinstance(of_variant, list) else of_variant
    changed = [*own, *(field for field, whole in PART_OF.items() if whole in own)]  # no set: a field may be a list yet
    return [field for field in of_model if field not in changed and field not in of_variant] + of_variant


def resolve_recipe(
    fields: Mapping[str, Any], where: str = "params.yaml", prefix: Callable[[str], str] = lambda field: ""
) -> Recipe:
    """Recipe of declared fields, its architecture as blocks; see `validate` for what is refused, and how."""
    declared = validate(DeclaredRecipe, fields, where, prefix)
    blocks = tuple(ARCHITECTURES[declared.architecture]())
    return Recipe.model_construct(**dict(declared), blocks=blocks)


def needed_by(variant: Variant) -> dict[str, str]:
    """Other variants of the study whose runs a variant builds on, by the field that names them."""
    others = {
        "warm_start": variant.warm_start.variant if variant.warm_start else None,
        "trial_of.variant": variant.trial_of.variant if variant.trial_of else None,
        "merged.variant": variant.merged.variant if variant.merged else None,
    }
    return {field: other for field, other in others.items() if other is not None}


def select_variants(study: Study, labels: Mapping[str, Variant], named: Collection[str]) -> list[str]:
    """Variants of a study that are run: those named, the control, and what these build on; all where none is named."""
    chosen = {study.control, *(named or study.variants)}
    while more := {need for name in chosen for need in needed_by(labels[name]).values()} - chosen:
        chosen |= more
    return [name for name in study.variants if name in chosen]
