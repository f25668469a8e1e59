"""Fingerprints: a hash of everything that can change a run's numbers, and of nothing else."""

from collections.abc import Mapping
from functools import cache
from importlib import metadata

from pipeline.dependencies import fingerprint_code
from pipeline.files import hash_json
from pipeline.params.recipe import Recipe, Search
from pipeline.seeds import Seeds

# Whatever draws or computes: scikit-learn and scipy split, scale and enlarge images.
LIBRARIES = ("tensorflow", "keras", "keras-tuner", "numpy", "scikit-learn", "scipy")
ENTRIES = ("pipeline.training.work", "pipeline.backend")
# What they decide enters as values: the recipe; or is a message; or how files are written, of which training has none.
VALUES = ("pipeline.params", "pipeline.errors", "pipeline.files")
BY_HAND = "pipeline.training.by_hand"
version = cache(metadata.version)  # a millisecond each, and every run asks for six


def fingerprint_recipe(
    recipe: Recipe, search: Search | None, parents: Mapping[str, str], training_digest: str, code: str
) -> str:
    """SHA-256 (hex) of what all repeats of a variant share: recipe, data, code, library versions.

    For a search also its space, and for a run that builds on others theirs.
    """
    return hash_json(
        {
            "recipe": recipe.model_dump(),
            "search": search.model_dump() if search else None,
            "parents": dict(parents),
            "data": training_digest,
            "code": code,
            "libraries": library_versions(),
        }
    )


def fingerprint_run(recipe: str, seeds: Seeds, replicate: int = 0) -> str:
    """SHA-256 (hex) of one run: its recipe's fingerprint and its repeat's seeds.

    `replicate` tells runs of equal seeds apart that are to be trained each; the first, 0, is the run that any
    other variant with these seeds has too.
    """
    again = {"replicate": replicate} if replicate else {}
    return hash_json({"recipe": recipe, "seeds": seeds.to_dict(), **again})


@cache
def fingerprint_training_code(library: str) -> str:
    """Fingerprint of the code that trains with Keras, or with the networks by hand too."""
    return fingerprint_code(ENTRIES, leave=VALUES if library == "numpy" else (*VALUES, BY_HAND))


def library_versions() -> dict[str, str]:
    """Installed versions of the libraries that training's numbers depend on."""
    return {name: version(name) for name in LIBRARIES}
