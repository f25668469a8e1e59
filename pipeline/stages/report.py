"""Stage report: every study's page and pictures, for people."""

from typing import Any

import pandas as pd

from pipeline import layout
from pipeline.files import read_json, replaced, write_text
from pipeline.outputs.report import StudyView, render, study_view
from pipeline.outputs.report.views import Picture
from pipeline.stages.command import run


def report() -> None:
    """Write report/index.html, and the same pictures as plots/<study>/<section>_<number>.svg."""
    studies = [_study(path.stem) for path in sorted((layout.PLAN / "training").glob("*.json"))]
    with replaced(layout.REPORT) as folder:
        for name, page in render(studies).items():
            write_text(folder / name, page)
    with replaced(layout.PLOTS) as folder:
        for study in studies:
            for name, picture in _pictures(study).items():
                write_text(folder / study.name / f"{name}.svg", picture.svg)


def _study(name: str) -> StudyView:
    plan = read_json(layout.training_plan(name))
    identities = read_json(layout.digests(name))
    repeats = range(plan["repeats"])
    folders = {
        variant: [layout.run_folder(name, variant, r) for r in repeats] for variant in plan["variants"]
    }
    every = {**plan["variants"], **plan["derived"]}
    classes = {variant: identities[one["task"]]["classes"] for variant, one in every.items()}
    return study_view(
        read_json(layout.study_metrics(name)),
        {
            variant: [pd.read_csv(one / "history.csv") for one in folders.get(variant, [])]
            for variant in every
        },
        {variant: (runs[0] / "summary.txt").read_text("utf-8") for variant, runs in folders.items()},
        pd.read_csv(layout.EVALUATIONS / name / "runs.csv"),
        classes=classes,
    )


def _pictures(study: StudyView) -> dict[str, Picture]:
    shown: list[tuple[str, Any]] = [(section.anchor, section.content) for section in study.sections]
    return {
        f"{anchor}_{number}": picture
        for anchor, content in shown
        if isinstance(content, tuple)
        for number, picture in enumerate(content, 1)
        if isinstance(picture, Picture)
    }


if __name__ == "__main__":
    run(report)
