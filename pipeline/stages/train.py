"""Stage train: every declared run of one study, reused from the run store or trained."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import read_json, replaced, write_json
from pipeline.training.data import read_training_data
from pipeline.training.grid import worker_count
from pipeline.training.record import TIMING
from pipeline.training.runs import declared_runs
from pipeline.training.store import run_store
from pipeline.training.train import names, train_missing


def train(study: str) -> None:
    """Write runs/<study>/<variant>/<repeat>/ for every declared run, and timings/<study>.json."""
    identities = read_json(layout.digests(study))
    runs = list(declared_runs(read_json(layout.training_plan(study)), identities))
    store = run_store()
    train_missing(
        runs,
        store,
        lambda task: read_training_data(layout.STANDARDIZED / task, identities[task]),
        worker_count(),
        study,
    )
    timings: dict[str, dict[str, object]] = {}
    with replaced(layout.RUNS / study) as folder:
        folder.mkdir()
        for one in runs:
            target = folder / one.variant / f"{one.repeat:02d}"
            store.copy(one.fingerprint, target, leave=[TIMING])
            write_json(target / "run.json", {**names(study, one), **read_json(target / "run.json")})
            timings.setdefault(one.variant, {})[str(one.repeat)] = read_json(
                store.path(one.fingerprint) / TIMING
            )
    write_json(layout.TIMINGS / f"{study}.json", timings)


if __name__ == "__main__":
    run(train)
