"""The files that the report is made of, read into objects; nothing else of the report reads a disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, format_ledger, read_ledger
from pipeline.data.identity import Identity, read_identities
from pipeline.data.tasks import read_task
from pipeline.files import read_arrays, read_model, read_table
from pipeline.outputs.report.data import About, DataDescription
from pipeline.outputs.report.hardest import Hardest, find_hardest
from pipeline.outputs.report.images import SHOWN, Samples, choose_samples
from pipeline.outputs.report.printed import Printed, PrintedFile
from pipeline.outputs.report.render import TEMPLATES
from pipeline.params.plan import TrainingPlan, read_training, read_unselected
from pipeline.statistics.results import StudyResults, read_results
from pipeline.store import digest_file, digest_folder, fingerprint_made
from pipeline.training.study_runs import StudyRun, read_history, read_runs, read_summaries, read_trials, split_by_repeat


@dataclass(frozen=True)
class RunFiles:
    """What the report shows of one run; `trials` of a search only."""

    about: StudyRun
    history: pd.DataFrame
    summary: str
    trials: pd.DataFrame | None


@dataclass(frozen=True)
class StudyFiles:
    """What only a study's own page shows of it."""

    measured: pd.DataFrame  # one row a run
    trained: dict[str, list[RunFiles]]  # by variant, one a repeat
    predicted: list[int]  # of the first test images, by the control's repeat 0
    labels: list[int]
    hardest: Hardest | None = None


@dataclass(frozen=True)
class ReportFiles:
    """What pages share: plans and results by study; descriptions, identities, images by task; claims; further pages.

    `kept` are results of studies that are not selected: their pages stay, and the overview names them.
    """

    plans: dict[str, TrainingPlan]
    results: dict[str, StudyResults]
    about: dict[str, About]
    identities: dict[str, Identity]
    samples: dict[str, Samples]
    claims: list[LedgerRow]
    pages: dict[str, str]
    kept: dict[str, StudyResults] = field(default_factory=dict)
    printed: Printed = field(default_factory=dict)
    measured: dict[str, pd.DataFrame] = field(default_factory=dict)  # by study, one row a run


def read_report_files() -> ReportFiles:
    """What the pages of the planned studies share; what one shows alone, `read_study_files` reads."""
    plans, others = read_training(), read_unselected().studies
    results = {study: read_results(layout.study_metrics(study)) for study in plans}
    every = read_identities()
    shown = {task: every[task] for one in results.values() for task in one.data}
    return ReportFiles(
        plans=plans,
        results=results,
        about=read_model(layout.DATA_METRICS, DataDescription).root,
        identities=every,
        samples={t: choose_samples(read_task(t, one.data_set), len(one.classes)) for t, one in shown.items()},
        claims=read_ledger(layout.CLAIMS),
        pages={path.name: path.read_text("utf-8") for path in layout.further_pages()},
        kept={name: read_results(path) for name in others if (path := layout.study_metrics(name)).exists()},
        printed=read_model(layout.PRINTED, PrintedFile).root if layout.PRINTED.exists() else {},
        measured={study: read_table(layout.evaluated_runs(study)) for study in plans},
    )


def fingerprint_study(study: str, files: ReportFiles) -> str:
    """SHA-256 (hex) of all that a study's page and pictures are made of."""
    results, identities = files.results[study], {one.task for one in files.plans[study].variants.values()}
    return fingerprint_made(
        "pipeline.outputs.report.build",
        files.plans[study].model_dump(mode="json"),
        format_ledger(row for row in files.claims if row.study == study),
        {task: files.identities[task].model_dump(mode="json") for task in sorted(identities)},
        {task: files.samples[task].identity for task in results.data},
        {task: {name: one.model_dump(mode="json") for name, one in files.about[task].items()} for task in results.data},
        {
            row: files.printed[row].model_dump(mode="json")
            for row in _list_rows(files.plans[study])
            if row in files.printed
        },
        digest_folder(TEMPLATES),
        digest_file(layout.study_metrics(study)),
        digest_folder(layout.RUNS / study),
        digest_folder(layout.evaluated_runs(study).parent),
    )


def _list_rows(plan: TrainingPlan) -> list[str]:
    return sorted(row for one in plan.variants.values() for row in one.rows)


def read_study_files(plan: TrainingPlan, results: StudyResults, identities: Mapping[str, Identity]) -> StudyFiles:
    """What a study's runs and evaluations left behind."""
    tested = {name: identities[one.task].test for name, one in plan.variants.items()}
    answers = {
        name: read_arrays(layout.evaluated_images(plan.study, name))
        for name, part in tested.items()
        if part == tested[results.control]
    }
    control, task = answers[results.control], plan.variants[results.control].task
    found = find_hardest({name: one["predicted"] for name, one in answers.items()}, control["labels"], results)
    images = read_task(task, identities[task].data_set).test.images
    return StudyFiles(
        measured=read_table(layout.evaluated_runs(plan.study)),
        trained={variant: list(_read_runs(plan, variant)) for variant in plan.trained},
        predicted=control["predicted"][0, :SHOWN].tolist(),
        labels=control["labels"][:SHOWN].tolist(),
        hardest=replace(found, images=images[found.rows]) if found else None,
    )


def _read_runs(plan: TrainingPlan, variant: str) -> Iterator[RunFiles]:
    histories, trials = (split_by_repeat(read(plan.study, variant)) for read in (read_history, read_trials))
    for about, summary in zip(read_runs(plan, variant), read_summaries(plan, variant), strict=True):
        yield RunFiles(about, histories[about.repeat], summary, trials.get(about.repeat))
