"""From params.yaml to the plan: the profile resolved, caps and repeats applied, every variant with its recipe."""

from collections.abc import Iterator

from pipeline.params.images import SIDES, Demand, list_demands
from pipeline.params.plan import (
    ComparedVariant,
    ComparisonPlan,
    Origin,
    Plan,
    PlannedSource,
    PlannedVariant,
    TrainingPlan,
    Unselected,
)
from pipeline.params.resolve import resolve_variant, select_variants
from pipeline.params.schema import Params, ProfileStudy
from pipeline.params.task import Preparation, Task


def make_plan(params: Params) -> Plan:
    """Exactly what will run, and what will be compared, of what is selected, in the chosen profile."""
    training = {name: plan_training(params, name) for name in params.selected}
    used = {variant.task for plan in training.values() for variant in plan.variants.values()}
    tasks = {name: _preparation(task) for name, task in params.tasks.items() if name in used}
    needed = {task.data for task in tasks.values()}
    return Plan(
        execution=params.execution,
        sources={role: one.model_copy(update={"needed": role in needed}) for role, one in plan_sources(params).items()},
        tasks=tasks,
        training=training,
        comparison={name: plan_comparison(params, name) for name in params.selected},
        unselected=Unselected(
            studies=[name for name in params.studies if name not in training],
            tasks=[name for name in params.tasks if name not in tasks],
        ),
    )


def plan_sources(params: Params) -> dict[str, PlannedSource]:
    """Source of every data set in the chosen profile."""
    roles = params.profiles[params.profile].data
    return {role: _with_demands(params, role, _source(params, role)) for role in roles}


def _source(params: Params, role: str) -> PlannedSource:
    name = params.profiles[params.profile].data[role]
    source = params.sources[name]
    return PlannedSource(name=name, stand_in=source.stand_in_for is not None, **dict(source))


def _with_demands(params: Params, role: str, source: PlannedSource) -> PlannedSource:
    """A source with the size that studies need its images to have, selected or not, where no one knows it yet."""
    if source.loader in SIDES:
        return source
    largest, whose = max(((side, field) for data, field, side in _demands(params) if data == role), default=(1, ""))
    return source.model_copy(update={"least_side": largest, "least_side_of": whose})


def _demands(params: Params) -> Iterator[Demand]:
    for name, study in params.studies.items():
        resolved = {v: resolve_variant(study, v, "params.yaml", f"studies.{name}") for v in study.variants}
        for data_set, field, side in list_demands(study, params.tasks, resolved):
            yield data_set, f"studies.{name}.{field}", side


def _preparation(task: Task) -> Preparation:
    return Preparation.model_construct(**{name: getattr(task, name) for name in Preparation.model_fields})


def plan_training(params: Params, study: str) -> TrainingPlan:
    """Every run of a study: its variants with their recipes and tasks, the number of repeats, and the caps."""
    return TrainingPlan(
        study=study,
        profile=params.profile,
        repeats=_repeats(params, study),
        caps=_changes(params, study).caps or params.profiles[params.profile].caps,
        shifts=params.studies[study].shifts,
        variants={name: one.model_copy(update={"title": None}) for name, one in _variants(params, study).items()},
    )


def _variants(params: Params, name: str) -> dict[str, PlannedVariant]:
    study = params.studies[name]
    resolved = {v: resolve_variant(study, v, "params.yaml", f"studies.{name}") for v in study.variants}
    named = params.selected.get(name, [])
    chosen = select_variants(study, {variant: labels for variant, (labels, _) in resolved.items()}, named)
    return {
        variant: PlannedVariant(**{**dict(labels), "task": labels.task or study.task}, recipe=recipe)
        for variant, (labels, recipe) in resolved.items()
        if variant in chosen
    }


def _changes(params: Params, study: str) -> ProfileStudy:
    """What the chosen profile changes for a study."""
    return params.profiles[params.profile].studies.get(study, ProfileStudy())


def _repeats(params: Params, study: str) -> int:
    """Repeats of a study: those of its current look; those that the profile declares where nothing is looked at."""
    changes, looks, about = _changes(params, study), params.protocol.looks, params.studies[study]
    if looks and (about.treatments != [] or about.claims):
        return looks[(changes.look or 1) - 1]
    return changes.repeats or params.profiles[params.profile].repeats


def plan_comparison(params: Params, name: str) -> ComparisonPlan:
    """What is compared in a study: metric, control, treatments, level, margin, claims, and its wording."""
    study = params.studies[name]
    variants = _variants(params, name)
    treatments = variants if study.treatments is None else study.treatments
    return ComparisonPlan(
        study=name,
        title=study.title,
        question=study.question,
        profile=params.profile,
        alpha=params.protocol.alpha,
        looks=params.protocol.looks,
        margin=_margin(params, study.task),
        margins=params.protocol.margins,
        control=study.control,
        treatments=[one for one in treatments if one in variants and one != study.control],
        variants={variant: _compared(params, one) for variant, one in variants.items()},
        claims=study.claims,
        repeats=_repeats(params, name),
        data={task: _origin(params, task) for task in sorted({one.task for one in variants.values()})},
    )


def _compared(params: Params, variant: PlannedVariant) -> ComparedVariant:
    split, vary = params.tasks[variant.task].split, variant.vary
    drawn_anew = split.seed == "repeat" and (vary is None or "split" in vary)
    return ComparedVariant(
        title=variant.title,
        kind=variant.kind,
        inferred=variant.inferred,
        place=variant.place,
        vary=vary,
        held_out_anew=split.fraction if drawn_anew else None,
        fixed_length=not (variant.recipe.early_stopping or variant.search or variant.trial_of),
    )


def _origin(params: Params, task: str) -> Origin:
    source = _source(params, params.tasks[task].data)
    said = source.model_dump(include={"stand_in", "description", "caveat"})
    return Origin(source=source.name, **said)


def _margin(params: Params, task: str) -> float:
    """Equivalence margin of a task; a stand-in's own margin takes its place."""
    return _source(params, params.tasks[task].data).margin or params.tasks[task].margin
