"""Parts of the report that only a whole working folder has, and the stage that reads one."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, write_ledger
from pipeline.data.identity import Identities, Identity, Part
from pipeline.data.images import Examples, Images
from pipeline.data.preparation import ChosenRows
from pipeline.data.tasks import TaskData, write_rows
from pipeline.evaluation.collect import RunSeconds
from pipeline.files import digest, read_json, write_array, write_arrays, write_json, write_model, write_text
from pipeline.outputs.report.build import build_study
from pipeline.outputs.report.data import ArrayDescription, describe_data
from pipeline.outputs.report.images import (
    PER_CLASS,
    Samples,
    choose_samples,
    make_class_grid,
    make_prediction_grid,
    make_sample_image,
)
from pipeline.outputs.report.recipes import describe_recipes, mark_variants
from pipeline.outputs.report.render import page, render_sections
from pipeline.outputs.report.tables import BEST, tabulate_rows, tabulate_thresholds, tabulate_trials
from pipeline.outputs.report.timings import TimedStudy, render_timings
from pipeline.outputs.report.views import Cell, Section
from pipeline.params.plan import Origin, PlannedSource, PlannedVariant, TrainingPlan, Unselected
from pipeline.params.recipe import Search
from pipeline.params.resolve import resolve_recipe
from pipeline.params.schema import Caps
from pipeline.seeds import repeat_seeds
from pipeline.stages.report import report
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import write_results
from pipeline.training.record import FinishedRun
from pipeline.training.study_runs import StudyRun, write_variant

Make = Callable[..., Any]
MARK = "selected on test images"
HOSTILE = "<script>&"
RECIPE: dict[str, Any] = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 30,
}
SEARCH = Search.model_validate({"trials": 5, "units": {"minimum": 32, "maximum": 64, "step": 32}})
ORIGIN = Origin(source="digits", stand_in=True, description="small digits")


def part(n: int) -> Part:
    return Part(n=n, shape=[8, 8, 1], x="", y="")


IDENTITY = Identity(
    data_set="digits",
    source="digits",
    stand_in=True,
    classes=["0", "1"],
    groups=None,
    validation_is_test=False,
    split_per_repeat=None,
    train=part(24),
    validation=part(6),
    test=part(60),
    scaling={},
    training_digest="",
    test_digest="",
)
ON_TEST = IDENTITY.model_copy(update={"validation_is_test": True, "validation": part(24)})


def planned(**changes: Any) -> PlannedVariant:
    recipe = resolve_recipe({**RECIPE, **changes.pop("recipe", {})})
    return PlannedVariant.model_validate({"task": "mnist", **changes, "recipe": recipe})


def plan_of(**variants: PlannedVariant) -> TrainingPlan:
    caps = Caps(image_passes=4000, trials=3)
    return TrainingPlan(study="s", profile="quick", repeats=2, caps=caps, shifts=None, variants=variants)


def finished(search: Search | None = None, **recipe: Any) -> FinishedRun:
    return FinishedRun(
        fingerprint="f",
        recipe_fingerprint="r",
        recipe=resolve_recipe({**RECIPE, **recipe}),
        search=search,
        trials=None,
        seeds=repeat_seeds(0),
        input_shape=(8, 8, 1),
        classes=2,
        epochs_run=2,
        stopped_epoch=None,
        best_epoch=None,
        parameters=1,
        trainable_parameters=1,
        weights_digest="w",
        code="c",
        versions={},
    )


def task_of(seed: int = 0, channels: int = 1, classes: int = 2) -> TaskData:
    random, found = np.random.default_rng(seed), []
    for n in (30, 60):
        images = random.integers(0, 256, (n, 8, 8, channels), dtype=np.uint8)
        labels = random.integers(0, classes, n).astype(np.uint8)
        found.append(Examples(Images(images, np.arange(n, dtype=np.int32), digest(images)), labels))
    return TaskData(*found)


def pixels(href: str) -> npt.NDArray[np.uint8]:
    kind, data = href.split(",", 1)
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def html(section: Section) -> str:
    return render_sections("Anything", "A lead", [section], stand_in=False)


def texts(row: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in row]


def test_class_grid_shows_the_first_images_of_each_class_in_its_row() -> None:
    task = task_of()
    grid = make_class_grid(choose_samples(task, 2), ["zero", "one"])
    picture = pixels(grid.href)
    pitch, height = picture.shape[1] // PER_CLASS, picture.shape[0] // 2
    for label in (0, 1):
        chosen = np.flatnonzero(task.development.labels == label)[:PER_CLASS]
        first = task.development.images[chosen][..., 0]
        for column, image in enumerate(first):
            tile = picture[(label + 1) * height - 8 : (label + 1) * height, column * pitch : column * pitch + 8]
            np.testing.assert_array_equal(tile, image)
    assert [name.lines for name in grid.names] == [("zero",), ("one",)]


def test_a_class_with_too_few_images_leaves_white_tiles() -> None:
    task = task_of()
    task.development.labels[:] = 0
    task.development.labels[7] = 1
    shown = choose_samples(task, 2).by_class.reshape(2, PER_CLASS, 8, 8, 1)
    np.testing.assert_array_equal(shown[1, 0], task.development.images.pixels[7])
    assert (shown[1, 1:] == 255).all()


def test_sample_is_image_4_with_its_label() -> None:
    task = task_of()
    grid = make_sample_image(choose_samples(task, 2), ["three", "seven"])
    np.testing.assert_array_equal(pixels(grid.href)[-8:, :8], task.development.images.pixels[4, :, :, 0])
    assert grid.titles[0].lines == (f"label {['three', 'seven'][task.development.labels[4]]}",)


def test_predictions_are_titled_and_only_wrong_ones_are_marked_without_colour() -> None:
    task = task_of()
    labels = task.test.labels.tolist()
    predicted = [1 - y if i in (3, 11, 55) else y for i, y in enumerate(labels)]
    grid = make_prediction_grid(choose_samples(task, 2), predicted, labels, ["3", "7"], "none")
    assert len(grid.titles) == 50
    for i, title in enumerate(grid.titles):
        assert title.lines == (f"GT {'37'[labels[i]]} / P {'37'[predicted[i]]}",)
        assert title.wrong is (i in (3, 11))
    assert len(grid.boxes) == 2
    text = html(Section("p", "Predictions", "images.html", grid))
    assert (text.count("✗</tspan>"), text.count("<rect")) == (2, 2)
    assert "2 wrong" in grid.caption


def test_long_class_names_take_two_lines_and_stay_text() -> None:
    task = task_of()
    labels = task.test.labels.tolist()
    grid = make_prediction_grid(choose_samples(task, 2), labels, labels, [HOSTILE, "truck"], HOSTILE)
    assert grid.titles[labels.index(0)].lines == (f"GT {HOSTILE} /", f"P {HOSTILE}")
    text = html(Section("p", "P", "images.html", grid))
    assert HOSTILE not in text
    assert "GT &lt;script&gt;&amp; /" in text
    assert grid.boxes == ()


def blocks_of(shown: dict[str, Samples], **identities: Identity) -> Any:
    described = ArrayDescription(shape=[30, 8, 8, 1], dtype="uint8", nulls=0, minimum=3, maximum=250)
    labels = described.model_copy(update={"shape": [30], "class_counts": [17, 13]})
    about = {"x_train": described, "y_train": labels, "x_test": described, "y_test": labels}
    every = {task: identities.get(task, IDENTITY) for task in shown}
    return describe_data(dict.fromkeys(shown, about), every, dict.fromkeys(shown, ORIGIN), shown)


@pytest.mark.parametrize("template", ["data.html", "data_of_study.html"])
def test_every_region_of_several_data_sets_has_a_name_of_its_own(template: str) -> None:
    blocks = blocks_of({"a": choose_samples(task_of(0), 2), "b": choose_samples(task_of(1), 2)})
    html = render_sections("Data", "", [Section("data", "Data", template, blocks)], stand_in=False)
    regions = re.findall(r'role="region" aria-label="([^"]*)"', html)
    assert len(set(regions)) == len(regions) >= 6


def test_tasks_with_the_same_images_share_a_block() -> None:
    same, other = choose_samples(task_of(0), 2), choose_samples(task_of(1), 2)
    alone = IDENTITY.model_copy(update={"validation": None})
    first, second = blocks_of({"a": same, "b": other, "c": same, "d": same}, c=ON_TEST, d=alone)
    assert (first.title, second.title) == ("a", "b")
    assert [texts(row) for row in first.tasks.rows] == [
        ["a", "24", "6", "60"],
        ["c", "24", "24", "60"],
        ["d", "24", "–", "60"],
    ]
    assert [row[0].tag is not None for row in first.tasks.rows] == [False, True, False]


def test_data_block_says_what_the_description_says() -> None:
    (block,) = blocks_of({"a": choose_samples(task_of(), 2)})
    assert texts(block.arrays.rows[0]) == ["x_train", "30 × 8 × 8 × 1", "uint8", "0", "3 to 250"]
    assert [texts(row) for row in block.counts.rows] == [["development", "17", "13"], ["test", "17", "13"]]
    text = html(Section("data", "The data", "data.html", (block,)))
    assert "stand-in data" in text
    assert "digits: small digits" in text
    assert text == html(Section("data", "The data", "data.html", blocks_of({"a": choose_samples(task_of(), 2)})))


def test_marks_follow_what_was_chosen_on_test_images() -> None:
    plan = plan_of(
        clean=planned(),
        looked=planned(task="on_test"),
        stopped=planned(task="on_test", recipe={"early_stopping": {"patience": 2}}),
        child=planned(trial_of={"variant": "searched", "which": "best"}),
        grandchild=planned(warm_start="child"),
        searched=planned(task="on_test", search=SEARCH),
        merged=planned(merged={"variant": "stopped", "rule": "sum"}),
    )
    marks = mark_variants(plan, {"mnist": IDENTITY, "on_test": ON_TEST})
    chosen = ("stopped", "child", "grandchild", "searched", "merged")
    assert marks == {"looked": "validated on test images", **dict.fromkeys(chosen, MARK)}
    assert mark_variants(plan, {"mnist": IDENTITY, "on_test": IDENTITY}) == {}


def test_hyperparameters_that_differ_are_columns_and_the_rest_is_said_once() -> None:
    plan = plan_of(
        none=planned(kind="as_written", row=["r1", "r2"]),
        dropout=planned(recipe={"dropout": {"rate": 0.25, "after": "dense"}}),
    )
    view = describe_recipes(plan, {}, {"dropout": MARK})
    assert view.table.columns == ("variant", "row of the write-ups", "dropout")
    assert [texts(row) for row in view.table.rows] == [
        ["none", "r1\nr2", "–"],
        ["dropout", "–", "rate 0.25, after dense"],
    ]
    assert [row[0].tag for row in view.table.rows] == [None, MARK]
    assert view.table.rows[0][0].notes == ("as written",)
    assert (
        dict(view.shared).items()
        >= {
            "architecture": "cnn3",
            "optimizer": "adam",
            "learning rate": "0.001",
            "batch size": "64",
            "epochs": "30",
            "task": "mnist",
            "loss": "sparse_categorical_crossentropy",
        }.items()
    )
    assert "blocks" not in dict(view.shared)


def test_caps_and_what_a_search_found_stand_beside_what_was_declared() -> None:
    plan = plan_of(
        none=planned(),
        tuned=planned(search=SEARCH, recipe={"architecture": "tuned_mlp", "units": 128}),
        merged=planned(merged={"variant": "none", "rule": "sum"}),
    )
    capped = SEARCH.model_copy(update={"trials": 3})
    ran = [finished(capped, architecture="tuned_mlp", epochs=3, units=units) for units in (32, 64)]
    trained = {"none": [finished()] * 2, "tuned": ran}
    view = describe_recipes(plan, trained, {})
    none, tuned, merged = (dict(zip(view.table.columns, row, strict=True)) for row in view.table.rows)
    assert tuned["epochs"] == Cell("30", ("3 after the cap",))
    assert none["epochs"] == merged["epochs"] == Cell("30")
    assert tuned["units"] == Cell("128", ("found 32 · 64",))
    assert tuned["search"] == Cell("5 trials: units 32 to 64 by 32", ("3 trials after the cap",))
    assert view.caps == "Profile quick caps 4,000 image passes a run and 3 trials a search."
    assert describe_recipes(plan.model_copy(update={"caps": Caps()}), trained, {}).caps is None


def test_what_a_text_does_not_say_is_marked_in_its_cell_or_beside_the_shared_value() -> None:
    plan = plan_of(
        none=planned(inferred=["learning_rate", "epochs"]),
        other=planned(task="other", inferred=["split", "scaling"], recipe={"epochs": 7}),
    )
    view = describe_recipes(plan, {}, {})
    none, other = (dict(zip(view.table.columns, row, strict=True)) for row in view.table.rows)
    assert none["epochs"] == Cell("30", ("inferred",))
    assert (none["task"], other["epochs"]) == (Cell("mnist"), Cell("7"))
    assert other["task"] == Cell("other", ("inferred: split, scaling",))
    assert dict(view.shared)["learning rate"] == "0.001 (inferred)"
    assert dict(view.shared)["optimizer"] == "adam"


def test_trials_are_folded_and_the_first_of_the_best_is_marked() -> None:
    trials = pd.DataFrame(
        {
            "trial": [1, 2, 3],
            "units": [32, 64, 96],
            "val_accuracy": [0.8, 0.9, 0.9],
            "val_loss": [0.5, 0.25, 0.125],
        }
    )
    first, second = tabulate_trials({"search": [trials, trials]})
    assert first.folded and second.folded
    assert [row[0].tag for row in first.rows] == [None, BEST, None]
    assert texts(first.rows[1]) == ["2", "64", "90.00 %", "0.2500"]
    assert "repeat 1: 3 trials, best 90.00 %" in second.summary
    assert html(Section("t", "T", "tables.html", (first, second))).count("★ best") == 2


def test_thresholds_table_says_both_kinds_of_error(make_parts: Make) -> None:
    results = make_parts(treatments=(), repeats=3, classes=2).results
    assert tabulate_thresholds(results, {}, ["3", "7"]) is None
    means = {"test_accuracy": (0.75, 0.5), "false_positives": (4, 1), "false_negatives": (2, 9)}
    for name, (half, strict) in means.items():
        for at, mean in ((50, half), (90, strict)):
            results.variants["none"].metrics[f"{name}_at_{at}"] = Estimate(mean, sd=0.0)
    table = tabulate_thresholds(results, {}, ["3", "7"])
    assert table is not None
    assert texts(table.rows[0]) == ["none", "3", "75.00 %", "4", "2", "50.00 %", "1", "9"]
    assert table.columns[2:5] == ("accuracy at 0.5", "false positives at 0.5", "false negatives at 0.5")
    assert "“7” exceeds the threshold" in table.caption


def test_rows_of_the_write_ups_lead_to_their_variants(make_parts: Make) -> None:
    results = make_parts(treatments=("dropout",), repeats=3).results
    places = [{"write_up": "000", "line": 322}, {"write_up": "001", "line": 7}]
    written = planned(kind="as_written", row=["c_row", "a_row"], place=places)
    plan = plan_of(none=planned(row="b_row"), dropout=written)
    table = tabulate_rows({"s": plan}, {"s": results}, {"s": {"dropout": MARK}})
    accuracy = {v: f"{100 * results.variants[v].metrics['test_accuracy'].mean:.2f} %" for v in plan.variants}
    assert [texts(row) for row in table.rows] == [
        ["a_row", "mnist_regularizers: dropout", "as written", "000:322\n001:7", accuracy["dropout"], "3"],
        ["b_row", "mnist_regularizers: none", "control", "–", accuracy["none"], "3"],
        ["c_row", "mnist_regularizers: dropout", "as written", "000:322\n001:7", accuracy["dropout"], "3"],
    ]
    assert [row[1].tag for row in table.rows] == [MARK, None, MARK]
    assert {row[1].href for row in table.rows} == {"s.html"}


def test_times_are_means_with_n_and_a_warning() -> None:
    runs = {
        0: RunSeconds(train_seconds=2.0, traced=True, inference_seconds=0.5),
        1: RunSeconds(train_seconds=4.0, traced=False),
    }
    timed = TimedStudy("A study", HOSTILE, {}, {HOSTILE: runs, "empty": {}}, {})
    text = render_timings({"s": timed, "unknown": replace(timed, times={})}, [], stand_in=True)
    said = re.sub(r"<[^>]+>|\s+", " ", text)
    assert re.search(r"&lt;script&gt;&amp; +2 +3 +sd 1.4 +1 of 2 +0.5", said)
    assert "depend on the machine and its load" in said
    assert "Stand-in data" in text and "Stand-in data" not in render_timings({}, [], stand_in=False)
    assert 'href="../report/index.html"' in text
    assert "No times are known" in render_timings({}, [], stand_in=False)


def test_times_go_by_titles_beside_accuracies_where_both_are_known() -> None:
    runs = {0: RunSeconds(train_seconds=2.0, traced=True)}
    titles = {"none": "no regulariser", "l1": "L1 on every layer", "lost": "no accuracy", "merged": "never trained"}
    times = {"none": runs, "l1": runs, "lost": runs, "merged": {0: RunSeconds()}}
    accuracies = {"none": [0.9], "l1": [0.8], "lost": [float("nan")], "merged": [0.9]}
    timed = TimedStudy("Five regularisers", "none", titles, times, accuracies)
    text = render_timings({"s": timed}, [], stand_in=False)
    assert "<h2>Five regularisers</h2>" in text and 'id="s"' in text
    picture = re.search(r"<svg.*?</svg>", text, re.DOTALL)
    assert picture is not None
    shown = re.sub(r"<[^>]+>", " ", picture[0])
    assert "no regulariser (control)" in shown and "L1 on every layer" in shown
    assert "no accuracy" not in shown and "never trained" not in shown
    rows = re.findall(r'role="rowheader">(.*?)</th>', text)
    assert rows == list(titles.values())
    # The run that was traced took longer, and is left out where another was not.
    traced = {0: RunSeconds(train_seconds=900.0, traced=True), 1: RunSeconds(train_seconds=2.0, traced=False)}
    slow = replace(timed, times={**times, "none": traced, "l1": {1: traced[1]}})
    picture = re.search(r"<svg.*?</svg>", render_timings({"s": slow}, [], stand_in=False), re.DOTALL)
    assert picture is not None and max(float(tick) for tick in re.findall(r">([\d.]+)</text>", picture[0])) < 200
    alone = replace(timed, accuracies={"none": [0.9]})
    assert "<svg" not in render_timings({"s": alone}, [], stand_in=False)


@pytest.fixture
def folder(tmp_path: Path, make_parts: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Working folder of one study, see `write_study`."""
    monkeypatch.chdir(tmp_path)
    write_study(make_parts)
    return tmp_path


