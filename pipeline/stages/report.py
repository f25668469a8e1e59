"""Stage report: pages and pictures for people."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import read_arrays, read_json, read_rows, read_table, replaced, write_text
from pipeline.outputs.report import (
    Picture,
    Samples,
    Section,
    StudyView,
    claims_of_study,
    claims_page,
    data_blocks,
    exercises_page,
    prediction_grid,
    recipes,
    render,
    row_table,
    samples,
    study_view,
    trial_tables,
    validation_marks,
)

PLOTTED = ("spread", "differences", "curves", "confusion")


def report() -> None:
    """Write the pages of report/, and plots/<study>/<section>_<number>.svg."""
    names = [path.stem for path in sorted((layout.PLAN / "training").glob("*.json"))]
    plans = {name: read_json(layout.training_plan(name)) for name in names}
    identities = {name: read_json(layout.digests(name)) for name in names}
    metrics = {name: read_json(layout.study_metrics(name)) for name in names}
    shown = _samples({task: one for tasks in identities.values() for task, one in tasks.items()})
    claims = read_rows(layout.CLAIMS)
    studies = [
        _study(plans[name], identities[name], metrics[name], shown, claims_of_study(claims, name))
        for name in names
    ]
    with replaced(layout.REPORT) as folder:
        sections = _overview(plans, identities, metrics, shown)
        for file, page in render(studies, sections).items():
            write_text(folder / file, page)
        stand_in = any(study.stand_in for study in studies)
        write_text(folder / "claims.html", claims_page(claims, stand_in))
        write_text(folder / "exercises.html", exercises_page(read_json(layout.EXERCISES), stand_in))
    with replaced(layout.PLOTS) as folder:
        for study in studies:
            for name, picture in _pictures(study).items():
                write_text(folder / study.name / f"{name}.svg", picture.svg)


def _samples(identities: dict[str, Any]) -> dict[str, Samples]:
    """Images shown of each task; one task's arrays are held at a time."""
    return {
        task: samples(read_arrays(layout.PREPARED / f"{task}.npz"), len(one["classes"]))
        for task, one in identities.items()
    }


def _study(
    plan: dict[str, Any],
    identities: dict[str, Any],
    metrics: dict[str, Any],
    shown: dict[str, Samples],
    claims: Section | None,
) -> StudyView:
    name, repeats = plan["study"], range(plan["repeats"])
    every = {**plan["variants"], **plan["derived"]}
    classes = {variant: identities[one["task"]]["classes"] for variant, one in every.items()}
    folders = {v: [layout.run_folder(name, v, r) for r in repeats] for v in plan["variants"]}
    marks = validation_marks(plan, identities)
    return study_view(
        metrics,
        {v: _tables(one / "history.csv" for one in folders.get(v, [])) for v in every},
        {variant: (runs[0] / "summary.txt").read_text("utf-8") for variant, runs in folders.items()},
        read_table(layout.EVALUATIONS / name / "runs.csv"),
        classes,
        marks,
        [
            *([claims] if claims else []),
            *_trained(plan, folders, marks),
            _predictions(name, metrics["control"], shown[every[metrics["control"]]["task"]], classes),
        ],
    )


def _trained(plan: dict[str, Any], folders: dict[str, list[Path]], marks: dict[str, str]) -> list[Section]:
    """How the variants were trained, and the searches' trials."""
    trained = {variant: [read_json(one / "run.json") for one in runs] for variant, runs in folders.items()}
    view = recipes(plan, trained, marks)
    found = [Section("hyperparameters", "Hyperparameters", "recipes.html", view)]
    searches = [variant for variant, planned in plan["variants"].items() if planned["search"]]
    if searches:
        tables = trial_tables({v: _tables(one / "trials.csv" for one in folders[v]) for v in searches})
        found.append(Section("trials", "Trials of the searches", "tables.html", tables))
    return found


def _predictions(study: str, control: str, shown: Samples, classes: dict[str, list[str]]) -> Section:
    """First test images with what the control's repeat 0 said of them."""
    arrays = read_arrays(layout.EVALUATIONS / study / f"{control}.npz")
    who = f"{control}, repeat 0"
    predicted, labels = arrays["predicted"][0].tolist(), arrays["labels"].tolist()
    grid = prediction_grid(shown, predicted, labels, classes[control], who)
    return Section("predictions", "Predictions", "images.html", grid)


def _overview(
    plans: dict[str, Any], identities: dict[str, Any], metrics: dict[str, Any], shown: dict[str, Samples]
) -> list[Section]:
    marks = {name: validation_marks(plan, identities[name]) for name, plan in plans.items()}
    blocks = data_blocks(
        read_json(layout.METRICS / "data.json"),
        {task: one for tasks in identities.values() for task, one in tasks.items()},
        {task: origin for one in metrics.values() for task, origin in one["data"].items()},
        shown,
    )
    return [
        Section("rows", "Rows of the write-ups", "table.html", row_table(plans, metrics, marks)),
        Section("data", "The data", "data.html", blocks),
    ]


def _tables(paths: Iterable[Path]) -> list[pd.DataFrame]:
    return [pd.read_csv(path) for path in paths]


def _pictures(study: StudyView) -> dict[str, Picture]:
    return {
        f"{section.anchor}_{number}": picture
        for section in study.sections
        if section.anchor in PLOTTED
        for number, picture in enumerate(section.content, 1)
    }


if __name__ == "__main__":
    run(report)
