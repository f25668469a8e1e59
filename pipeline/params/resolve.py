"""A variant and its recipe, resolved: the study's model with the variant's own fields in their place."""

from pipeline.params.schema import Recipe, Study, Variant
from pipeline.params.validate import validate


def resolve_variant(study: Study, name: str, where: str, key: str) -> tuple[Variant, Recipe]:
    """Labels and recipe of one variant.

    Parameters
    ----------
    study : Study
        The study that declares the variant.
    name : str
        The variant's name.
    where, key : str
        File and key of the study, for error messages.

    Raises
    ------
    UserError
        When the recipe is not legal; the message names the study's `model` or the variant's own key.
    """
    own = study.variants[name]
    labels = {field: value for field, value in own.items() if field in Variant.model_fields}
    changes = {field: value for field, value in own.items() if field not in labels}

    def prefix(field: str) -> str:
        inherited = field in study.model and field not in changes
        return f"{key}.model." if inherited else f"{key}.variants.{name}."

    return (
        validate(Variant, labels, where, prefix),
        validate(Recipe, {**study.model, **changes}, where, prefix),
    )