def write_study(make_parts: Make) -> None:
    """Fill the working folder with all that the report reads of one study with a search and a merged variant."""
    parts = make_parts(treatments=("dropout", "merged"), repeats=2, classes=2, epochs=2, name="s")
    plan = plan_of(
        none=planned(row="r"),
        dropout=planned(task="on_test", search=SEARCH, recipe={"architecture": "tuned_mlp", "units": 32}),
        merged=planned(merged={"variant": "none", "rule": "sum"}),
    )
    tasks = {"mnist": IDENTITY, "on_test": ON_TEST.model_copy(update={"validation": part(60)})}
    write_model(layout.training_plan("s"), plan)
    write_model(layout.UNSELECTED, Unselected())
    write_model(layout.IDENTITIES, Identities(tasks=tasks))
    results = replace(parts.results, data=dict.fromkeys(tasks, ORIGIN))
    write_results(layout.study_metrics("s"), results)
    write_data(task_of(), tuple(tasks))
    row = LedgerRow(
        id="E-1",
        scope="controlled",
        write_up="own",
        study="s",
        says="a claim of s",
        verdict="not testable",
        printed={},
        ours={},
        sentence="Not testable: nobody counted.",
    )
    write_ledger(layout.CLAIMS, [row, replace(row, id="E-2", study="gone")])
    labels = task_of().test.labels
    predicted = np.stack([labels] * 2)
    predicted[0, 2] ^= 1
    for variant in plan.variants:
        write_arrays(layout.evaluated_images("s", variant), {"predicted": predicted, "labels": labels})
    runs = parts.runs.assign(test_accuracy_shift_1=0.5)
    write_text(layout.evaluated_runs("s"), runs.to_csv(index=False))
    for variant, one in plan.trained.items():
        folders = [Path(f"{variant}_{repeat}") for repeat in range(plan.repeats)]
        runs = [write_run(at, variant, repeat, one, parts) for repeat, at in enumerate(folders)]
        write_variant(layout.variant_runs("s", variant), runs)


