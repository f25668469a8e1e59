"""The test images that most runs of a study get wrong, with what its best and its worst variant answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.data.images import Pixels
from pipeline.outputs.report.images import COLUMNS, make_grid
from pipeline.outputs.report.views import ImageGrid
from pipeline.statistics.results import StudyResults

MOST = 20
Answers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Hardest:
    """Hardest images first: which test images they are, their classes, the share of runs that err, and two answers."""

    rows: list[int]
    labels: list[int]
    errors: list[float]  # share of all runs
    best: str  # variant
    worst: str
    answers: dict[str, list[int]]  # of best and worst, the most frequent one over the repeats
    images: Pixels | None = None


def find_hardest(predicted: Mapping[str, Answers], labels: Answers, results: StudyResults) -> Hardest | None:
    """The images that most runs get wrong, of those that more than one run errs on; None where there is none.

    `predicted`, by variant of the same test images, has shape (repeats, images).
    """
    wrong = np.concatenate([one != labels for one in predicted.values()]).mean(axis=0)
    order = np.argsort(-wrong, kind="stable")[:MOST]
    rows = [int(row) for row in order if wrong[row] > 0]
    if not rows:
        return None
    best, worst = _rank(list(predicted), results)
    answers = {name: [_find_mode(predicted[name][:, row]) for row in rows] for name in (best, worst)}
    return Hardest(rows, labels[rows].tolist(), wrong[rows].tolist(), best, worst, answers)


def _rank(variants: Sequence[str], results: StudyResults) -> tuple[str, str]:
    """The best and the worst of some variants by the study's metric; one without a mean is worst."""
    sign = 1 if results.higher_is_better else -1

    def score(name: str) -> float:
        mean = results.variants[name].metrics[results.metric].mean
        return -np.inf if mean is None else sign * mean

    return max(variants, key=score), min(reversed(variants), key=score)


def _find_mode(values: Answers) -> int:
    found, counts = np.unique(values, return_counts=True)
    return int(found[counts.argmax()])


def make_hardest_grid(hardest: Hardest, classes: Sequence[str], titles: Mapping[str, str]) -> ImageGrid | None:
    """Hardest images, ten a row: the class, how many runs err, and what the best and the worst variant say."""
    if hardest.images is None:
        return None
    best, worst = hardest.answers[hardest.best], hardest.answers[hardest.worst]
    lines = [
        (f"{classes[true]}: {100 * share:.0f} %", f"best {classes[one]}", f"worst {classes[other]}")
        for true, share, one, other in zip(hardest.labels, hardest.errors, best, worst, strict=True)
    ]
    caption = (
        f"The {len(lines)} test images that most runs of all variants get wrong. Above each: its class and the share "
        f"of runs that err, then the most frequent answer of the best variant, {titles[hardest.best]}, and of the "
        f"worst, {titles[hardest.worst]}."
    )
    return make_grid(hardest.images, COLUMNS, caption, titles=lines)
