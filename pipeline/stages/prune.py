"""`make prune`: remove from the run store what the current results do not use."""

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import read_json
from pipeline.stages.command import run
from pipeline.training.evaluate import evaluation_code, evaluation_fingerprint
from pipeline.training.store import evaluation_store, run_store


def prune() -> None:
    """Keep the runs and evaluations of every planned study; remove the others, and leftovers of killed runs."""
    runs, evaluations = set(), set()
    code = evaluation_code()
    if not layout.PLAN.is_dir():
        raise UserError(
            f"{layout.PLAN}/: expected the current plan, to know what to keep; run `dvc repro` first."
        )
    for path in sorted((layout.PLAN / "training").glob("*.json")):
        study = path.stem
        identities = read_json(layout.digests(study))
        for about in map(read_json, sorted((layout.RUNS / study).glob("*/*/run.json"))):
            runs.add(about["fingerprint"])
            evaluations.add(evaluation_fingerprint(about["fingerprint"], identities[about["task"]], code))
    for store, keep, what in ((run_store(), runs, "runs"), (evaluation_store(), evaluations, "evaluations")):
        removed, freed = store.prune(keep)
        print(f"{what}: {len(keep)} kept, {removed} removed, {freed / 1e6:.1f} MB freed")


if __name__ == "__main__":
    run(prune)