def write_data(data: TaskData, tasks: tuple[str, ...]) -> None:
    labels = {
        "shape": [30],
        "dtype": "uint8",
        "nulls": 0,
        "minimum": 0,
        "maximum": 1,
        "class_counts": [15, 15],
    }
    names = ("x_train", "y_train", "x_test", "y_test")
    write_json(layout.DATA_METRICS, dict.fromkeys(tasks, dict.fromkeys(names, labels)))
    chosen = {}
    for name, examples in (("train", data.development), ("test", data.test)):
        write_array(layout.raw_array("digits", f"x_{name}"), examples.images.pixels)
        chosen[name] = ChosenRows(examples.images.rows, examples.labels)
    source = {
        "name": "digits",
        "stand_in": True,
        "loader": "digits",
        "description": "",
        "sha256": dict.fromkeys(names, "0" * 64),
    }
    write_model(layout.raw_source("digits"), PlannedSource.model_validate(source))
    for task in tasks:
        write_rows(layout.task_rows(task), **chosen)


def write_run(folder: Path, variant: str, repeat: int, planned: PlannedVariant, parts: Any) -> tuple[StudyRun, Path]:
    about = finished(planned.search).model_copy(update={"recipe": planned.recipe})
    named = StudyRun(study="s", variant=variant, repeat=repeat, task=planned.task, **dict(about))
    write_text(folder / layout.HISTORY, parts.histories[variant][repeat].to_csv(index=False))
    write_text(folder / layout.MODEL_SUMMARY, parts.summaries[variant])
    write_text(folder / layout.TRIALS, "trial,units,val_accuracy,val_loss\n1,32,0.5,0.25\n")
    return named, folder


