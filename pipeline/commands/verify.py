"""`make verify`: a sample of recorded runs trained anew, in a store of its own, and compared bit for bit."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import Identity, read_identities
from pipeline.errors import UserError
from pipeline.files import read_model
from pipeline.outputs.record.study import list_recorded, read_digests
from pipeline.params.plan import read_execution, read_training
from pipeline.seeds import derive
from pipeline.store import Store
from pipeline.training.record import FinishedRun
from pipeline.training.runs import DeclaredRun, declare_runs
from pipeline.training.train import read_training_data, train_missing

SAMPLE = 20


def verify() -> None:
    """Train some recorded runs of the planned studies again, without the run store, and compare their weights.

    Raises
    ------
    UserError
        Where no recorded study is planned, or any run has other weights than those that are recorded.
    """
    identities = read_identities()
    declared = [one for plan in read_training().values() for one in declare_runs(plan, identities)]
    recorded = {name: found for study in list_recorded() for name, found in read_digests(study).items()}
    sample = choose_runs([one.fingerprint for one in declared], recorded)
    if not sample:
        raise UserError(f"{layout.PLAN}: expected recorded studies; first `dvc exp run -S profile=full standardize`.")
    with tempfile.TemporaryDirectory(dir=".", prefix=".unfinished-") as folder:
        found = _train_again(sample, {one.fingerprint: one for one in declared}, identities, Store(Path(folder)))
    wrong = [name for name in sample if found[name] != recorded[name]]
    print(f"{len(sample)} of {len(recorded)} recorded runs trained again, {len(wrong)} with other weights", flush=True)
    if wrong:
        lines = [f"  {name}: expected {recorded[name]}, received {found[name]}" for name in wrong]
        raise UserError("expected the recorded weights, on the same kind of processor.\n" + "\n".join(lines))


def choose_runs(declared: Sequence[str], recorded: Mapping[str, str], most: int = SAMPLE) -> list[str]:
    """At most so many fingerprints that are declared and recorded, always the same of the same ones."""
    both = sorted(set(declared) & recorded.keys())
    rng = np.random.Generator(np.random.PCG64(derive("verify")))
    return [both[index] for index in sorted(rng.permutation(len(both))[:most])]


def _train_again(
    sample: Sequence[str], declared: Mapping[str, DeclaredRun], identities: Mapping[str, Identity], store: Store
) -> dict[str, str]:
    """Digests of the weights of some runs by fingerprint, trained with the runs that they build on."""
    needed = dict.fromkeys(sample)
    for name in needed.copy():
        needed |= dict.fromkeys(_with_parents(name, declared))
    runs = [declared[name] for name in needed]
    train_missing(runs, store, lambda task: read_training_data(task, identities[task]), read_execution())
    return {name: read_model(store.path(name) / layout.RUN, FinishedRun).weights_digest for name in sample}


def _with_parents(name: str, declared: Mapping[str, DeclaredRun]) -> list[str]:
    parents = [one.fingerprint for one in declared[name].parents]
    return [name, *(each for parent in parents for each in _with_parents(parent, declared))]


if __name__ == "__main__":
    run(verify)
