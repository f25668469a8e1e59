"""Stage train: every declared run, reused from the run store or trained; one pool of workers for all studies."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import read_identities
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_execution, read_training, read_unselected
from pipeline.store import run_store
from pipeline.training.record import name_run
from pipeline.training.runs import declare_runs
from pipeline.training.train import read_training_data, train_missing


def train() -> None:
    """Write runs/<study>/<variant>/<repeat>/ for every planned run; weights stay in the run store."""
    identities, store = read_identities(), run_store()
    studies = {name: declare_runs(plan, identities) for name, plan in read_training().items()}
    every = [one for runs in studies.values() for one in runs]
    train_missing(every, store, lambda task: read_training_data(task, identities[task]), read_execution())
    with replaced_folder(layout.RUNS, read_unselected().studies) as folder:
        for study, runs in studies.items():
            for one in runs:
                target = folder / layout.run_folder(study, one.variant, one.repeat).relative_to(layout.RUNS)
                store.copy(one.fingerprint, target, leave=layout.KEPT_IN_STORE)
                name_run(study, one, target)


if __name__ == "__main__":
    run(train)
