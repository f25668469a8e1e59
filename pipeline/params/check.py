"""What params.yaml asks for and can't have: names that nothing declares, variants that can't work, comparisons."""

from collections.abc import Iterable, Iterator, Mapping

from pipeline.claims.check import check_claims
from pipeline.errors import UserError, hint
from pipeline.models.architectures import TUNABLE
from pipeline.models.blocks import Conv
from pipeline.params.recipe import Recipe, Variant
from pipeline.params.resolve import needed_by, resolve_variant
from pipeline.params.schema import Params, Study
from pipeline.params.task import Task

Resolved = Mapping[str, tuple[Variant, Recipe]]
SHAPE = ("library", "architecture", "padding", "pooling", "batch_normalization")  # of a network's weights


def check_references(params: Params, where: str) -> None:
    """Raise a UserError for the first name in params.yaml that refers to nothing."""
    _known(where, "profile", params.profile, params.profiles)
    for name, profile in params.profiles.items():
        for role, chosen in profile.data.items():
            _known(where, f"profiles.{name}.data.{role}", chosen, params.sources)
        for study in profile.studies:
            _known(where, f"profiles.{name}.studies.{study}", study, params.studies)
            _check_look(params, profile.studies[study].look, where, f"profiles.{name}.studies.{study}.look")
    for name, source in params.sources.items():
        if source.stand_in_for is not None:
            _known(where, f"sources.{name}.stand_in_for", source.stand_in_for, params.sources)
    roles = params.profiles[params.profile].data
    for name, task in params.tasks.items():
        _known(where, f"tasks.{name}.data", task.data, roles)
    for name, declared in params.studies.items():
        _check_study(params, declared, where, f"studies.{name}")


def _check_study(params: Params, study: Study, where: str, key: str) -> None:
    _known(where, f"{key}.task", study.task, params.tasks)
    _known(where, f"{key}.control", study.control, study.variants)
    _check_treatments(study, where, f"{key}.treatments")
    for name in study.only or ():
        _known(where, f"{key}.only", name, study.variants)
    resolved = {name: resolve_variant(study, name, where, key) for name in study.variants}
    for name, (variant, _) in resolved.items():
        _known(where, f"{key}.variants.{name}.task", variant.task or study.task, params.tasks)
        for field, other in needed_by(variant).items():
            _known(where, f"{key}.variants.{name}.{field}", other, study.variants)
    _check_variants(params.tasks, study, resolved, where, key)
    _check_compared(params.tasks, study, resolved, where, key)
    check_claims(params.tasks, study, where, key)


def _check_look(params: Params, look: int | None, where: str, key: str) -> None:
    """A look that a profile names is one of the protocol's, where it has any."""
    looks = params.protocol.looks
    if look is not None and looks and look > len(looks):
        raise UserError(f"{where}: {key}: expected a look of 1 to {len(looks)}; received {look}.")


def _check_treatments(study: Study, where: str, key: str) -> None:
    treatments = study.treatments or []
    for treatment in treatments:
        _known(where, key, treatment, study.variants)
    if study.control in treatments:
        raise UserError(f"{where}: {key}: expected treatments only; received the control '{study.control}'.")
    if len(set(treatments)) < len(treatments):
        raise UserError(f"{where}: {key}: expected each treatment once; received {', '.join(treatments)}.")


def _known(where: str, key: str, received: str, legal: Iterable[str]) -> None:
    names = list(legal)
    if received not in names:
        raise UserError(f"{where}: {key}: '{received}' is not declared. {hint(received, names)}")


def _check_variants(tasks: Mapping[str, Task], study: Study, resolved: Resolved, where: str, key: str) -> None:
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
        found = [*_of_task(variant, recipe, task), *_of_network(recipe), *_of_others(name, variant, recipe, resolved)]
        for field, mistake in found:
            raise UserError(f"{where}: {key}.variants.{name}{field}: {mistake}.")


def _check_compared(tasks: Mapping[str, Task], study: Study, resolved: Resolved, where: str, key: str) -> None:
    """Raise a UserError for the first compared variant whose repeats are no sample; see `_check_variants`."""
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
        yield (".search", "expected a task with validation images to select on; received one with split kind none")
    if "split" in (variant.vary or ()) and task.split.seed != "repeat":
        yield ".vary", "expected a task whose split has 'seed: repeat' for the stream split to matter"
    stopping = recipe.early_stopping
    if stopping and stopping.monitor.startswith("val_") and task.split.kind == "none":
        yield ".early_stopping.monitor", f"expected a task with validation images for {stopping.monitor}"


def _of_network(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Modifiers of convolutions, on a network that has none."""
    if any(isinstance(block, Conv) for block in recipe.blocks):
        return
    for field, penalty in (("l1", recipe.l1), ("l2", recipe.l2)):
        if penalty and penalty.layers == "first_conv":
            yield f".{field}.layers", f"expected all; {recipe.architecture} has no convolution"
    if recipe.dropout and recipe.dropout.after == "last_conv":
        yield ".dropout.after", f"expected dense or hidden; {recipe.architecture} has no convolution"


def _of_others(name: str, variant: Variant, recipe: Recipe, resolved: Resolved) -> Iterator[tuple[str, str]]:
    if name in _all_needed(name, resolved):
        yield (f".{next(iter(needed_by(variant)))}", "expected variants that do not build on each other in a circle")
    if variant.search and variant.search.units and recipe.architecture not in TUNABLE:
        yield (".search.units", f"expected {' or '.join(TUNABLE)}; received the architecture {recipe.architecture}")
    if variant.trial_of and resolved[variant.trial_of.variant][0].search is None:
        yield (".trial_of.variant", f"expected a variant with a 'search'; received '{variant.trial_of.variant}'")
    for field, other in needed_by(variant).items():
        if resolved[other][0].vary != variant.vary:
            yield ".vary", f"expected that of '{other}', whose runs are taken by '{field}' repeat for repeat"
    if variant.merged and resolved[variant.merged.variant][0].merged:
        yield ".merged.variant", f"expected a variant that is trained; received '{variant.merged.variant}'"
    if variant.warm_start:
        start = resolved[variant.warm_start][1]
        differ = [field for field in SHAPE if getattr(recipe, field) != getattr(start, field)]
        if differ:
            yield (".warm_start", f"expected the network of '{variant.warm_start}'; received another {differ[0]}")


def _all_needed(name: str, resolved: Resolved) -> set[str]:
    """Every variant that one builds on, directly or not; itself among them in a circle."""
    found: set[str] = set()
    new = set(needed_by(resolved[name][0]).values())
    while new:
        found |= new
        new = {other for one in new for other in needed_by(resolved[one][0]).values()} - found
    return found
