"""A recorded study: its declaration, its per-run table and its answers, and what was found, which follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import layout
from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import LedgerRow, make_ledger, read_ledger
from pipeline.files import Arrays, read_arrays, read_model, read_table
from pipeline.outputs.record.answers import unpack_answers
from pipeline.outputs.record.provenance import Provenance
from pipeline.params.plan import ComparisonPlan, TrainingPlan, find_caveats
from pipeline.statistics.results import StudyResults, compute_results, read_results

Found = tuple[StudyResults, list[LedgerRow]]


@dataclass(frozen=True)
class RecordedStudy:
    """What is recorded of a study."""

    plan: ComparisonPlan
    training: TrainingPlan
    runs: pd.DataFrame
    packed: Arrays
    results: StudyResults
    claims: list[LedgerRow]
    provenance: Provenance

    @property
    def arrays(self) -> dict[str, Arrays]:
        """Each variant's answers, see `unpack_answers`; unpacked at every use, as few need them."""
        return unpack_answers(self.packed)


def find_again(plan: ComparisonPlan, runs: pd.DataFrame, arrays: dict[str, Arrays]) -> Found:
    """A study's results and claims by its per-run table and its answers alone.

    They are those of stage `compare`, but for intervals on new images of a loss, which need it of every image.
    """
    claims = make_ledger(answer_study(plan, runs, arrays), find_caveats(plan.data))
    return compute_results(plan, runs, arrays), claims


def read_recorded(study: str, root: Path = Path()) -> RecordedStudy:
    """A study as `make record` wrote it."""
    folder = root / layout.recorded(study)
    return RecordedStudy(
        plan=read_model(folder / layout.DECLARED, ComparisonPlan),
        training=read_model(folder / layout.DECLARED_TRAINING, TrainingPlan),
        runs=read_table(folder / layout.RECORDED_RUNS),
        packed=read_arrays(folder / layout.ANSWERS),
        results=read_results(folder / layout.RECORDED_RESULTS),
        claims=read_ledger(folder / layout.CLAIMS.name),
        provenance=read_model(folder / layout.PROVENANCE, Provenance),
    )


def list_recorded(root: Path = Path()) -> list[str]:
    """Names of the recorded studies."""
    return sorted(path.parent.name for path in (root / layout.RECORD).glob(f"*/{layout.PROVENANCE}"))


def merge_claims(recorded: Mapping[str, RecordedStudy]) -> list[LedgerRow]:
    """Claims of all studies, by id and scope."""
    return sorted((row for one in recorded.values() for row in one.claims), key=lambda row: (row.id, row.scope))


def read_digests(study: str, root: Path = Path()) -> dict[str, str]:
    """Digest of the weights of each of a recorded study's runs, by the run's fingerprint."""
    runs = read_table(root / layout.recorded(study) / layout.RECORDED_RUNS)
    return dict(zip(runs["fingerprint"], runs["weights_digest"], strict=True))
