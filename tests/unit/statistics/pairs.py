"""One pair of arms compared as a family of one."""

from numpy.random import Generator
from numpy.typing import ArrayLike

from pipeline.statistics.comparison import Arm, Comparison, Declaration, Question
from pipeline.statistics.paired import compare_all


def compare_pair(
    control: ArrayLike,
    treatment: ArrayLike,
    declared: Declaration,
    *,
    rng: Generator,
    names: tuple[str, str] = ("control", "treatment"),
) -> Comparison:
    """Comparison of one treatment with the control."""
    return compare_all([Question(Arm(names[0], control), Arm(names[1], treatment), declared)], rng=rng)[0]
