"""Where a study's numbers come from: profile, repeats, data, versions, code, and the command that makes them again."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.data.identity import Identity
from pipeline.outputs.report.views import Provenance
from pipeline.params.plan import TrainingPlan
from pipeline.statistics.results import StudyResults
from pipeline.training.record import FinishedRun

DIGITS = 16  # of a digest, enough to tell it from any other


def describe_provenance(
    plan: TrainingPlan,
    results: StudyResults,
    runs: Mapping[str, Sequence[FinishedRun]],
    identities: Mapping[str, Identity],
) -> Provenance:
    """What a study's numbers rest on; `runs` are its finished runs by variant, `identities` of all tasks."""
    finished = [one for variant in runs.values() for one in variant]
    facts = [("study", plan.study), ("profile", plan.profile), ("repeats", str(plan.repeats))]
    facts += _describe_tasks(results, identities)
    facts += [("versions", _list_versions(finished)), ("code that trained", _list_code(finished))]
    command = f"dvc exp run -S profile={plan.profile} -S 'select=[{plan.study}]'"
    return Provenance(tuple(fact for fact in facts if fact[1]), command)


def _describe_tasks(results: StudyResults, identities: Mapping[str, Identity]) -> Iterator[tuple[str, str]]:
    for task, origin in results.data.items():
        one = identities[task]
        digests = f"training {one.training_digest[:DIGITS]}, test {one.test_digest[:DIGITS]}"
        yield f"data of {task}", f"{origin.source}: {origin.description}; {digests}"


def _list_versions(finished: Sequence[FinishedRun]) -> str:
    found = {f"{name} {version}" for one in finished for name, version in one.versions.items()}
    return ", ".join(sorted(found))


def _list_code(finished: Sequence[FinishedRun]) -> str:
    return ", ".join(sorted({one.code[:DIGITS] for one in finished}))
