"""Fingerprints: a hash of everything that can change a run's numbers, and of nothing else."""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.files import canonical
from pipeline.params.recipe import Recipe, Search
from pipeline.seeds import Seeds

PACKAGE = Path(__file__).parents[1]
TRAINING_CODE = (
    "backend.py",
    "data/splits.py",
    "models/architectures.py",
    "models/blocks.py",
    "models/build.py",
    "models/modifiers.py",
    "models/weights.py",
    "seeds.py",
    "training/data.py",
    "training/epoch.py",
    "training/orders.py",
    "training/record.py",
    "training/result.py",
    "training/run.py",
    "training/traced.py",
    "training/tuner.py",
    "training/work.py",
)
CODE_BY_HAND = (
    "training/by_hand.py",
    *(f"models/scratch/{path.name}" for path in (PACKAGE / "models/scratch").glob("*.py")),
)
LIBRARIES = ("tensorflow", "keras", "keras-tuner", "numpy")


def recipe_fingerprint(
    recipe: Recipe, search: Search | None, parents: Mapping[str, str], training_digest: str, code: str
) -> str:
    """SHA-256 (hex) of what all repeats of a variant share: recipe, data, code, library versions.

    For a search also its space, and for a run that builds on others theirs.
    """
    return _hash(
        {
            "recipe": recipe.model_dump(),
            "search": search.model_dump() if search else None,
            "parents": dict(parents),
            "data": training_digest,
            "code": code,
            "libraries": library_versions(),
        }
    )


def run_fingerprint(recipe: str, seeds: Seeds, replicate: int = 0) -> str:
    """SHA-256 (hex) of one run: its recipe's fingerprint and its repeat's seeds.

    `replicate` tells runs of equal seeds apart that are to be trained each; the first, 0, is the run that any
    other variant with these seeds has too.
    """
    again = {"replicate": replicate} if replicate else {}
    return _hash({"recipe": recipe, "seeds": seeds.to_dict(), **again})


@cache
def fingerprint_training_code(library: str) -> str:
    """Fingerprint of the code that trains with Keras or with numpy."""
    return code_fingerprint(TRAINING_CODE if library == "keras" else (*TRAINING_CODE, *CODE_BY_HAND))


def code_fingerprint(files: Iterable[str], package: Path = PACKAGE) -> str:
    """SHA-256 (hex) of modules by their syntax trees, so that a comment or a docstring costs nothing."""
    return _hash({name: _syntax((package / name).read_text(encoding="utf-8")) for name in sorted(files)})


def library_versions() -> dict[str, str]:
    """Installed versions of the libraries that training's numbers depend on."""
    return {name: version(name) for name in LIBRARIES}


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _syntax(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            assert isinstance(body, list)
            body[:1] = [] if len(body) > 1 else [ast.Pass()]
    return ast.unparse(tree)
