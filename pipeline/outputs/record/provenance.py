"""Where a study's results come from: what was declared and when, code, libraries, data, and kinds of processor."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.data.identity import Identity
from pipeline.params.plan import PlannedSource
from pipeline.params.section import Section
from pipeline.training.study_runs import StudyRun

UNKNOWN = "not known"  # of a run whose seconds are no longer kept
WHEN = {True: "before the first run", False: "after the first run", None: "when it was first run is not known"}


class Provenance(Section):
    """What is recorded of a study's origin; no date, so that recording again changes nothing.

    `declared` is the commit from which on the study has been declared as it was run; `precedes` says whether it is
    older than the first run. `code` and `libraries` count runs: by the fingerprint of the code that trained them, and
    by the versions that they were trained with. `processors` name the fingerprints of the runs by the kind of
    processor that trained them.
    """

    study: str
    declared: str
    precedes: bool | None
    code: dict[str, int]
    libraries: dict[str, int]
    data: dict[str, dict[str, str]]  # SHA-256 of the arrays, by source
    tasks: dict[str, Identity]  # with digests of all that training and evaluation are given
    processors: dict[str, list[str]]


@dataclass(frozen=True)
class Declared:
    """The commit that declared a study, and whether it is older than its first run; None where no run says when."""

    commit: str
    precedes: bool | None


def trace_study(
    study: str,
    declared: Declared,
    runs: Sequence[StudyRun],
    identities: Mapping[str, Identity],
    sources: Mapping[str, PlannedSource],
    processors: Mapping[str, str],
    before: Provenance | None = None,
) -> Provenance:
    """Provenance of a study's runs on some tasks, by `identities`, of data sets by `sources` with their digests.

    `processors` are those that runs say, by fingerprint. What was recorded `before` stays where runs no longer say it.
    """
    used = {one.data_set for one in identities.values()}
    same = before is not None and before.declared == declared.commit
    return Provenance(
        study=study,
        declared=declared.commit,
        precedes=before.precedes if before and same and before.precedes is not None else declared.precedes,
        code=dict(Counter(run.code for run in runs)),
        libraries=dict(Counter(_format_versions(run.versions) for run in runs)),
        data={
            one.name: {str(key): value for key, value in one.sha256.items()}
            for name, one in sources.items()
            if name in used
        },
        tasks=dict(identities),
        processors=assign_processors(runs, processors, before.processors if before else {}),
    )


def _format_versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def assign_processors(
    runs: Sequence[StudyRun], said: Mapping[str, str], before: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Fingerprints of runs by kind of processor: the one that a run says, or that was recorded of it before."""
    known = {fingerprint: processor for processor, found in before.items() for fingerprint in found} | dict(said)
    assigned: dict[str, list[str]] = {}
    for fingerprint in sorted({run.fingerprint for run in runs}):
        assigned.setdefault(known.get(fingerprint, UNKNOWN), []).append(fingerprint)
    return dict(sorted(assigned.items()))


def describe_origin(origin: Provenance) -> Iterator[tuple[str, str]]:
    """What a study's page says beside versions and data: the declaration, and every kind of processor."""
    yield "declared", f"by commit {origin.declared}, {WHEN[origin.precedes]}"
    counts = [f"{name} ({len(runs)} runs)" for name, runs in origin.processors.items()]
    yield f"trained by {'' if len(counts) == 1 else f'{len(counts)} kinds of processor'}".strip(), "; ".join(counts)
    yield from ((f"arrays of {name}", _list_digests(arrays)) for name, arrays in origin.data.items())


def _list_digests(arrays: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in arrays.items())
