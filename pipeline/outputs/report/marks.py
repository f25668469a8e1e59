"""What the marks of variants mean, said where a mark stands."""

from collections.abc import Iterable

INERT = "The treatment is inert: with it and without it, every repeat ends in the same weights."
MARKS = {
    "diverged": "Diverged: a loss of the run was no number any more; such a run counts as worse than any other.",
    "at chance": "At chance: no better than always naming the largest class, so that nothing can be learnt from it.",
    "selected on test images": (
        "Selected on test images: an epoch or a hyperparameter was chosen by the images that also measure it, "
        "which flatters it."
    ),
    "validated on test images": "Validated on test images: they were looked at while training, and nothing was chosen.",
    "★ best": "Best: the first trial with the largest validation accuracy, as the search chooses.",
}
"""What a mark means, by words of it."""


def explain_marks(marks: Iterable[str | None]) -> list[str]:
    """What marks mean, each once."""
    said = [mark for mark in marks if mark]
    return [meaning for words, meaning in MARKS.items() if any(words in mark for mark in said)]
