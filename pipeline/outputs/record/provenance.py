"""Where a study's results come from: what was declared and when, code, libraries, data, and kinds of processor."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.data.identity import Identity
from pipeline.params.plan import PlannedSource
from pipeline.params.section import Section
from pipeline.training.study_runs import StudyRun


class Provenance(Section):
    """What is recorded of a study's origin; no date, so that recording again changes nothing.

    `declared` is the commit from which on the study has been declared as it was run. `code` and `libraries` count
    runs: by the fingerprint of the code that trained them, and by the versions that they were trained with.
    `processors` name the fingerprints of the runs by the kind of processor that recorded them first.
    """

    study: str
    declared: str
    code: dict[str, int]
    libraries: dict[str, int]
    data: dict[str, dict[str, str]]  # SHA-256 of the arrays, by source
    tasks: dict[str, dict[str, str]]  # digests of all that training and evaluation are given
    processors: dict[str, list[str]]


def trace_study(
    study: str,
    declared: str,
    runs: Sequence[StudyRun],
    identities: Mapping[str, Identity],
    sources: Mapping[str, PlannedSource],
    processors: Mapping[str, list[str]],
) -> Provenance:
    """Provenance of a study's runs on some tasks, by `identities`, of data sets by `sources` with their digests."""
    used = {one.data_set for one in identities.values()}
    return Provenance(
        study=study,
        declared=declared,
        code=dict(Counter(run.code for run in runs)),
        libraries=dict(Counter(_format_versions(run.versions) for run in runs)),
        data={
            one.name: {str(key): value for key, value in one.sha256.items()}
            for name, one in sources.items()
            if name in used
        },
        tasks={name: one.model_dump(include={"training_digest", "test_digest"}) for name, one in identities.items()},
        processors={name: list(found) for name, found in processors.items()},
    )


def _format_versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def assign_processors(
    runs: Sequence[StudyRun], before: Mapping[str, Sequence[str]], present: str
) -> dict[str, list[str]]:
    """Fingerprints of runs by kind of processor: as it was said before, and the present one for runs that are new."""
    known = {fingerprint: processor for processor, found in before.items() for fingerprint in found}
    assigned: dict[str, list[str]] = {}
    for fingerprint in sorted({run.fingerprint for run in runs}):
        assigned.setdefault(known.get(fingerprint, present), []).append(fingerprint)
    return dict(sorted(assigned.items()))
