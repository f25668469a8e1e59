"""How the variants of a study are trained: hyperparameters declared, and what caps and searches made of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.data.identity import Identity
from pipeline.outputs.numbers import MINUS, MISSING, format_number
from pipeline.outputs.report.views import Cell, Recipes, Table
from pipeline.params.plan import PlannedVariant, TrainingPlan
from pipeline.params.recipe import OF_TASK, Recipe, Search
from pipeline.params.section import Section
from pipeline.training.record import FinishedRun

SELECTED = "selected on test images"
VALIDATED = "validated on test images"
INFERRED = "inferred"  # the write-up does not say it
CAPPED = ("epochs", "updates", "search")

Runs = Mapping[str, Sequence[FinishedRun]]
Fields = dict[str, str]  # values of hyperparameters as text, by name


def mark_variants(plan: TrainingPlan, identities: Mapping[str, Identity]) -> dict[str, str]:
    """Marks of variants whose validation images are the test images, and of those that inherit what was chosen so.

    `SELECTED` where a search or early stopping chose by those images, in the variant or in one that it starts from;
    `VALIDATED` where they were only looked at.
    """
    marks = {v: _mark(one, identities[one.task]) for v, one in plan.variants.items()}
    for _ in plan.variants:  # as long as the longest chain of parents
        inherit = [v for v, one in plan.variants.items() if SELECTED in map(marks.get, _find_parents(one))]
        marks |= dict.fromkeys(inherit, SELECTED)
    return {variant: mark for variant, mark in marks.items() if mark}


def _mark(planned: PlannedVariant, identity: Identity) -> str | None:
    if not identity.validation_is_test:
        return None
    return SELECTED if planned.search or planned.recipe.early_stopping else VALIDATED


def _find_parents(planned: PlannedVariant) -> list[str]:
    return [one.variant for one in (planned.trial_of, planned.merged, planned.warm_start) if one]


def describe_recipes(
    plan: TrainingPlan, runs: Runs, marks: Mapping[str, str], titles: Mapping[str, str] | None = None
) -> Recipes:
    """Hyperparameters of a study: a table of those that differ, and the ones all variants share.

    The recipe and search of a variant's `runs`, one a repeat, are what ran; one that was only evaluated has none.
    """
    declared = {variant: _format_fields(one) for variant, one in plan.variants.items()}
    names = list(dict.fromkeys(name for fields in declared.values() for name in fields))
    differ = [name for name in names if len({fields.get(name) for fields in declared.values()}) > 1]
    shown = differ + [n for n in names if n not in differ and _ran_otherwise(n, declared, runs)]
    rows = tuple(
        (
            _name_variant(variant, (titles or {}).get(variant, variant), one, marks),
            Cell("\n".join(one.rows) or MISSING),
            *(_make_cell(name, one, declared[variant].get(name), runs.get(variant, ())) for name in shown),
        )
        for variant, one in plan.variants.items()
    )
    caption = "Hyperparameters in which the variants differ, or in which a run differed from its declaration"
    columns = ("variant", "row of the write-ups", *map(_space, shown))
    first = next(iter(declared.values()))
    marked = {name for one in plan.variants.values() for name in names if _list_inferred(name, one)}
    shared = tuple(
        (_space(n), f"{first[n]} ({INFERRED})" if n in marked else first[n])
        for n in names
        if n not in shown and first[n] != MISSING
    )
    return Recipes(Table(caption, columns, rows, wordy=True), shared, _describe_caps(plan))


def _name_variant(variant: str, title: str, planned: PlannedVariant, marks: Mapping[str, str]) -> Cell:
    """A variant by its title, and below it the name that params.yaml knows it by."""
    notes = (variant, _space(planned.kind)) if title != variant else (_space(planned.kind),)
    return Cell(title, notes, tag=marks.get(variant))


def _list_inferred(name: str, planned: PlannedVariant) -> list[str]:
    """A hyperparameter's name where the variant's text does not say it; of a task the parts of it."""
    parts = OF_TASK if name == "task" else (name,)
    return [part for part in parts if part in planned.inferred]


def _format_fields(planned: PlannedVariant) -> Fields:
    """Every hyperparameter of a variant, and what it takes from others."""
    return {
        **_format_recipe(planned.recipe),
        "task": planned.task,
        "threshold": _format(planned.threshold),
        "search": _format_search(planned.search),
        **{name: _format(getattr(planned, name)) for name in ("trial_of", "warm_start", "merged")},
        "vary": MISSING if planned.vary is None else ", ".join(planned.vary) or "nothing",
    }


def _format_recipe(recipe: Recipe) -> Fields:
    fields = recipe.model_dump(exclude={"blocks", "optimizer"})
    optimizer = {"optimizer": recipe.optimizer.name, "learning_rate": recipe.optimizer.learning_rate}
    return {name: _format(value) for name, value in {**fields, **optimizer}.items()}


def _format_search(search: Search | None) -> str:
    if search is None:
        return MISSING
    return f"{search.trials} trials: {_format(search.model_dump(exclude={'trials'}, exclude_defaults=True))}"


def _space(name: str) -> str:
    return name.replace("_", " ")


def _format(value: object) -> str:
    if value is None:
        return MISSING
    if isinstance(value, Section):
        return _format(value.model_dump())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if set(value) == {"minimum", "maximum", "step"}:
            return f"{value['minimum']} to {value['maximum']} by {value['step']}"
        return ", ".join(f"{_space(k)} {_format(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, float):
        return np.format_float_positional(value, trim="0").replace("-", MINUS)
    return " or ".join(map(_format, value)) if isinstance(value, list) else str(value)


def _list_ran(name: str, runs: Sequence[FinishedRun]) -> list[str]:
    """A field's value in every repeat's run, where the run says one."""
    if name == "search":
        return [_format_search(run.search) for run in runs]
    return [fields[name] for fields in (_format_recipe(run.recipe) for run in runs) if name in fields]


def _ran_otherwise(name: str, declared: Mapping[str, Fields], runs: Runs) -> bool:
    return any(set(_list_ran(name, own)) - {declared[variant].get(name)} for variant, own in runs.items())


def _make_cell(name: str, planned: PlannedVariant, declared: str | None, runs: Sequence[FinishedRun]) -> Cell:
    ran, notes = _list_ran(name, runs), []
    if set(ran) - {declared}:
        notes.append(f"{ran[0].split(':')[0]} after the cap" if name in CAPPED else f"found {' · '.join(ran)}")
    if inferred := _list_inferred(name, planned):
        notes.append(INFERRED if inferred == [name] else f"{INFERRED}: {', '.join(inferred)}")
    return Cell(declared or MISSING, tuple(notes))


def _describe_caps(plan: TrainingPlan) -> str | None:
    caps = {"image passes a run": plan.caps.image_passes, "trials a search": plan.caps.trials}
    told = " and ".join(f"{format_number(most)} {what}" for what, most in caps.items() if most)
    return f"Profile {plan.profile} caps {told}." if told else None
