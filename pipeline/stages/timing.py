"""Stage timing: the times that claims speak of, measured side by side; apart from every result that is hashed."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from pipeline import layout
from pipeline.backend import start_tensorflow
from pipeline.claims.answering import answer_study, timed_variants
from pipeline.claims.ledger import COLUMNS, rows
from pipeline.command_line import run
from pipeline.files import csv_text, read_json, write_json, write_text
from pipeline.outputs.report import timings_page
from pipeline.training.data import read_training_data
from pipeline.training.grid import progress
from pipeline.training.runs import DeclaredRun, declared_runs
from pipeline.training.train import job_of


def timing() -> None:
    """Write timings/measured/<study>.json where it is missing or old, timings/claims.csv and timings/index.html.

    The receipt says what was measured, not how long it took, so that no digest depends on a machine.
    """
    answers, receipt, stand_in = [], {}, False
    for path in sorted((layout.PLAN / "comparison").glob("*.json")):
        plan = read_json(path)
        stand_in = stand_in or any(one["stand_in"] for one in plan["data"].values())
        variants = timed_variants(plan)
        if variants:
            measured = _measured(plan["study"], variants)
            answers += answer_study(plan, pd.DataFrame(measured["rows"]), {}, timed=True)
            receipt[plan["study"]] = measured["fingerprints"]
    claims = rows(answers)
    write_text(layout.TIMINGS / "claims.csv", csv_text(claims, COLUMNS))
    write_text(layout.TIMINGS / "index.html", timings_page(_of_runs(), claims, stand_in))
    write_json(layout.TIMING_RECEIPT, receipt)


def _measured(study: str, variants: list[str]) -> dict[str, Any]:
    """Rows of times of a study's variants, kept from before where the same runs were measured."""
    identities = read_json(layout.digests(study))
    declared = declared_runs(read_json(layout.training_plan(study)), identities)
    chosen = {v: [one for one in declared if one.variant == v] for v in variants}
    fingerprints = {v: [one.fingerprint for one in own] for v, own in chosen.items()}
    path = layout.TIMINGS / "measured" / f"{study}.json"
    if path.is_file() and read_json(path)["fingerprints"] == fingerprints:
        return dict(read_json(path))
    measured = {"fingerprints": fingerprints, "rows": list(_times(study, chosen, declared, identities))}
    write_json(path, measured)
    return measured


def _times(
    study: str,
    chosen: dict[str, list[DeclaredRun]],
    declared: Iterable[DeclaredRun],
    identities: dict[str, Any],
) -> Iterable[dict[str, Any]]:
    start_tensorflow()
    from pipeline.training.timing import timed  # imports Keras, which is to find TensorFlow started

    folders = {one.fingerprint: layout.run_folder(study, one.variant, one.repeat) for one in declared}
    data = {
        task: read_training_data(layout.STANDARDIZED / task, identities[task])
        for task in {one.task for own in chosen.values() for one in own}
    }
    jobs = {v: [job_of(one, data[one.task], folders.__getitem__) for one in own] for v, own in chosen.items()}
    passes = {v: own[0].image_passes for v, own in jobs.items()}
    total = sum(passes[v] * len(own) for v, own in jobs.items())
    return progress(timed(jobs), total, lambda row: passes[row["variant"]], f"{study} (timing)")


def _of_runs() -> dict[str, Any]:
    """Times that training and evaluation left by the way, of every planned study that has any."""
    names = [path.stem for path in sorted((layout.PLAN / "training").glob("*.json"))]
    paths = {name: layout.TIMINGS / f"{name}.json" for name in names}
    return {name: read_json(path) for name, path in paths.items() if path.exists()}


if __name__ == "__main__":
    run(timing)
