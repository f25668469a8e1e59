"""The runs that a study's plan declares, with their seeds, fingerprints, and the runs they start from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.params.recipe import Recipe, Search
from pipeline.params.schema import Caps
from pipeline.seeds import STREAMS, Seeds, repeat_seeds
from pipeline.training.fingerprint import fingerprint_training_code, recipe_fingerprint, run_fingerprint
from pipeline.training.orders import batch_size_of


@dataclass(frozen=True)
class Parent:
    """A run of the same repeat that another needs first: for its weights, or for a trial of its search."""

    fingerprint: str
    use: str  # weights, best, last


@dataclass(frozen=True)
class DeclaredRun:
    """One run of a study's plan: what will be trained, and the name its result is kept under."""

    variant: str
    repeat: int
    task: str
    recipe: Recipe
    search: Search | None
    seeds: Seeds
    parents: tuple[Parent, ...]
    recipe_fingerprint: str
    fingerprint: str


def declared_runs(plan: Mapping[str, Any], identities: Mapping[str, Any]) -> list[DeclaredRun]:
    """Runs of a plan, variant by variant, repeat by repeat.

    Parameters
    ----------
    plan : mapping
        plan/training/<study>.json.
    identities : mapping
        data/digests/<study>.json.
    """
    found: dict[tuple[str, int], DeclaredRun] = {}
    for variant in _parents_first(plan["variants"]):
        for repeat in range(plan["repeats"]):
            found[variant, repeat] = _declared(plan, variant, repeat, identities, found)
    return [found[variant, repeat] for variant in plan["variants"] for repeat in range(plan["repeats"])]


def _declared(
    plan: Mapping[str, Any],
    variant: str,
    repeat: int,
    identities: Mapping[str, Any],
    found: Mapping[tuple[str, int], DeclaredRun],
) -> DeclaredRun:
    planned = plan["variants"][variant]
    identity = identities[planned["task"]]
    caps = Caps.model_validate(plan["caps"])
    recipe = capped(Recipe.model_validate(planned["recipe"]), caps, identity["train"]["n"])
    search = _capped_search(planned["search"], caps)
    needed = {use: found[parent, repeat] for use, parent in _needs(planned).items()}
    shared = recipe_fingerprint(
        recipe,
        search,
        {use: parent.recipe_fingerprint for use, parent in needed.items()},
        identity["training_digest"],
        fingerprint_training_code(recipe.library),
    )
    vary = STREAMS if planned["vary"] is None else planned["vary"]
    seeds = repeat_seeds(repeat, vary)
    return DeclaredRun(
        variant=variant,
        repeat=repeat,
        task=planned["task"],
        recipe=recipe,
        search=search,
        seeds=seeds,
        parents=tuple(Parent(parent.fingerprint, use) for use, parent in needed.items()),
        recipe_fingerprint=shared,
        fingerprint=run_fingerprint(shared, seeds, replicate=0 if vary else repeat),
    )


def capped(recipe: Recipe, caps: Caps, n: int) -> Recipe:
    """A recipe with as many epochs or updates as a cap on image passes allows, at least one of them."""
    if caps.image_passes is None:
        return recipe
    if recipe.updates is None:
        return recipe.model_copy(update={"epochs": min(recipe.epochs, max(1, caps.image_passes // n))})
    batch_size = batch_size_of(recipe, n)
    return recipe.model_copy(update={"updates": min(recipe.updates, max(1, caps.image_passes // batch_size))})


def _capped_search(planned: Mapping[str, Any] | None, caps: Caps) -> Search | None:
    if planned is None:
        return None
    search = Search.model_validate(planned)
    return search.model_copy(update={"trials": min(search.trials, caps.trials or search.trials)})


def _needs(planned: Mapping[str, Any]) -> dict[str, str]:
    """Variants whose runs must be there first, by what is taken from them."""
    needs = {"weights": planned["warm_start"]} if planned["warm_start"] else {}
    if planned["trial_of"]:
        needs[planned["trial_of"]["which"]] = planned["trial_of"]["variant"]
    return needs


def _parents_first(variants: Mapping[str, Any]) -> Iterator[str]:
    """Variants in an order in which every one comes after those it needs."""
    done: set[str] = set()
    while len(done) < len(variants):
        ready = [v for v in variants if v not in done and done.issuperset(_needs(variants[v]).values())]
        if not ready:
            raise ValueError("expected variants that do not need each other in a circle")
        yield from ready
        done.update(ready)
