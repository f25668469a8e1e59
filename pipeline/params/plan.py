"""The plan: params.yaml with the profile resolved, as plain values that later stages read."""

from typing import Any

from pipeline.params.resolve import resolve_variant, selected
from pipeline.params.schema import Params, Study, Task


def plan_sources(params: Params) -> dict[str, dict[str, Any]]:
    """Source of every data set in the chosen profile."""
    return {role: _source(params, role) for role in params.profiles[params.profile].data}


def _source(params: Params, role: str) -> dict[str, Any]:
    name = params.profiles[params.profile].data[role]
    return {"name": name, **params.sources[name].model_dump(), "stand_in": stands_in(params, role)}


def stands_in(params: Params, role: str) -> bool:
    """Whether a data set's source in the chosen profile is a stand-in for it."""
    return params.sources[params.profiles[params.profile].data[role]].stand_in_for is not None


def plan_tasks(params: Params) -> dict[str, Any]:
    """Every task, and the tasks that each study uses."""
    return {
        "tasks": {name: task.model_dump(exclude={"margin"}) for name, task in params.tasks.items()},
        "studies": {name: _tasks_of(study, name) for name, study in params.studies.items()},
    }


def _tasks_of(study: Study, name: str) -> list[str]:
    return sorted({variant["task"] for variant in _variants(study, name).values()})


def plan_training(params: Params, study: str) -> dict[str, Any]:
    """Every run of a study: its variants with their recipes and tasks, the number of repeats, and the caps.

    `derived` variants are only evaluated: they merge another variant's predictions.
    """
    variants = _variants(params.studies[study], study)
    return {
        "study": study,
        "profile": params.profile,
        "repeats": _repeats(params, study),
        "caps": _caps(params, study),
        "shifts": params.studies[study].shifts,
        "variants": {name: one for name, one in variants.items() if not one["merged"]},
        "derived": {name: one for name, one in variants.items() if one["merged"]},
    }


def _variants(study: Study, name: str) -> dict[str, dict[str, Any]]:
    resolved = {v: resolve_variant(study, v, "params.yaml", f"studies.{name}") for v in study.variants}
    chosen = selected(study, {variant: labels for variant, (labels, _) in resolved.items()})
    return {
        variant: {
            **labels.model_dump(),
            "task": labels.task or study.task,
            "recipe": recipe.model_dump(),
        }
        for variant, (labels, recipe) in resolved.items()
        if variant in chosen
    }


def _caps(params: Params, study: str) -> dict[str, Any]:
    profile = params.profiles[params.profile]
    declared = profile.studies.get(study)
    return ((declared and declared.caps) or profile.caps).model_dump()


def _repeats(params: Params, study: str) -> int:
    """Repeats of a study: those of its current look; those that the profile declares where nothing is looked at."""
    profile = params.profiles[params.profile]
    declared = profile.studies.get(study)
    looks = params.protocol.looks
    about = params.studies[study]
    if looks and (about.treatments != [] or about.claims):
        return looks[((declared and declared.look) or 1) - 1]
    return (declared and declared.repeats) or profile.repeats


def plan_comparison(params: Params, name: str) -> dict[str, Any]:
    """What is compared in a study: metric, control, treatments, level, margin, and its wording."""
    study = params.studies[name]
    tasks = _tasks_of(study, name)
    variants = _variants(study, name)
    sources = plan_sources(params)
    data = {task: sources[params.tasks[task].data] for task in tasks}
    return {
        "study": name,
        "question": study.question,
        "profile": params.profile,
        "metric": "test_accuracy",
        "higher_is_better": True,
        "alpha": params.protocol.alpha,
        "looks": params.protocol.looks,
        "margin": _margin(params, study.task),
        "margins": params.protocol.margins,
        "control": study.control,
        "treatments": [
            one
            for one in (variants if study.treatments is None else study.treatments)
            if one in variants and one != study.control
        ],
        "kinds": {variant: one["kind"] for variant, one in variants.items()},
        "claims": {name: claim.model_dump() for name, claim in study.claims.items()},
        "vary": {variant: one["vary"] for variant, one in variants.items()},
        "held_out_anew": {
            variant: _held_out_anew(params.tasks[one["task"]], one["vary"])
            for variant, one in variants.items()
        },
        "repeats": _repeats(params, name),
        "caps": _caps(params, name),
        "data": {
            task: {
                "source": source["name"],
                "stand_in": source["stand_in"],
                "description": source["description"],
            }
            for task, source in data.items()
        },
    }


def _held_out_anew(task: Task, vary: list[str] | None) -> float | None:
    """Fraction of the development images that a variant's repeats validate on, where each draws its own."""
    drawn = task.split.seed == "repeat" and (vary is None or "split" in vary)
    return task.split.fraction if drawn else None


def _margin(params: Params, task: str) -> float:
    """Equivalence margin of a task; a stand-in's own margin takes its place."""
    source = params.sources[params.profiles[params.profile].data[params.tasks[task].data]]
    return source.margin or params.tasks[task].margin
