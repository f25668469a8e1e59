"""What somebody who opens MLflow sees first: question, verdicts, accuracy, n, data, durations, models by name."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow.entities import ViewType

from pipeline import layout
from pipeline.data.images import Scaling, scale_to_unit
from pipeline.outputs.tracking.figures import MAX_FIGURES, name_verdict, select_differences, select_figures
from pipeline.outputs.tracking.mlflow_store import list_runs, resolve_tracking_uri
from pipeline.outputs.tracking.models import take_pixels
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import StudyResults
from pipeline.statistics.wording import format_sentence
from tests.unit.outputs.tracked_files import STUDY, VARIANTS, Files, artifacts_of, client, keyed, only, shown


def experiment_tags() -> dict[str, str]:
    tags: dict[str, str] = client().get_experiment_by_name(STUDY).tags
    return tags


def widen(results: StudyResults, metrics: int, treatments: int) -> StudyResults:
    """The study with so many more metrics and treatments."""
    found, compared = results.variants["none"], results.comparisons["dropout"]
    more = {f"metric_{i}": Estimate(float(i), values=[0.5]) for i in range(metrics)}
    names = [f"treatment_{i}" for i in range(treatments)]
    return replace(
        results,
        variants=results.variants | {"dropout": replace(found, metrics=more | dict(found.metrics))},
        comparisons=dict(results.comparisons) | {name: replace(compared, treatment=name) for name in names},
    )


def test_an_experiment_opens_with_its_question_its_verdicts_and_a_view_of_them(files: Files) -> None:
    files.track()
    tags, experiment_id = experiment_tags(), client().get_experiment_by_name(STUDY).experiment_id
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    note = tags["mlflow.note.content"]
    assert note.startswith("Does it help?") and "- **dropout**: undecided" in note and "stand-in" in note
    assert f"(#/experiments/{experiment_id}/runs?viewStateShareKey=results&workflowType=machine_learning)" in note
    view = json.loads(tags["mlflow.sharedViewState.results"])
    assert view["selectedColumns"][:3] == ["metrics.`test/accuracy`", "metrics.`n`", "tags.`verdict`"]
    assert view["columnOrder"] == ["attributes.`Run Name`", "runDateAndNestInfo", *view["selectedColumns"]]
    assert (view["orderByKey"], view["orderByAsc"]) == ("metrics.`test/accuracy`", False)
    found = client().search_runs([experiment_id], view["searchFilter"])
    assert {run.info.run_name for run in found} == set(VARIANTS)
    for run in found:
        assert {"test/accuracy", "n"} <= run.data.metrics.keys() and "verdict" in run.data.tags


def test_a_new_verdict_is_said_anew(files: Files) -> None:
    files.track()
    files.results = replace(files.results, question="Does it still?")
    files.save_results()
    files.track()
    assert experiment_tags()["mlflow.note.content"].startswith("Does it still?")


def test_a_parent_says_its_verdict_and_shows_its_data_and_all_statistics(files: Files) -> None:
    files.track()
    assert only("/none@").data.tags["verdict"] == "control"
    run = only("/dropout@")
    assert run.data.tags["verdict"] == "undecided"
    note = run.data.tags["mlflow.note.content"]
    assert "2 repeats: undecided" in note and format_sentence(files.results.comparisons["dropout"]) in note
    assert {put.tags[0].value for put in run.inputs.dataset_inputs} == {"train", "test"}
    statistics = json.loads((artifacts_of(run) / "statistics.json").read_text())
    assert statistics["variant"] == json.loads(json.dumps(asdict(files.results.variants["dropout"])))
    assert statistics["comparison"]["wins"] == 2
    assert {name: run.data.metrics[f"difference/{name}"] for name in ("estimate", "p_adjusted")} == {
        "estimate": 0.01,
        "p_adjusted": 1.0,
    }


def test_statistics_of_a_parent_follow_its_repeats(files: Files) -> None:
    files.track()
    changed = Files(files.folder, repeats=3)
    changed.track()
    statistics = json.loads((artifacts_of(only("/none@")) / "statistics.json").read_text())
    assert statistics["variant"]["n"] == 3


def test_a_variant_that_nothing_was_compared_with_says_so(files: Files) -> None:
    assert name_verdict(replace(files.results, comparisons={}), "dropout") == "not compared"
    assert name_verdict(files.results, "dropout") == "undecided"


def test_no_run_has_more_figures_than_can_be_read(files: Files) -> None:
    wide = widen(files.results, metrics=60, treatments=40)
    figures = select_figures(wide, "dropout")
    assert len(figures) == MAX_FIGURES and {"n", "test/accuracy", "spread/sd", "difference/estimate"} <= figures.keys()
    assert len(select_differences(wide)) == MAX_FIGURES


def test_a_run_lasts_as_long_as_its_training_and_a_parent_as_all_of_its(files: Files) -> None:
    weights = files.weights("none", 0)
    kept = weights.with_name(layout.RUN)
    kept.write_text("{}")
    os.utime(kept, (5000.0, 5000.0))
    files.track()
    for run in (only("/none/0@"), only("/none@")):
        assert (run.info.start_time, run.info.end_time) == (5_000_000 - 1250, 5_000_000)
    unknown = only("/none/1@").info  # the run store lacks it
    assert unknown.start_time > 5_000_000


def test_superseded_runs_are_in_no_table_and_come_back(files: Files) -> None:
    files.track()
    old = keyed("/none/0@").keys()
    Files(files.folder, version="b").track()
    experiment_id = client().get_experiment_by_name(STUDY).experiment_id
    keys = [run.data.tags["claimcheck.key"] for run in list_runs(client(), experiment_id, ViewType.ACTIVE_ONLY)]
    assert len(keys) == 7 and not set(keys) & set(old)
    Files(files.folder).track()
    assert all(shown(run) == (key in old) for key, run in keyed("/none/0@").items())


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_a_model_takes_pixels_of_any_number_type(kind: str) -> None:
    import keras

    rng = np.random.default_rng(3)
    scaled = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    pixels = rng.integers(0, 256, (5, 4, 4, 1)).astype(np.uint8)
    divisor = rng.uniform(1, 90, (4, 4, 1)).astype(np.float32)
    assert_takes(take_pixels(scaled, scale_to_unit()), scaled, scale_to_unit(), pixels, kind)
    standardized = Scaling(rng.uniform(0, 255, (4, 4, 1)).astype(np.float32), divisor)
    assert_takes(take_pixels(scaled, standardized), scaled, standardized, pixels, kind)


def assert_takes(model: Any, scaled: Any, scaling: Scaling, pixels: Any, kind: str) -> None:
    expected = scaled.predict(scaling(pixels), verbose=0)
    np.testing.assert_allclose(model.predict(pixels.astype(kind), verbose=0), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("real_models")
def test_models_are_named_and_have_numbers_a_signature_and_an_example(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.track()
    experiment_id = client().get_experiment_by_name(STUDY).experiment_id
    found = {model.name: model for model in client().search_logged_models([experiment_id])}
    assert found.keys() == {f"{STUDY}-{variant}" for variant in VARIANTS}
    run, model = only("/dropout/0@"), found[f"{STUDY}-dropout"]
    metrics = {metric.key: metric.value for metric in model.metrics}
    assert metrics["test/accuracy"] == run.data.metrics["test/accuracy"]
    assert not [name for name in metrics if name.startswith("epoch/")]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", resolve_tracking_uri(Path(os.environ["DVC_ROOT"])))
    loaded = mlflow.pyfunc.load_model(model.model_uri)
    example = mlflow.models.Model.load(model.model_uri).load_input_example()
    assert example.shape == (1, 3)
    expected = loaded.predict(example.astype("uint8"))
    np.testing.assert_array_equal(loaded.predict(example.astype("float32")), expected)
