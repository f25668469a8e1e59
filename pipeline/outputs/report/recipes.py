"""How the variants of a study are trained: hyperparameters declared, and what caps and searches made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.outputs.report.numbers import MISSING, number
from pipeline.outputs.report.views import Cell, Recipes, Table

Plan = Mapping[str, Any]
Trained = Mapping[str, Sequence[Mapping[str, Any]]]
SELECTED = "selected on test images"
VALIDATED = "validated on test images"
OUTSIDE_RECIPE = ("task", "threshold", "search", "trial_of", "warm_start", "merged")
CAPPED = ("epochs", "updates", "search")


def validation_marks(plan: Plan, identities: Mapping[str, Any]) -> dict[str, str]:
    """Variants whose validation images are the test images, and those that inherit what was chosen so.

    Parameters
    ----------
    plan : mapping
        ``plan/training/<study>.json``.
    identities : mapping of task to identity
        ``data/digests/<study>.json``; ``validation_is_test`` is read.

    Returns
    -------
    dict of variant to mark
        `SELECTED` where a search or early stopping chose by those images, in the variant or in one that it
        starts from; `VALIDATED` where they were only looked at.
    """
    every = {**plan["variants"], **plan["derived"]}
    marks = {v: _mark(one, identities[one["task"]]) for v, one in every.items()}
    for _ in every:  # as long as the longest chain of parents
        marks |= {v: SELECTED for v, one in every.items() if SELECTED in map(marks.get, _parents(one))}
    return {variant: mark for variant, mark in marks.items() if mark}


def _mark(planned: Mapping[str, Any], identity: Mapping[str, Any]) -> str | None:
    if not identity["validation_is_test"]:
        return None
    chooses = planned["search"] or planned["recipe"]["early_stopping"]
    return SELECTED if chooses else VALIDATED


def _parents(planned: Mapping[str, Any]) -> list[str]:
    named = [planned[key]["variant"] for key in ("trial_of", "merged") if planned[key]]
    return [*named, planned["warm_start"]] if planned["warm_start"] else named


def recipes(plan: Plan, trained: Trained, marks: Mapping[str, str]) -> Recipes:
    """Hyperparameters of a study: a table of those that differ, and the ones all variants share.

    Parameters
    ----------
    plan : mapping
        ``plan/training/<study>.json``.
    trained : mapping of variant to parsed ``run.json``, one a repeat
        Its ``recipe`` and ``search`` are what ran; a variant that was only evaluated has none.
    marks : mapping of variant to mark
    """
    every = {**plan["variants"], **plan["derived"]}
    declared = {variant: _fields(one) for variant, one in every.items()}
    names = list(dict.fromkeys(name for fields in declared.values() for name in fields))
    differ = [name for name in names if len({fields.get(name) for fields in declared.values()}) > 1]
    shown = differ + [n for n in names if n not in differ and _ran_otherwise(n, declared, trained)]
    rows = tuple(
        (
            Cell(variant, (one["kind"].replace("_", " "),), tag=marks.get(variant)),
            Cell("\n".join(rows_of(one)) or MISSING),
            *(_cell(name, declared[variant].get(name), trained.get(variant, ())) for name in shown),
        )
        for variant, one in every.items()
    )
    caption = "Hyperparameters in which the variants differ, or in which a run differed from its declaration"
    columns = ("variant", "row of the write-ups", *(name.replace("_", " ") for name in shown))
    first = next(iter(declared.values()))
    shared = [(n.replace("_", " "), first[n]) for n in names if n not in shown and first[n] != MISSING]
    return Recipes(Table(caption, columns, rows, wordy=True), tuple(shared), _caps(plan))


def rows_of(planned: Mapping[str, Any]) -> list[str]:
    """Rows of the write-ups' tables that a variant stands for."""
    row = planned["row"]
    return [] if row is None else [row] if isinstance(row, str) else list(row)


def _fields(planned: Mapping[str, Any]) -> dict[str, str]:
    outside = {name: planned[name] for name in OUTSIDE_RECIPE}
    said = {name: _said(value) for name, value in {**_flat(planned["recipe"]), **outside}.items()}
    return {**said, "search": _search(planned["search"]), "vary": _vary(planned["vary"])}


def _vary(streams: Sequence[str] | None) -> str:
    return MISSING if streams is None else ", ".join(streams) or "nothing"


def _search(search: Mapping[str, Any] | None) -> str:
    if search is None:
        return MISSING
    space = {name: value for name, value in search.items() if name != "trials"}
    return f"{search['trials']} trials: {_said(space)}"


def _flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = recipe["optimizer"]
    rate = {"optimizer": optimizer["name"], "learning_rate": optimizer["learning_rate"]}
    return {**{name: value for name, value in recipe.items() if name != "optimizer"}, **rate}


def _said(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if set(value) == {"minimum", "maximum", "step"}:
            return f"{value['minimum']} to {value['maximum']} by {value['step']}"
        return ", ".join(f"{k.replace('_', ' ')} {_said(v)}" for k, v in value.items() if v is not None)
    return " or ".join(map(_said, value)) if isinstance(value, list) else str(value)


def _ran(name: str, runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """A field's value in every repeat's run, where the run says one."""
    if name == "search":
        return [_search(run["search"]) for run in runs]
    return [_said(fields[name]) for fields in (_flat(run["recipe"]) for run in runs) if name in fields]


def _ran_otherwise(name: str, declared: Mapping[str, Mapping[str, str]], trained: Trained) -> bool:
    return any(set(_ran(name, runs)) - {declared[variant].get(name)} for variant, runs in trained.items())


def _cell(name: str, declared: str | None, runs: Sequence[Mapping[str, Any]]) -> Cell:
    ran = _ran(name, runs)
    if not set(ran) - {declared}:
        return Cell(declared or MISSING)
    if name in CAPPED:
        return Cell(declared or MISSING, (f"{ran[0].split(':')[0]} after the cap",))
    return Cell(declared or MISSING, (f"found {' · '.join(ran)}",))


def _caps(plan: Plan) -> str | None:
    caps = plan["caps"]
    passes, trials = caps["image_passes"], caps["trials"]
    said = [f"{number(passes)} image passes a run"] if passes else []
    said += [f"{number(trials)} trials a search"] if trials else []
    return f"Profile {plan['profile']} caps {' and '.join(said)}." if said else None
