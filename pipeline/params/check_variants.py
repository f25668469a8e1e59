"""What a variant asks of its task and of other variants: refused before anything is trained on it."""

from collections.abc import Iterator, Mapping

from pipeline.errors import UserError
from pipeline.models.architectures import TUNABLE, blocks_of
from pipeline.models.blocks import Conv
from pipeline.params.resolve import needed_by
from pipeline.params.schema import Recipe, Study, Task, Variant

Resolved = Mapping[str, tuple[Variant, Recipe]]
SHAPE = ("library", "architecture", "padding", "pooling", "batch_normalization")  # of a network's weights


def check_variants(tasks: Mapping[str, Task], study: Study, resolved: Resolved, where: str, key: str) -> None:
    """Raise a UserError for the first variant of a study that can't work.

    Parameters
    ----------
    tasks : mapping of str to Task
        All tasks.
    study : Study
        The study that declares the variants.
    resolved : mapping of str to (Variant, Recipe)
        Its variants; every name in them is known to be declared.
    where, key : str
        File and key of the study.
    """
    for name, (variant, recipe) in resolved.items():
        task = tasks[variant.task or study.task]
        found = [
            *_of_task(variant, recipe, task),
            *_of_network(recipe),
            *_of_others(name, variant, recipe, resolved),
        ]
        for field, mistake in found:
            raise UserError(f"{where}: {key}.variants.{name}{field}: {mistake}.")


def check_compared(tasks: Mapping[str, Task], study: Study, resolved: Resolved, where: str, key: str) -> None:
    """Raise a UserError for the first compared variant whose repeats are no sample; see `check_variants`."""
    treatments = [v for v in resolved if v != study.control] if study.treatments is None else study.treatments
    for name in (study.control, *treatments) if treatments else ():
        variant = resolved[name][0]
        task = variant.task or study.task
        if tasks[task].split.seed == "repeat":
            raise UserError(
                f"{where}: {key}.treatments: expected [] with '{name}' on the task '{task}', which every repeat splits "
                "anew: the repeats' train images overlap, so that their differences are not independent and the test "
                "would find too much (Nadeau and Bengio). Compare on a task whose split has a seed of its own."
            )
        if variant.vary is not None:
            raise UserError(
                f"{where}: {key}.treatments: expected [] where a variant has 'vary', as '{name}' has: "
                "repeats that share seeds are no sample of all seeds."
            )


def _of_task(variant: Variant, recipe: Recipe, task: Task) -> Iterator[tuple[str, str]]:
    two_classes = task.classes is not None and len(task.classes) == 2
    if variant.threshold is not None and not two_classes:
        yield ".threshold", "expected a task whose 'classes' are two"
    if recipe.loss == "binary_crossentropy" and not two_classes:
        yield ".loss", "expected binary_crossentropy with a task whose 'classes' are two"
    if variant.merged and task.classes is None:
        yield ".merged", "expected a task with 'classes', into which predictions are merged"
    if variant.search and task.split.kind == "none":
        yield (
            ".search",
            "expected a task with validation images to select on; received one with split kind none",
        )
    if "split" in (variant.vary or ()) and task.split.seed != "repeat":
        yield ".vary", "expected a task whose split has 'seed: repeat' for the stream split to matter"
    stopping = recipe.early_stopping
    if stopping and stopping.monitor.startswith("val_") and task.split.kind == "none":
        yield ".early_stopping.monitor", f"expected a task with validation images for {stopping.monitor}"


def _of_network(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Modifiers of convolutions, on a network that has none."""
    if any(isinstance(block, Conv) for block in blocks_of(recipe.architecture, recipe.units)):
        return
    for field, penalty in (("l1", recipe.l1), ("l2", recipe.l2)):
        if penalty and penalty.layers == "first_conv":
            yield f".{field}.layers", f"expected all; {recipe.architecture} has no convolution"
    if recipe.dropout and recipe.dropout.after == "last_conv":
        yield ".dropout.after", f"expected dense or hidden; {recipe.architecture} has no convolution"


def _of_others(name: str, variant: Variant, recipe: Recipe, resolved: Resolved) -> Iterator[tuple[str, str]]:
    if name in _all_needed(name, resolved):
        yield (
            f".{next(iter(needed_by(variant)))}",
            "expected variants that do not build on each other in a circle",
        )
    if variant.search and variant.search.units and recipe.architecture not in TUNABLE:
        yield (
            ".search.units",
            f"expected {' or '.join(TUNABLE)}; received the architecture {recipe.architecture}",
        )
    if variant.trial_of and resolved[variant.trial_of.variant][0].search is None:
        yield (
            ".trial_of.variant",
            f"expected a variant with a 'search'; received '{variant.trial_of.variant}'",
        )
    for field, other in needed_by(variant).items():
        if resolved[other][0].vary != variant.vary:
            yield ".vary", f"expected that of '{other}', whose runs are taken by '{field}' repeat for repeat"
    if variant.merged and resolved[variant.merged.variant][0].merged:
        yield ".merged.variant", f"expected a variant that is trained; received '{variant.merged.variant}'"
    if variant.warm_start:
        start = resolved[variant.warm_start][1]
        differ = [field for field in SHAPE if getattr(recipe, field) != getattr(start, field)]
        if differ:
            yield (
                ".warm_start",
                f"expected the network of '{variant.warm_start}'; received another {differ[0]}",
            )


def _all_needed(name: str, resolved: Resolved) -> set[str]:
    """Every variant that one builds on, directly or not; itself among them in a circle."""
    found: set[str] = set()
    new = set(needed_by(resolved[name][0]).values())
    while new:
        found |= new
        new = {other for one in new for other in needed_by(resolved[one][0]).values()} - found
    return found
