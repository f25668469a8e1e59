"""Reads params.yaml and claims.yaml once: YAML to validated, frozen objects that ask for nothing they can't have."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.claims.check import check_claims
from pipeline.errors import UserError, hint, shorten
from pipeline.layout import DECLARED_CLAIMS, RESERVED
from pipeline.models.architectures import TUNABLE
from pipeline.models.blocks import Conv
from pipeline.params.document import read_document
from pipeline.params.images import SIDES, list_demands
from pipeline.params.recipe import Recipe, Variant, WarmStart
from pipeline.params.resolve import needed_by, resolve_variant
from pipeline.params.schema import Params, Study
from pipeline.params.section import validate
from pipeline.params.task import Task

Mistakes = Iterator[tuple[str, str]]
"""Keys, and what is wrong with them."""
Resolved = Mapping[str, tuple[Variant, Recipe]]
SHAPE = ("library", "architecture", "padding", "pooling", "batch_normalization")  # of a network's weights


def read(path: Path) -> Params:
    """Validated parameters of a params.yaml, and of the claims.yaml beside it.

    Both are YAML 1.2, as DVC reads it (`1e-4` is a number, `off` is a string).

    Raises
    ------
    UserError
        Naming the file, the key, what was expected and received, and the nearest legal value.
    """
    params = validate(Params, _join(path, path.with_name(DECLARED_CLAIMS.name)), str(path))
    for key, mistake in _mistakes(params, str(path)):
        raise UserError(f"{path}: {key}: {mistake}")
    return params


def _join(path: Path, of_claims: Path) -> dict[str, Any]:
    """What params.yaml holds, with every study's claims of claims.yaml."""
    data = read_document(path)
    claims = read_document(of_claims, empty={}) if of_claims.exists() else {}
    studies = data.get("studies")
    studies = studies if isinstance(studies, dict) else {}
    if misplaced := [name for name, one in studies.items() if isinstance(one, dict) and "claims" in one]:
        study = shorten(str(misplaced[0]))
        raise UserError(f"{path}: studies.{study}.claims: expected in {of_claims}, under '{study}'.")
    for key, mistake in chain.from_iterable(_unknown(shorten(str(name)), name, studies) for name in claims):
        raise UserError(f"{of_claims}: {key}: {mistake}")
    plain = [name for name in claims if claims[name] and isinstance(studies[name], dict)]
    joined = {name: {**studies[name], "claims": claims[name]} for name in plain}
    return {**data, "studies": studies | joined} if joined else data


def _mistakes(params: Params, where: str) -> Mistakes:
    """Names that refer to nothing, variants that can't work, and comparisons of what is no sample."""
    yield from _unknown("profile", params.profile, params.profiles)
    yield from _of_selection(params)
    for name, profile in params.profiles.items():
        for role, chosen in profile.data.items():
            yield from _unknown(f"profiles.{name}.data.{role}", chosen, params.sources)
        for study, changes in profile.studies.items():
            key, looks = f"profiles.{name}.studies.{study}", params.protocol.looks
            yield from _unknown(key, study, params.studies)
            if changes.look and looks and changes.look > len(looks):
                yield f"{key}.look", f"expected a look of 1 to {len(looks)}; received {changes.look}."
    for name, source in params.sources.items():
        if source.stand_in_for is not None:
            yield from _unknown(f"sources.{name}.stand_in_for", source.stand_in_for, params.sources)
    for name, task in params.tasks.items():
        yield from _unknown(f"tasks.{name}.data", task.data, params.profiles[params.profile].data)
    for name, declared in params.studies.items():
        yield from _of_study(params, name, declared, where)


def _unknown(key: str, received: str, legal: Collection[str]) -> Mistakes:
    if received not in legal:
        yield key, f"'{shorten(str(received))}' is not declared. {hint(received, legal)}"


def _of_selection(params: Params) -> Mistakes:
    for number, entry in enumerate(params.select or ()):
        study, _, variant = entry.partition(".")
        yield from _unknown(f"select.{number}", study, params.studies)
        if variant:
            yield from _unknown(f"select.{number}", variant, params.studies[study].variants)


def _of_study(params: Params, own: str, study: Study, where: str) -> Mistakes:
    key, tasks = f"studies.{own}", params.tasks
    if own in RESERVED:
        yield key, f"expected another name than {', '.join(RESERVED)}, which pages and files of the report have."
    yield from _unknown(f"{key}.task", study.task, tasks)
    yield from _unknown(f"{key}.control", study.control, study.variants)
    yield from _of_treatments(study, f"{key}.treatments")
    resolved = {name: resolve_variant(study, name, where, key) for name in study.variants}
    for name, (variant, _) in resolved.items():
        yield from _unknown(f"{key}.variants.{name}.task", variant.task or study.task, tasks)
        for field, other in needed_by(variant).items():
            yield from _unknown(f"{key}.variants.{name}.{field}", other, study.variants)
    for name, (variant, recipe) in resolved.items():
        of_task = _of_task(variant, recipe, tasks[variant.task or study.task])
        for field, mistake in chain(of_task, _of_network(recipe), _of_others(name, variant, recipe, resolved)):
            yield f"{key}.variants.{name}{field}", f"{mistake}."
    for field, mistake in _of_images(params, study, resolved):
        yield f"{key}.{field}", mistake
    yield from _of_compared(tasks, study, resolved, f"{key}.treatments")
    check_claims(tasks, study, where, key)


