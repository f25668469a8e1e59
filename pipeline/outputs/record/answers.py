"""Answers to test images as their mistakes: small, and with the labels all that was answered."""

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.evaluation.scores import count_confusion
from pipeline.files import Arrays

PARTS = ("classes", "labels", "mistakes", "image", "answer")


def pack_answers(arrays: Mapping[str, Arrays]) -> Arrays:
    """Answers of every variant's repeats, of arrays as `evaluation.table.stack_repeats` gives them.

    Of each variant the number of classes, the labels, how many mistakes each repeat made, and of all mistakes in a
    row, repeat by repeat, the image and the answer.
    """
    return {f"{variant}.{part}": array for variant, one in arrays.items() for part, array in _pack(one)}


def _pack(arrays: Arrays) -> Iterator[tuple[str, np.ndarray]]:
    predicted, labels = arrays["predicted"], arrays["labels"]
    wrong = predicted != labels
    parts = (
        np.uint8(arrays["confusion"].shape[-1]),
        labels,
        wrong.sum(axis=1, dtype=np.uint32),
        np.nonzero(wrong)[1].astype(np.uint16),
        predicted[wrong],
    )
    return zip(PARTS, map(np.asarray, parts), strict=True)


def unpack_answers(packed: Arrays) -> dict[str, Arrays]:
    """By variant what was packed: predicted, correct (R, E), confusion (R, C, C), labels (E,)."""
    variants = dict.fromkeys(name.rpartition(".")[0] for name in packed)
    return {variant: _unpack(*(packed[f"{variant}.{part}"] for part in PARTS)) for variant in variants}


def _unpack(
    classes: np.ndarray, labels: np.ndarray, mistakes: np.ndarray, image: np.ndarray, answer: np.ndarray
) -> Arrays:
    predicted = np.tile(labels, (len(mistakes), 1))
    predicted[np.repeat(np.arange(len(mistakes)), mistakes), image] = answer
    confusion = [count_confusion(one, labels, int(classes)) for one in predicted]
    return {
        "predicted": predicted,
        "correct": (predicted == labels).astype(np.uint8),
        "confusion": np.stack(confusion),
        "labels": labels,
    }