DIFFERENCES = ("differences_1", "differences_2", "differences_3")


def written(folder: Path) -> dict[str, bytes]:
    found = [
        p for part in ("report", "pictures", "plots", "timings") for p in (folder / part).rglob("*") if p.is_file()
    ]
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def test_stage_writes_pages_and_pictures_and_repeats_them(folder: Path) -> None:
    report()
    first = written(folder)
    drawn = {f"pictures/s/{name}.svg" for name in ("confusion_1", "confusion_2", "curves_1", "curves_2", *DIFFERENCES)}
    drawn |= {f"plots/{kind}/s.csv" for kind in ("curves", "forest", "confusion")}
    assert set(first) == {f"report/{name}.html" for name in ("index", "s", "claims", "data", "rows")} | drawn
    study = first["report/s.html"].decode()
    assert "Nobody counted." in study and "E-2" not in study
    assert all(f'id="E-{n}"' in first["report/claims.html"].decode() for n in (1, 2))
    anchors = (
        "claims",
        "data",
        "hyperparameters",
        "predictions",
        "trials",
        "shifts",
        "curves",
        "confusion",
        "models",
    )
    assert all(f'id="s-{anchor}"' in study for anchor in anchors)
    assert "1 wrong" in study
    assert study.count("<caption>Images of each class</caption>") == 1  # both tasks have the same ones
    assert f"The first {PER_CLASS} development images of each class." in study
    assert f'dropout <span class="tag">{MARK}</span>' in study
    assert f'merged <span class="tag">{MARK}' not in study
    report()
    assert written(folder) == first


