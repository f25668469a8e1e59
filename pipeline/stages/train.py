"""Stage train: every declared run, reused from the run store or trained; one pool of workers for all studies."""

from functools import partial

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import read_identities
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_execution, read_training, read_unselected
from pipeline.store import kept_store, run_store
from pipeline.training.runs import declare_runs
from pipeline.training.study_runs import fingerprint_runs, write_runs
from pipeline.training.train import read_training_data, train_missing


def train() -> None:
    """Write runs/<study>/<variant>/ for every planned study; weights stay in the run store."""
    identities, store, kept = read_identities(), run_store(), kept_store()
    studies = {name: declare_runs(plan, identities) for name, plan in read_training().items()}
    every = [one for runs in studies.values() for one in runs]
    train_missing(every, store, lambda task: read_training_data(task, identities[task]), read_execution())
    with replaced_folder(layout.RUNS, read_unselected().studies) as folder:
        for study, runs in studies.items():
            name = fingerprint_runs(study, runs)
            kept.keep(name, partial(write_runs, store, study, runs))
            kept.copy(name, folder / study)


if __name__ == "__main__":
    run(train)
