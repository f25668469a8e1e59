"""The files that the report is made of, read into objects; nothing else of the report reads a disk."""

from dataclasses import dataclass, field

import pandas as pd

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, read_ledger
from pipeline.data.identity import Identity, read_identities
from pipeline.data.tasks import read_task
from pipeline.files import read_arrays, read_model, read_table
from pipeline.outputs.report.data import About, DataDescription
from pipeline.outputs.report.images import SHOWN, Samples, choose_samples
from pipeline.params.plan import TrainingPlan, read_training, read_unselected
from pipeline.statistics.results import StudyResults, read_results
from pipeline.training.record import StudyRun, read_run


@dataclass(frozen=True)
class RunFiles:
    """What the report shows of one run; `trials` of a search only."""

    about: StudyRun
    history: pd.DataFrame
    summary: str
    trials: pd.DataFrame | None


@dataclass(frozen=True)
class StudyFiles:
    """What the report shows of one study."""

    plan: TrainingPlan
    results: StudyResults
    measured: pd.DataFrame  # one row a run
    trained: dict[str, list[RunFiles]]  # by variant, one a repeat
    predicted: list[int]  # of the first test images, by the control's repeat 0
    labels: list[int]


@dataclass(frozen=True)
class ReportFiles:
    """What the report shows: studies by name; descriptions, identities and images by task; claims; further pages.

    `kept` are results of studies that are not selected: their pages stay, and the overview names them.
    """

    studies: dict[str, StudyFiles]
    about: dict[str, About]
    identities: dict[str, Identity]
    samples: dict[str, Samples]
    claims: list[LedgerRow]
    pages: dict[str, str]
    kept: dict[str, StudyResults] = field(default_factory=dict)


def read_report_files() -> ReportFiles:
    """Everything that the planned studies left behind."""
    studies = {name: _read_study(plan) for name, plan in read_training().items()}
    every, others = read_identities(), read_unselected().studies
    shown = {task: every[task] for one in studies.values() for task in one.results.data}
    return ReportFiles(
        studies=studies,
        about=read_model(layout.DATA_METRICS, DataDescription).root,
        identities=every,
        samples={t: choose_samples(read_task(t, one.data_set), len(one.classes)) for t, one in shown.items()},
        claims=read_ledger(layout.CLAIMS),
        pages={path.name: path.read_text("utf-8") for path in layout.further_pages()},
        kept={name: read_results(path) for name in others if (path := layout.study_metrics(name)).exists()},
    )


def _read_study(plan: TrainingPlan) -> StudyFiles:
    results = read_results(layout.study_metrics(plan.study))
    control = read_arrays(layout.evaluated_images(plan.study, results.control))
    return StudyFiles(
        plan=plan,
        results=results,
        measured=read_table(layout.evaluated_runs(plan.study)),
        trained={v: [_read_run(plan.study, v, repeat) for repeat in range(plan.repeats)] for v in plan.trained},
        predicted=control["predicted"][0, :SHOWN].tolist(),
        labels=control["labels"][:SHOWN].tolist(),
    )


def _read_run(study: str, variant: str, repeat: int) -> RunFiles:
    folder, about = layout.run_folder(study, variant, repeat), read_run(study, variant, repeat)
    return RunFiles(
        about=about,
        history=pd.read_csv(folder / layout.HISTORY),
        summary=(folder / layout.MODEL_SUMMARY).read_text("utf-8"),
        trials=pd.read_csv(folder / layout.TRIALS) if about.search else None,
    )