def test_studies_that_are_not_selected_keep_their_pages_and_others_lose_them(folder: Path, make_parts: Make) -> None:
    for name in ("kept", "gone"):
        write_text(layout.REPORT / f"{name}.html", "as it was")
        write_text(layout.PICTURES / name / "curves_1.svg", "as it was")
        for kind in ("curves", "forest", "confusion"):
            write_text(layout.study_plot(kind, name), "as it was")
        results = make_parts(treatments=("dropout",), repeats=2, classes=2, epochs=2, name=name).results
        write_results(layout.study_metrics(name), replace(results, profile="full"))
    write_model(layout.UNSELECTED, Unselected(studies=["kept", "never_run"]))
    report()
    after = written(folder)
    others = {name: text for name, text in after.items() if "/s" not in name and "kept" in name}
    assert set(others.values()) == {b"as it was"} and len(others) == 5
    assert not [name for name in after if "gone" in name or "never_run" in name]
    index = after["report/index.html"].decode()
    assert '<a href="kept.html">' in index and "never_run" not in index
    assert "<strong>full, quick</strong>" in index
    assert '<a href="kept.html">' in after["report/s.html"].decode()


def test_a_page_is_made_again_only_when_what_is_on_it_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report()
    first, built = written(folder), []

    def build(study: str, *files: Any) -> dict[str, str]:
        built.append(study)
        return build_study(study, *files)

    monkeypatch.setattr("pipeline.stages.report.build_study", build)
    report()
    assert (built, written(folder)) == ([], first)
    summary = next(layout.RUNS.rglob(layout.MODEL_SUMMARY))
    before = summary.read_text()
    write_text(summary, "repeat 0\nanother model")
    report()
    assert built == ["s"] and "another model" in (layout.REPORT / "s.html").read_text()
    write_text(summary, before)
    report()
    assert (built, written(folder)) == (["s"], first)


