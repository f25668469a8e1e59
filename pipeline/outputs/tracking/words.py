"""What MLflow says in words of a study and of its variants, and the view that a study opens with."""

import json
from typing import Any

from pipeline.outputs.tracking.figures import name_final, name_verdict
from pipeline.params.plan import PlannedVariant
from pipeline.statistics.results import StudyResults
from pipeline.statistics.wording import format_sentence

VIEW = "results"
KIND = "custom_model_development"  # for MLflow's pages for machine learning; those for agents show no runs at first
WORKFLOW = "machine_learning"  # the same where MLflow goes by the address alone
MAX_NOTE = 5000  # characters of an MLflow experiment's tag
WIDTHS = {"test/accuracy": 120, "n": 60, "verdict": 170, "difference/estimate": 150, "difference/p_adjusted": 165}
"""Of columns, in pixels: so that names are whole, and the verdict is in sight; all others are as MLflow makes them."""


def describe_study(results: StudyResults, experiment_id: str) -> dict[str, str]:
    """Tags of a study's MLflow experiment: description, kind, and a view of its runs by accuracy, n and verdict."""
    return {
        "mlflow.note.content": _describe(results, experiment_id)[:MAX_NOTE],
        "mlflow.experimentKind": KIND,
        f"mlflow.sharedViewState.{VIEW}": json.dumps(_make_view(results)),
    }


def describe_arm(results: StudyResults, variant: str, planned: PlannedVariant) -> str:
    """Description of a variant: its rows, and the sentence of its comparison."""
    rows = f" (row {', '.join(planned.rows)})" if planned.rows else ""
    mark = f", {results.variants[variant].mark}" if results.variants[variant].mark else ""
    what = f"{planned.kind}{rows}, {results.variants[variant].n} repeats{mark}: {name_verdict(results, variant)}."
    compared = results.comparisons.get(variant)
    return "\n\n".join(filter(None, [what, format_sentence(compared) if compared else ""]))


def _describe(results: StudyResults, experiment_id: str) -> str:
    view = f"#/experiments/{experiment_id}/runs?viewStateShareKey={VIEW}&workflowType={WORKFLOW}"
    first = f"{results.question} [Variants by accuracy, with n and verdict]({view})"  # all that is shown unfolded
    stand_in = "On stand-in data: this says nothing about the real ones.\n\n" if results.stand_in else ""
    verdicts = [f"- **{treatment}**: {one.verdict}" for treatment, one in results.comparisons.items()]
    against = [f"Against {results.control}, over {results.repeats} repeats, profile {results.profile}:"]
    return f"{first}\n\n{stand_in}" + "\n".join([*against, "", *verdicts] if verdicts else [])


def _make_view(results: StudyResults) -> dict[str, Any]:
    """MLflow's own record of a view that is shared: the variants, best first, and the columns in their order."""
    measured = [name_final(results.metric), "n"]
    columns = [*(f"metrics.`{name}`" for name in measured), "tags.`verdict`"]
    columns += ["metrics.`difference/estimate`", "metrics.`difference/p_adjusted`", "metrics.`spread/sd`"]
    columns.append("attributes.`Dataset`")
    widths = {column: width for column in columns for name, width in WIDTHS.items() if f"`{name}`" in column}
    return {
        "searchFilter": "tags.`claimcheck.level` = 'variant'",
        "orderByKey": columns[0],
        "orderByAsc": not results.higher_is_better,
        "selectedColumns": columns,
        "columnOrder": ["attributes.`Run Name`", "runDateAndNestInfo", *columns],
        "columnWidths": widths,
    }
