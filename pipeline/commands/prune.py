"""`make prune`: remove from the run store what the current results do not use."""

from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.evaluation.evaluate import evaluation_code, evaluation_fingerprint, planned_runs
from pipeline.files import read_json
from pipeline.training.runs import declared_runs
from pipeline.training.store import evaluation_store, run_store


def prune() -> None:
    """Keep what the current plan declares and what runs/ holds; remove the rest, and leftovers of killed runs."""
    if not layout.PLAN.is_dir():
        raise UserError(
            f"{layout.PLAN}/: expected the current plan, to know what to keep; run `dvc repro` first."
        )
    runs, evaluations = set(), set()
    for path in sorted((layout.PLAN / "training").glob("*.json")):
        used, evaluated = _in_use(path.stem)
        runs |= used
        evaluations |= evaluated
    for store, keep, what in ((run_store(), runs, "runs"), (evaluation_store(), evaluations, "evaluations")):
        removed, freed = store.prune(keep)
        print(f"{what}: {len(keep)} in use, {removed} removed, {freed / 1e6:.1f} MB freed")


def _in_use(study: str) -> tuple[set[str], set[str]]:
    """Fingerprints of the runs and of the evaluations that a study's plan declares or runs/ holds."""
    plan, identities = read_json(layout.training_plan(study)), read_json(layout.digests(study))
    declared = {(one.variant, one.repeat): one.fingerprint for one in declared_runs(plan, identities)}
    held = {
        path: read_json(path)["fingerprint"] for path in sorted((layout.RUNS / study).glob("*/*/run.json"))
    }

    def read_run(variant: str, repeat: int) -> tuple[Path, dict[str, Any]]:
        task = plan["variants"][variant]["task"]
        return Path(), {"fingerprint": declared[variant, repeat], "task": task}

    code = evaluation_code()
    evaluated = {
        evaluation_fingerprint(one, identities[one.task], code)
        for one in planned_runs(plan, identities, read_run)
    }
    return {*declared.values(), *held.values()}, evaluated


if __name__ == "__main__":
    run(prune)
