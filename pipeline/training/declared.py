"""The runs that a study's plan declares, with their seeds and fingerprints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.params.schema import Recipe
from pipeline.seeds import Seeds, repeat_seeds
from pipeline.training.fingerprint import code_fingerprint, recipe_fingerprint, run_fingerprint


@dataclass(frozen=True)
class DeclaredRun:
    """One run of a study's plan: what will be trained, and the name its result is kept under."""

    variant: str
    repeat: int
    task: str
    recipe: Recipe
    seeds: Seeds
    recipe_fingerprint: str
    fingerprint: str


def declared_runs(plan: Mapping[str, Any], identities: Mapping[str, Any]) -> Iterator[DeclaredRun]:
    """Runs of a plan, variant by variant, repeat by repeat.

    Parameters
    ----------
    plan : mapping
        plan/training/<study>.json.
    identities : mapping
        data/digests/<study>.json.
    """
    code = code_fingerprint()
    for variant, planned in plan["variants"].items():
        recipe = Recipe.model_validate(planned["recipe"])
        shared = recipe_fingerprint(recipe, identities[planned["task"]]["training_digest"], code)
        for repeat in range(plan["repeats"]):
            seeds = repeat_seeds(repeat)
            yield DeclaredRun(
                variant, repeat, planned["task"], recipe, seeds, shared, run_fingerprint(shared, seeds)
            )
