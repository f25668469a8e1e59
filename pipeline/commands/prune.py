"""`make prune`: what the run store holds that nothing declares; `--remove` removes it."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import layout
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import UNREADABLE, canonical, read_json, read_model
from pipeline.params.planning import make_plan
from pipeline.params.read import read
from pipeline.params.recipe import Recipe, Search
from pipeline.params.schema import Params
from pipeline.seeds import STREAMS, Seeds, repeat_seeds
from pipeline.store import Store, evaluation_store, kept_store, run_store
from pipeline.training.fingerprint import fingerprint_training_code, library_versions
from pipeline.training.record import FinishedRun

DAYS = 7
Unknown = dict[str, bool | set[str]]
# A profile's caps shorten a run by how many images train, which only prepared data tell.
CAPPED: Unknown = {"epochs": True, "updates": True}
SEARCHED: Unknown = {**CAPPED, "units": True, "optimizer": {"learning_rate"}}


def prune(*, remove: bool = False) -> None:
    """Say which kept results nothing needs, and with `remove` remove them.

    Needed is what runs/ holds, and what any profile of params.yaml, as it is or as it was committed, declares: a run
    of the present code and libraries with a declared recipe, search and seeds, on whatever data and of whatever
    length, as the data of most profiles are not prepared here. An evaluation is needed as long as its run is; tables,
    comparisons and pages, which are made again in seconds, as long as they are used.
    """
    runs, evaluations, made = run_store(), evaluation_store(), kept_store()
    held = {one for path in layout.RUNS.glob(f"*/*/{layout.VARIANT_RUNS}") for one in _read_fingerprints(path)}
    declared = {pattern for params in _read_params() for pattern in _list_patterns(params)}
    judged = {one: _judge(runs, one, declared) for one in runs.list_results()}
    kept = held | {one for one, reason in judged.items() if not reason}
    orphaned = {one: _judge_evaluation(evaluations, one, kept) for one in evaluations.list_results()}
    _prune_store("runs", runs, {one: reason for one, reason in judged.items() if one not in kept}, remove)
    _prune_store("evaluations", evaluations, {one: reason for one, reason in orphaned.items() if reason}, remove)
    _prune_store("what is made of them", made, dict.fromkeys(made.list_unused(DAYS), f"unused for {DAYS} days"), remove)


def _read_params() -> Iterator[Params]:
    """params.yaml as it is, and as it was committed: `dvc exp run -S` rewrites it."""
    yield read(layout.PARAMS)
    with TemporaryDirectory(prefix="committed-") as folder:
        for name in (layout.PARAMS, layout.DECLARED_CLAIMS):
            committed = subprocess.run(["git", "show", f"HEAD:./{name}"], capture_output=True)
            if committed.returncode == 0:
                (Path(folder) / name).write_bytes(committed.stdout)
        if (Path(folder) / layout.PARAMS).exists():
            yield read(Path(folder) / layout.PARAMS)


def _list_patterns(params: Params) -> Iterator[str]:
    """Patterns of the runs that any profile declares, selected or not."""
    for profile in params.profiles:
        plan = make_plan(params.model_copy(update={"select": None, "profile": profile}))
        for training in plan.training.values():
            for variant in training.trained.values():
                unknown = SEARCHED if variant.search or variant.trial_of else CAPPED
                for repeat in range(training.repeats):
                    seeds = repeat_seeds(repeat, STREAMS if variant.vary is None else variant.vary)
                    yield _format_pattern(variant.recipe, variant.search, seeds, unknown)


def _format_pattern(recipe: Recipe, search: Search | None, seeds: Seeds, unknown: Unknown) -> str:
    """What declared runs and kept ones are recognised by: all but what is unknown before they ran."""
    space = search and search.model_dump(exclude={"trials"})
    return canonical([recipe.model_dump(exclude=unknown), space, seeds.to_dict()])


def _read_fingerprints(path: Path) -> list[str]:
    """The runs that a runs.json is of; a UserError where it can't be read, as nobody then knows what is needed."""
    try:
        return [str(one["fingerprint"]) for one in read_json(path)]
    except (KeyError, TypeError, *UNREADABLE):
        raise UserError(f"{path}: expected this file as `dvc repro` wrote it, which writes it anew.") from None


def _judge(store: Store, name: str, declared: set[str]) -> str:
    """Why no profile needs a run; empty where one does."""
    if store.find_damage(name):
        return "damaged"
    try:
        about = read_model(store.path(name) / layout.RUN, FinishedRun)
    except UserError:
        return "by other code"
    if (about.versions, about.code) != (library_versions(), fingerprint_training_code(about.recipe.library)):
        return "by other code"
    found = {_format_pattern(about.recipe, about.search, about.seeds, one) for one in (CAPPED, SEARCHED)}
    return "declared by no profile" if found.isdisjoint(declared) else ""


def _judge_evaluation(store: Store, name: str, kept: set[str]) -> str:
    """Why nobody needs an evaluation; empty where its run is kept."""
    if store.find_damage(name):
        return "damaged"
    return "" if read_json(store.path(name) / layout.EVALUATION).get("run") in kept else "of runs that are not kept"


def _prune_store(what: str, store: Store, unneeded: dict[str, str], remove: bool) -> None:
    doomed = {**unneeded, **dict.fromkeys(store.list_abandoned(), "left by a killed process")}
    kept, size = len(store.list_results()) - len(unneeded), store.measure(doomed) / 1e6
    if remove:
        store.remove(doomed)
    done = "removed" if remove else "to remove with make prune REMOVE=1"
    reasons = ", ".join(f"{n} {reason}" for reason, n in Counter(doomed.values()).items()) or "none"
    print(f"{what}: {kept} kept, {len(doomed)} {done}, {size:.1f} MB: {reasons}")


if __name__ == "__main__":
    run(prune)
