"""The runs that a study's plan declares, with their seeds, fingerprints, and the runs they start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from pipeline.data.identity import Identity
from pipeline.params.plan import PlannedVariant, TrainingPlan
from pipeline.params.recipe import Recipe, Search
from pipeline.params.schema import Caps
from pipeline.seeds import STREAMS, Seeds, repeat_seeds
from pipeline.training.fingerprint import fingerprint_recipe, fingerprint_run, fingerprint_training_code
from pipeline.training.recipes import cap_recipe


@dataclass(frozen=True)
class Parent:
    """A run of the same repeat that another needs first: for its weights, its optimizer, or a trial of its search."""

    fingerprint: str
    use: str  # weights, optimizer, best, last


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


Found = Mapping[tuple[str, int], DeclaredRun]


def declare_runs(plan: TrainingPlan, identities: Mapping[str, Identity]) -> list[DeclaredRun]:
    """Runs of a study, variant by variant, repeat by repeat."""
    trained = plan.trained
    found: dict[tuple[str, int], DeclaredRun] = {}
    for variant in TopologicalSorter({name: _needs(one).values() for name, one in trained.items()}).static_order():
        identity = identities[trained[variant].task]
        for repeat in range(plan.repeats):
            found[variant, repeat] = _declare(trained[variant], variant, repeat, identity, plan.caps, found)
    return [found[variant, repeat] for variant in trained for repeat in range(plan.repeats)]


def _declare(
    planned: PlannedVariant, variant: str, repeat: int, identity: Identity, caps: Caps, found: Found
) -> DeclaredRun:
    recipe = cap_recipe(planned.recipe, caps.image_passes, identity.train.n)
    search = planned.search and planned.search.model_copy(
        update={"trials": min(planned.search.trials, caps.trials or planned.search.trials)}
    )
    needed = {use: found[parent, repeat] for use, parent in _needs(planned).items()}
    parents = {use: parent.recipe_fingerprint for use, parent in needed.items()}
    code = fingerprint_training_code(recipe.library)
    shared = fingerprint_recipe(recipe, search, parents, identity.training_digest, code)
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


def _needs(planned: PlannedVariant) -> dict[str, str]:
    """Variants whose runs must be there first, by what is taken from them."""
    needs: dict[str, str] = {}
    if start := planned.warm_start:
        uses = ("weights", "optimizer") if start.optimizer == "continued" else ("weights",)
        needs |= dict.fromkeys(uses, start.variant)
    return needs | ({planned.trial_of.which: planned.trial_of.variant} if planned.trial_of else {})
