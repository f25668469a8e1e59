"""The runs that a study's plan declares, with their seeds, fingerprints, and the runs they start from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.data.identity import Identity
from pipeline.params.plan import PlannedVariant, TrainingPlan
from pipeline.params.recipe import Recipe, Search
from pipeline.params.schema import Caps
from pipeline.seeds import STREAMS, Seeds, repeat_seeds
from pipeline.training.fingerprint import fingerprint_recipe, fingerprint_run, fingerprint_training_code
from pipeline.training.recipes import cap_recipe, count_image_passes


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

    def image_passes(self, n: int) -> int:
        """Images that will be trained on at the most, of n training images."""
        passes = count_image_passes(self.recipe, self.recipe.epochs, n)
        return passes * (self.search.trials if self.search else 1)


Found = Mapping[tuple[str, int], DeclaredRun]


def declare_runs(plan: TrainingPlan, identities: Mapping[str, Identity]) -> list[DeclaredRun]:
    """Runs of a study, variant by variant, repeat by repeat."""
    found: dict[tuple[str, int], DeclaredRun] = {}
    for variant in _parents_first(plan.trained):
        for repeat in range(plan.repeats):
            planned = plan.variants[variant]
            identity = identities[planned.task]
            found[variant, repeat] = _declare(planned, variant, repeat, identity, plan.caps, found)
    return [found[variant, repeat] for variant in plan.trained for repeat in range(plan.repeats)]


def _declare(
    planned: PlannedVariant, variant: str, repeat: int, identity: Identity, caps: Caps, found: Found
) -> DeclaredRun:
    recipe = cap_recipe(planned.recipe, caps.image_passes, identity.train.n)
    search = _cap_search(planned.search, caps)
    needed = {use: found[parent, repeat] for use, parent in _needs(planned).items()}
    shared = fingerprint_recipe(
        recipe,
        search,
        {use: parent.recipe_fingerprint for use, parent in needed.items()},
        identity.training_digest,
        fingerprint_training_code(recipe.library),
    )
    vary = STREAMS if planned.vary is None else planned.vary
    seeds = repeat_seeds(repeat, vary)
    return DeclaredRun(
        variant=variant,
        repeat=repeat,
        task=planned.task,
        recipe=recipe,
        search=search,
        seeds=seeds,
        parents=tuple(Parent(parent.fingerprint, use) for use, parent in needed.items()),
        recipe_fingerprint=shared,
        fingerprint=fingerprint_run(shared, seeds, replicate=0 if vary else repeat),
    )


def _cap_search(search: Search | None, caps: Caps) -> Search | None:
    if search is None:
        return None
    return search.model_copy(update={"trials": min(search.trials, caps.trials or search.trials)})


def _needs(planned: PlannedVariant) -> dict[str, str]:
    """Variants whose runs must be there first, by what is taken from them."""
    needs = {"weights": planned.warm_start} if planned.warm_start else {}
    return needs | ({planned.trial_of.which: planned.trial_of.variant} if planned.trial_of else {})


def _parents_first(variants: Mapping[str, PlannedVariant]) -> Iterator[str]:
    """Variants in an order in which every one comes after those it needs."""
    done: set[str] = set()
    while len(done) < len(variants):
        ready = [v for v in variants if v not in done and done.issuperset(_needs(variants[v]).values())]
        if not ready:
            raise ValueError("expected variants that do not need each other in a circle")
        yield from ready
        done.update(ready)
