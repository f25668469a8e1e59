"""Tables of variants with what each reached, of a search's trials, and of the rows of write-ups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from pipeline.layout import study_page
from pipeline.metrics import is_share, words
from pipeline.outputs import numbers
from pipeline.outputs.report.views import Cell, Table
from pipeline.params.plan import TrainingPlan
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import StudyResults

THRESHOLDS = (0.5, 0.9)
AT_THRESHOLD = {"test_accuracy": "accuracy", "false_positives": "false positives", "false_negatives": "false negatives"}
MAIN_METRICS = ("test_accuracy", "test_loss", "generalization_gap", "epochs_run", "parameters")
SCORE = "val_accuracy"  # by which a search chooses
BEST = "★ best"
Marks = Mapping[str, str]


def tabulate_main_metrics(results: StudyResults, marks: Marks) -> Table:
    """Metrics read first, the study's own in front."""
    names = _choose_measured(results, (results.metric, *MAIN_METRICS))
    return _tabulate(results, names, "Variants: mean over n repeats", marks)


def tabulate_other_metrics(results: StudyResults, marks: Marks) -> Table | None:
    """Every metric that the main table leaves out, folded; None when it leaves out none."""
    every = dict.fromkeys(name for one in results.variants.values() for name in one.metrics)
    others = [name for name in every if name not in (results.metric, *MAIN_METRICS) and "_at_" not in name]
    names = _choose_measured(results, others)
    table = _tabulate(results, names, "Every other metric: mean over n repeats", marks)
    return replace(table, folded=True) if names else None


def tabulate_thresholds(results: StudyResults, marks: Marks, classes: Sequence[str]) -> Table | None:
    """Errors of both kinds at each threshold of a two-class study; None for any other study.

    Of the names of the `classes`, the second is the positive one.
    """
    labels = {
        f"{metric}_at_{round(100 * threshold)}": f"{label} at {threshold}"
        for threshold in THRESHOLDS
        for metric, label in AT_THRESHOLD.items()
    }
    names = {name: labels[name] for name in _choose_measured(results, labels)}
    if not names:
        return None
    caption = (
        f"Positive where the probability of “{classes[1]}” exceeds the threshold; a false positive is a "
        f"“{classes[0]}” taken for it. Mean over n repeats"
    )
    return _tabulate(results, names, caption, marks)


def _choose_measured(results: StudyResults, names: Iterable[str]) -> dict[str, str]:
    """The names of metrics of which any variant has a mean, each with its words."""
    variants = results.variants.values()
    return {n: words(n) for n in names if any(one.metrics.get(n, Estimate()).mean is not None for one in variants)}


def _tabulate(results: StudyResults, names: Mapping[str, str], caption: str, marks: Marks) -> Table:
    rows = tuple(
        (
            Cell(variant, ("the control" if variant == results.control else words(one.kind),), tag=marks.get(variant)),
            Cell(str(one.n)),
            *(_make_cell(one.metrics.get(name, Estimate()), name) for name in names),
        )
        for variant, one in results.variants.items()
    )
    anew = [variant for variant, one in results.variants.items() if one.held_out_anew is not None]
    caption = f"{caption}, with standard deviation (sd) and 95 % Student interval of the mean, or every value of a few"
    if anew:
        caption += f"; of {', '.join(anew)}, which split the images anew in every repeat, Nadeau and Bengio's interval"
    return Table(caption, ("variant", "n", *names.values()), rows)


def _make_cell(estimate: Estimate, metric: str) -> Cell:
    text, sd = numbers.format_value(estimate.mean, metric), estimate.sd
    if estimate.values and sd:
        return Cell(text, (f"sd {numbers.format_size(sd, metric)}", *_list_values(estimate.values, metric)))
    if estimate.mean is None or not sd:
        return Cell(text, () if sd is None else ("in every repeat",))
    interval = numbers.format_value_interval(estimate.low, estimate.high, metric)
    return Cell(text, (f"sd {numbers.format_size(sd, metric)}", interval))


def _list_values(values: Iterable[float], metric: str) -> list[str]:
    """Every repeat's value, where an interval of so few would say less."""
    return [numbers.format_value(value, metric) for value in values]


def tabulate_trials(trials: Mapping[str, Sequence[pd.DataFrame]]) -> tuple[Table, ...]:
    """Every trial of every repeat's search in a folded table a repeat, the best trial marked.

    Trials, by variant, are ``runs/<study>/<variant>/trials.csv``, one a repeat: columns ``trial``, the
    hyperparameters, ``epoch``, ``val_accuracy`` and ``val_loss``. Best is the first with the largest
    ``val_accuracy``, as in the tuner.
    """
    return tuple(
        _tabulate_search(f"{variant}, repeat {repeat}", table)
        for variant, repeats in trials.items()
        for repeat, table in enumerate(repeats)
    )


def _tabulate_search(whose: str, trials: pd.DataFrame) -> Table:
    best = int(trials[SCORE].to_numpy().argmax())
    rows = tuple(
        tuple(_make_trial_cell(str(name), value, at == best) for name, value in row.items())
        for at, row in enumerate(trials.to_dict("records"))
    )
    summary = f"{whose}: {len(trials)} trials, best {numbers.format_percent(trials[SCORE].max())}"
    columns = tuple(map(words, trials.columns))
    return Table(f"{summary} of the validation images", columns, rows, folded=True, summary=summary)


def _make_trial_cell(name: str, value: float, best: bool) -> Cell:
    if name == "trial":
        return Cell(str(int(value)), tag=BEST if best else None)
    return Cell(numbers.format_percent(value) if is_share(name) else numbers.format_number(value))


def tabulate_rows(
    plans: Mapping[str, TrainingPlan], results: Mapping[str, StudyResults], marks: Mapping[str, Marks]
) -> Table:
    """Each row of a write-up's tables with its place, the study and variant that run it, and the accuracy reached.

    Plans, results and marks of the variants are by study.
    """
    found = sorted(
        (row, study, variant)
        for study, plan in plans.items()
        for variant, one in plan.variants.items()
        for row in one.rows
    )
    rows = tuple(
        (
            Cell(row),
            Cell(
                f"{results[study].label}: {results[study].titles[variant]}",
                (f"{study} / {variant}",),
                study_page(study),
                marks[study].get(variant),
            ),
            Cell(words(plans[study].variants[variant].kind)),
            Cell("\n".join(map(str, plans[study].variants[variant].place)) or numbers.MISSING),
            Cell(numbers.format_percent(results[study].variants[variant].metrics["test_accuracy"].mean)),
            Cell(str(results[study].variants[variant].n)),
        )
        for row, study, variant in found
    )
    caption = "Every row of the write-ups that was run, with its write-up and line; mean test accuracy over n repeats"
    return Table(caption, ("row", "study / variant", "kind", "place", "test accuracy", "n"), rows, wordy=True)