def _of_treatments(study: Study, key: str) -> Mistakes:
    treatments = study.treatments or []
    for treatment in treatments:
        yield from _unknown(key, treatment, study.variants)
    if study.control in treatments:
        yield key, f"expected treatments only; received the control '{study.control}'."
    if len(set(treatments)) < len(treatments):
        yield key, f"expected each treatment once; received {', '.join(treatments)}."


def _of_compared(tasks: Mapping[str, Task], study: Study, resolved: Resolved, key: str) -> Mistakes:
    """Compared variants whose repeats are no sample."""
    treatments = [v for v in resolved if v != study.control] if study.treatments is None else study.treatments
    for name in (study.control, *treatments) if treatments else ():
        variant = resolved[name][0]
        task = variant.task or study.task
        if tasks[task].split.seed == "repeat":
            overlap = (
                f"expected [] with '{name}' on the task '{task}', which every repeat splits anew: the repeats' train "
                "images overlap, so that their differences are not independent and the test would find too much "
                "(Nadeau and Bengio). Compare on a task whose split has a seed of its own."
            )
            yield key, overlap
        if variant.vary is not None:
            shared = f"expected [] where a variant has 'vary', as '{name}' has: repeats that share seeds are no sample"
            yield key, f"{shared} of all seeds."


def _of_task(variant: Variant, recipe: Recipe, task: Task) -> Mistakes:
    two_classes = task.classes is not None and len(task.classes) == 2
    if variant.threshold is not None and not two_classes:
        yield ".threshold", "expected a task whose 'classes' are two"
    if recipe.loss == "binary_crossentropy" and not two_classes:
        yield ".loss", "expected binary_crossentropy with a task whose 'classes' are two"
    if variant.merged and task.classes is None:
        yield ".merged", "expected a task with 'classes', into which predictions are merged"
    if variant.search and task.split.kind == "none":
        yield ".search", "expected a task with validation images to select on; received one with split kind none"
    if "split" in (variant.vary or ()) and task.split.seed != "repeat":
        yield ".vary", "expected a task whose split has 'seed: repeat' for the stream split to matter"
    stopping = recipe.early_stopping
    if stopping and stopping.monitor.startswith("val_") and task.split.kind == "none":
        yield ".early_stopping.monitor", f"expected a task with validation images for {stopping.monitor}"


def _of_network(recipe: Recipe) -> Mistakes:
    """Modifiers of convolutions, on a network that has none."""
    if any(isinstance(block, Conv) for block in recipe.blocks):
        return
    for field, penalty in (("l1", recipe.l1), ("l2", recipe.l2)):
        if penalty and penalty.layers == "first_conv":
            yield f".{field}.layers", f"expected all; {recipe.architecture} has no convolution"
    if recipe.dropout and recipe.dropout.after == "last_conv":
        yield ".dropout.after", f"expected dense or hidden; {recipe.architecture} has no convolution"


def _of_images(params: Params, study: Study, resolved: Resolved) -> Mistakes:
    """Networks and shifts that are too large for the images that the chosen profile has."""
    for data_set, field, side in list_demands(study, params.tasks, resolved):
        name = params.profiles[params.profile].data[data_set]
        if side > (received := SIDES.get(params.sources[name].loader, side)):
            needed = f"expected what images of {received}x{received} pixels allow, as '{name}' has"
            yield field, f"{needed}; it needs at least {side}x{side}."


def _of_others(name: str, variant: Variant, recipe: Recipe, resolved: Resolved) -> Mistakes:
    if name in _all_needed(name, resolved):
        yield f".{next(iter(needed_by(variant)))}", "expected variants that do not build on each other in a circle"
    if variant.search and variant.search.units and recipe.architecture not in TUNABLE:
        yield ".search.units", f"expected {' or '.join(TUNABLE)}; received the architecture {recipe.architecture}"
    if variant.trial_of and resolved[variant.trial_of.variant][0].search is None:
        yield ".trial_of.variant", f"expected a variant with a 'search'; received '{variant.trial_of.variant}'"
    for field, other in needed_by(variant).items():
        if resolved[other][0].vary != variant.vary:
            yield ".vary", f"expected that of '{other}', whose runs are taken by '{field}' repeat for repeat"
    for field, other in needed_by(variant).items():
        if resolved[other][0].merged:
            yield f".{field}", f"expected a variant that is trained; received '{other}'"
    if variant.warm_start:
        yield from _of_start(variant.warm_start, recipe, resolved[variant.warm_start.variant][1])


def _of_start(declared: WarmStart, recipe: Recipe, start: Recipe) -> Mistakes:
    """Weights that don't fit, and an optimizer that can't go on."""
    differ = [field for field in SHAPE if getattr(recipe, field) != getattr(start, field)]
    if differ:
        yield ".warm_start", f"expected the network of '{declared.variant}'; received another {differ[0]}"
    if declared.optimizer == "continued" and recipe.library == "numpy":
        yield ".warm_start.optimizer", "expected fresh with 'library: numpy'; received continued"
    if declared.optimizer == "continued" and recipe.optimizer.name != start.optimizer.name:
        yield ".warm_start.optimizer", f"expected fresh, as '{declared.variant}' has another; received continued"


def _all_needed(name: str, resolved: Resolved) -> set[str]:
    """Every variant that one builds on, directly or not; itself among them in a circle."""
    found: set[str] = set()
    new = set(needed_by(resolved[name][0]).values())
    while new:
        found |= new
        new = {other for one in new for other in needed_by(resolved[one][0]).values()} - found
    return found
