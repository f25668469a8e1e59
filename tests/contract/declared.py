"""Every variant that the repository's params.yaml declares."""

from pathlib import Path

from pipeline.params import Recipe, read
from pipeline.params.resolve import resolve_variant

PARAMS = Path(__file__).parents[2] / "params.yaml"


def declared_recipes() -> dict[str, dict[str, Recipe]]:
    """Recipes by study and variant."""
    params = read(PARAMS)
    return {
        name: {variant: resolve_variant(study, variant, "", "")[1] for variant in study.variants}
        for name, study in params.studies.items()
    }


def controls() -> dict[str, str]:
    """Control variant of every study."""
    return {name: study.control for name, study in read(PARAMS).studies.items()}


RECIPES = declared_recipes()
CASES = [(study, variant) for study, variants in RECIPES.items() for variant in variants]