def test_a_page_is_made_again_when_the_counts_of_its_classes_changed(folder: Path) -> None:
    report()
    about = read_json(layout.DATA_METRICS)
    about["mnist"]["y_train"]["class_counts"] = [14, 16]
    write_json(layout.DATA_METRICS, about)
    report()
    assert re.search(r">14</td>\s*<td[^>]*>16<", (layout.REPORT / "s.html").read_text())


def test_pages_of_others_are_copied_and_linked_by_their_titles(folder: Path) -> None:
    others = "<html><title>Q &amp; A, Claimcheck report</title>anything</html>"
    write_text(layout.PAGES / "questions.html", others)
    write_text(layout.PAGES / "notes.txt", "no page")
    report()
    assert (layout.REPORT / "questions.html").read_text() == others
    assert '<a href="questions.html">Q &amp; A</a>' in (layout.REPORT / "index.html").read_text()
    assert not (layout.REPORT / "notes.txt").exists()
    (layout.PAGES / "questions.html").unlink()
    report()
    assert not (layout.REPORT / "questions.html").exists()
    assert "questions.html" not in (layout.REPORT / "index.html").read_text()


def test_a_page_can_be_made_of_a_template_of_another_folder(tmp_path: Path) -> None:
    own = '{% extends "base.html" %}{% block main %}<p>{{ said }} {{ 0.5 | percent }}</p>{% endblock %}'
    write_text(tmp_path / "own.html", own)
    text = page("own.html", folder=tmp_path, said=HOSTILE, stand_in=True)
    assert "<p>&lt;script&gt;&amp; 50.00 %</p>" in text
    assert "Stand-in data" in text


def test_times_change_no_page_of_the_report(folder: Path) -> None:
    report()
    before = written(folder)
    write_text(folder / "timings/s.json", '{"none": {"0": {"train_seconds": 2.5, "traced": true}}}')
    report()
    after = written(folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"timings/s.json"}
