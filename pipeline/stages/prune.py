"""`make prune`: remove from the run store what the current results do not use."""

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import read_json
from pipeline.stages.command import run
from pipeline.training.declared import declared_runs
from pipeline.training.evaluate import evaluation_code, evaluation_fingerprint
from pipeline.training.store import evaluation_store, run_store


def prune() -> None:
    """Keep what the current plan declares and what runs/ holds; remove the rest, and leftovers of killed runs."""
    runs, evaluations = set(), set()
    code = evaluation_code()
    if not layout.PLAN.is_dir():
        raise UserError(
            f"{layout.PLAN}/: expected the current plan, to know what to keep; run `dvc repro` first."
        )
    for path in sorted((layout.PLAN / "training").glob("*.json")):
        study = path.stem
        identities = read_json(layout.digests(study))
        used = {
            one["fingerprint"]: one["task"]
            for one in map(read_json, sorted((layout.RUNS / study).glob("*/*/run.json")))
        }
        planned = {one.fingerprint: one.task for one in declared_runs(read_json(path), identities)}
        for fingerprint, task in {**used, **planned}.items():
            runs.add(fingerprint)
            evaluations.add(evaluation_fingerprint(fingerprint, identities[task], code))
    for store, keep, what in ((run_store(), runs, "runs"), (evaluation_store(), evaluations, "evaluations")):
        removed, freed = store.prune(keep)
        print(f"{what}: {len(keep)} in use, {removed} removed, {freed / 1e6:.1f} MB freed")


if __name__ == "__main__":
    run(prune)
