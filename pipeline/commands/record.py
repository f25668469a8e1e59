"""`make record`: finished studies of real data to results/full/, one at a time, for good."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, write_ledger
from pipeline.command_line import run
from pipeline.commands.declared import find_declaration, read_time
from pipeline.errors import UserError
from pipeline.files import csv_text, read_arrays, read_model, read_rows, write_arrays, write_model, write_text
from pipeline.folders import replaced_folder
from pipeline.outputs.record.answers import pack_answers, unpack_answers
from pipeline.outputs.record.overview import build_overview
from pipeline.outputs.record.provenance import Declared, Provenance, describe_origin, trace_study
from pipeline.outputs.record.study import Found, find_again, list_recorded, read_recorded
from pipeline.outputs.report.build import build_study
from pipeline.outputs.report.gather import ReportFiles, StudyFiles, read_report_files, read_study_files
from pipeline.outputs.report.render import link_studies
from pipeline.params.plan import ComparisonPlan, PlannedSource, TrainingPlan, read_comparison
from pipeline.params.read import read
from pipeline.statistics.results import StudyResults, write_results
from pipeline.store import run_store
from pipeline.training.record import Seconds

MOST_MB = 40  # of all that is recorded, as every clone carries it


def record() -> None:
    """Write results/full/<study>/ and its page for every planned study, then the overview of all that are recorded.

    Raises
    ------
    UserError
        Of a study on stand-in data, one that is not declared in a commit as it was run, or one whose metrics do not
        follow from its runs; studies recorded before stay as they are.
    """
    files, sources = read_report_files(), _read_sources()
    for study, plan in read_comparison().items():
        _record(study, plan, files, sources)
        print(f"{study}: {plan.repeats} repeats recorded in {layout.recorded(study)}", flush=True)
    every = {study: read_recorded(study) for study in list_recorded()}
    declared = {name: one.title or name for name, one in read(layout.PARAMS).studies.items()}
    for file, text in build_overview(every, declared, files.printed, files.pages).items():
        write_text(layout.RECORD / file, text)
    size = sum(file.stat().st_size for file in layout.RECORD.rglob("*") if file.is_file()) / 1e6
    print(f"{layout.RECORD}: {len(every)} of {len(declared)} studies, {size:.1f} MB of at most {MOST_MB}")


def _read_sources() -> dict[str, PlannedSource]:
    """Sources by data set, with the digests of the arrays that were fetched."""
    paths = sorted(Path().glob(str(layout.raw_source("*"))))
    return {path.parent.name: read_model(path, PlannedSource) for path in paths}


def _record(study: str, plan: ComparisonPlan, files: ReportFiles, sources: Mapping[str, PlannedSource]) -> None:
    if any(one.stand_in for one in plan.data.values()):
        raise UserError(f"{study}: expected real data to record; received stand-ins. Run it with profile=full first.")
    declared = find_declaration(study, (files.plans[study], plan), {role: one.name for role, one in sources.items()})
    own = read_study_files(files.plans[study], files.results[study], files.identities)
    packed = pack_answers({name: read_arrays(layout.evaluated_images(study, name)) for name in plan.variants})
    claims = [row for row in files.claims if row.study == study]
    _check(files.results[study], claims, find_again(plan, own.measured, unpack_answers(packed)))
    provenance = _trace(study, declared, files, own, sources)
    texts = build_study(study, own, files, tuple(describe_origin(provenance)))
    page = texts.pop(layout.STUDY_PAGE)
    with replaced_folder(layout.recorded(study), [layout.RECORDED_PRINTED]) as folder:
        write_model(folder / layout.DECLARED, plan)
        write_model(folder / layout.DECLARED_TRAINING, files.plans[study])
        write_results(folder / layout.RECORDED_RESULTS, files.results[study])
        write_ledger(folder / layout.CLAIMS.name, claims)
        shutil.copyfile(layout.evaluated_runs(study), folder / layout.RECORDED_RUNS)
        for table in (layout.HISTORY, layout.TRIALS):
            if rows := _join(files.plans[study], table):
                write_text(folder / table, csv_text(rows, list(dict.fromkeys(name for row in rows for name in row))))
        write_arrays(folder / layout.ANSWERS, packed)
        write_model(folder / layout.PROVENANCE, provenance)
        for name, text in texts.items():
            write_text(folder / name, text)
    write_text(layout.RECORD / layout.study_page(study), link_studies(page, study, {study: files.results[study].label}))


def _check(results: StudyResults, claims: Iterable[LedgerRow], again: Found) -> None:
    """Refuse metrics that do not follow from the runs, as those of an earlier or interrupted reproduction."""
    if (results, _verdicts(claims)) != (again[0], _verdicts(again[1])):
        path = layout.study_metrics(results.study)
        raise UserError(f"{path}: expected what follows from the runs in {layout.EVALUATIONS}; run `dvc repro` first.")


def _verdicts(claims: Iterable[LedgerRow]) -> dict[tuple[str, str], str]:
    return {(row.id, row.scope): row.verdict for row in claims}


def _join(plan: TrainingPlan, table: str) -> list[dict[str, str]]:
    """Rows of a table that runs have, of all runs of a study, as they were written."""
    paths = {variant: layout.variant_runs(plan.study, variant) / table for variant in plan.trained}
    return [{"variant": variant, **row} for variant, path in paths.items() if path.exists() for row in read_rows(path)]


def _trace(
    study: str, declared: str, files: ReportFiles, own: StudyFiles, sources: Mapping[str, PlannedSource]
) -> Provenance:
    runs = [one.about for trained in own.trained.values() for one in trained]
    path = layout.recorded(study) / layout.PROVENANCE
    before = read_model(path, Provenance) if path.exists() else None
    tasks = {one.task for one in files.plans[study].variants.values()}
    identities = {task: files.identities[task] for task in sorted(tasks)}
    kept = _read_seconds(one.fingerprint for one in runs)
    first = min((began for _, began in kept.values()), default=None)
    dated = Declared(declared, None if first is None else read_time(declared) <= first)
    return trace_study(
        study, dated, runs, identities, sources, {k: one.processor for k, (one, _) in kept.items()}, before
    )


def _read_seconds(fingerprints: Iterable[str]) -> dict[str, tuple[Seconds, float]]:
    """Of every run that the run store still has: what it says of its time, and when it began, in seconds since 1970."""
    found, store = {}, run_store()
    for one in fingerprints:
        if store.holds(one, [layout.SECONDS]):
            path = store.path(one) / layout.SECONDS
            seconds = read_model(path, Seconds)
            found[one] = seconds, path.stat().st_mtime - seconds.train_seconds
    return found


if __name__ == "__main__":
    run(record)
