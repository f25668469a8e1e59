"""Which commit declared a study as it was run: its variants, claims, margins and repeats."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import layout
from pipeline.errors import UserError
from pipeline.params.plan import ComparisonPlan, TrainingPlan
from pipeline.params.planning import plan_comparison, plan_training
from pipeline.params.read import read
from pipeline.params.schema import Params

FILES = (layout.PARAMS, layout.DECLARED_CLAIMS)
Declaration = tuple[TrainingPlan, ComparisonPlan]
OF_VARIANT: dict[str, object] = {"title": None, "inferred": [], "place": []}
OF_CLAIM: dict[str, object] = {"says": "", "place": [], "printed": {}, "not_testable": {}, "question": False}


def find_declaration(study: str, declared: Declaration, sources: Mapping[str, str]) -> str:
    """The earliest commit from which on a study has been declared as it is, whatever is selected and whatever words.

    `sources` names the source of each data set, which the command line may have changed, as it may the profile.

    Raises
    ------
    UserError
        Outside a git repository, or where what was run is not what is committed.
    """
    commits = _list_commits()

    @cache
    def same(commit: str) -> bool:
        found = _declare(commit, study, declared[0].profile, sources)
        return found is not None and leave_words(*found) == leave_words(*declared)

    head = next(iter(commits), None)
    if head is None or not same(head):
        raise UserError(
            f"{study}: expected all its variants, claims, margins and repeats as {layout.PARAMS} and "
            f"{layout.DECLARED_CLAIMS} are committed; received others. Commit them before the first run."
        )
    return follow(head, commits, same)


def follow(head: str, parents: Mapping[str, Sequence[str]], same: Callable[[str], bool]) -> str:
    """The earliest commit that is reached from `head` through commits that are all the same."""
    while older := next(filter(same, parents.get(head, ())), None):
        head = older
    return head


def leave_words(training: TrainingPlan, comparison: ComparisonPlan) -> Declaration:
    """What is run and asked, without the words for it and the places in the texts: these may be mended after a run."""
    variants = {name: one.model_copy(update={**OF_VARIANT, "row": None}) for name, one in training.variants.items()}
    compared = {name: one.model_copy(update=OF_VARIANT) for name, one in comparison.variants.items()}
    claims = {name: one.model_copy(update=OF_CLAIM) for name, one in comparison.claims.items()}
    data = {task: one.model_copy(update={"description": ""}) for task, one in comparison.data.items()}
    asked = {"title": None, "question": "", "variants": compared, "claims": claims, "data": data}
    return training.model_copy(update={"variants": variants}), comparison.model_copy(update=asked)


def read_time(commit: str) -> float:
    """When a commit was made, in seconds since 1970."""
    command = ["git", "show", "--no-patch", "--format=%ct", commit]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _list_commits() -> dict[str, list[str]]:
    """Commits that changed what is declared, the latest first, with those before them."""
    command = ["git", "rev-list", "--parents", "--full-history", "--simplify-merges", "HEAD", "--", *map(str, FILES)]
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode:
        raise UserError(f"git: expected a repository with the commit that declared the studies; {found.stderr.strip()}")
    lines = [line.split() for line in found.stdout.splitlines()]
    return {commit: parents for commit, *parents in lines}


def _declare(commit: str, study: str, profile: str, sources: Mapping[str, str]) -> Declaration | None:
    """What a commit declares of a study; None where it can't be read any more, or is not declared."""
    params = _read(commit)
    if params is None or study not in params.studies or profile not in params.profiles:
        return None
    if not params.sources.keys() >= set(sources.values()):
        return None
    data = {**params.profiles[profile].data, **sources}
    chosen = params.profiles[profile].model_copy(update={"data": data})
    profiles = {**params.profiles, profile: chosen}
    whole = params.model_copy(update={"profile": profile, "profiles": profiles, "select": None})
    return plan_training(whole, study), plan_comparison(whole, study)


@cache
def _read(commit: str) -> Params | None:
    with TemporaryDirectory() as folder:
        for name in FILES:
            found = subprocess.run(["git", "show", f"{commit}:./{name}"], capture_output=True)
            if not found.returncode:
                (Path(folder) / name).write_bytes(found.stdout)
        try:
            return read(Path(folder) / layout.PARAMS)
        except UserError:
            return None
