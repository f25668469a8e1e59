"""A study's learning curves, forest and confusion as tables, which DVC draws by the templates of .dvc/plots."""

from collections.abc import Iterator, Mapping

from pipeline.files import csv_text
from pipeline.outputs.figures.curves import Histories, summarize_repeats
from pipeline.outputs.numbers import get_scale
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.results import StudyResults

QUANTITIES = ("loss", "val_loss", "accuracy", "val_accuracy")
KINDS = ("curves", "forest", "confusion")
Row = Mapping[str, object]


def tabulate_plots(results: StudyResults, histories: Histories) -> dict[str, str]:
    """CSV by kind, of `KINDS`; a kind that the study has nothing of is left out, as DVC can't draw an empty table.

    Curves are means over the repeats that still train, forest rows are in percentage points for shares, and images of
    a confusion are means over repeats.
    """
    rows = (
        list(_list_curves(histories)),
        list(_list_differences(results.comparisons)),
        list(_list_confusions(results)),
    )
    return {kind: csv_text(found) for kind, found in zip(KINDS, rows, strict=True) if found}


def _list_curves(histories: Histories) -> Iterator[Row]:
    for variant, repeats in histories.items():
        for quantity in QUANTITIES:
            for epoch, value in summarize_repeats(repeats, quantity)["mean"].items():
                yield {"variant": variant, "quantity": quantity, "epoch": epoch, "value": value}


def _list_differences(comparisons: Mapping[str, Comparison]) -> Iterator[Row]:
    for treatment, one in comparisons.items():
        low, high = one.interval
        if one.estimate is not None:  # a diverged run leaves no mean
            scale = get_scale(one.metric)
            ends = {name: None if end is None else scale * end for name, end in (("low", low), ("high", high))}
            yield {"treatment": treatment, "verdict": one.verdict, **ends, "difference": scale * one.estimate}


def _list_confusions(results: StudyResults) -> Iterator[Row]:
    for variant, one in results.variants.items():
        for actual, counts in enumerate(one.confusion):
            for predicted, images in enumerate(counts):
                yield {"variant": variant, "actual": actual, "predicted": predicted, "images": images}
