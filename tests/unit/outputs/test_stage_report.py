"""Parts of the report that only a whole working folder has, and the stage that reads one."""

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image
from pipeline.outputs.report.trials import BEST

from pipeline.claims.ledger import COLUMNS
from pipeline.files import Arrays, csv_text, write_arrays, write_json, write_text
from pipeline.outputs.report import (
    Section,
    data_blocks,
    prediction_grid,
    recipes,
    row_table,
    samples,
    timings_page,
    trial_tables,
    validation_marks,
)
from pipeline.outputs.report.images import PER_CLASS, Samples, class_grid, sample_image
from pipeline.outputs.report.render import page
from pipeline.outputs.report.tables import threshold_table
from pipeline.outputs.report.views import Cell
from pipeline.stages.report import report
from pipeline.writeups import solve

Make = Callable[..., Any]
MARK = "selected on test images"
HOSTILE = "<script>&"
RECIPE: dict[str, Any] = {
    "architecture": "cnn3",
    "units": None,
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 30,
    "updates": None,
    "dropout": None,
    "early_stopping": None,
}
PLANNED: dict[str, Any] = {
    "kind": "control",
    "row": None,
    "task": "mnist",
    "threshold": None,
    "search": None,
    "trial_of": None,
    "warm_start": None,
    "merged": None,
    "vary": None,
    "recipe": RECIPE,
}
SEARCH = {"trials": 5, "units": {"minimum": 32, "maximum": 64, "step": 32}, "learning_rate": None}
PART = {"n": 24}
IDENTITY: dict[str, Any] = {
    "classes": ["0", "1"],
    "validation_is_test": False,
    "split_per_repeat": None,
    "train": PART,
    "validation": {"n": 6},
    "test": {"n": 60},
}


def planned(**changes: Any) -> dict[str, Any]:
    recipe = {**RECIPE, **changes.pop("recipe", {})}
    return {**PLANNED, **changes, "recipe": recipe}


def plan_of(derived: dict[str, Any] | None = None, **variants: Any) -> dict[str, Any]:
    caps = {"image_passes": 4000, "trials": 3}
    return {
        "study": "s",
        "profile": "quick",
        "repeats": 2,
        "caps": caps,
        "shifts": None,
        "variants": variants,
        "derived": derived or {},
    }


def arrays_of(seed: int = 0, channels: int = 1, classes: int = 2) -> Arrays:
    random = np.random.default_rng(seed)
    found: Arrays = {}
    for part, n in (("train", 30), ("test", 60)):
        found[f"x_{part}"] = random.integers(0, 256, (n, 8, 8, channels), dtype=np.uint8)
        found[f"y_{part}"] = random.integers(0, classes, n).astype(np.uint8)
    return found


def pixels(href: str) -> npt.NDArray[np.uint8]:
    kind, data = href.split(",", 1)
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def html(section: Section) -> str:
    return page("index.html", studies=[], sections=[section], profiles=[], stand_in=False, counts={})


def texts(row: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in row]


def test_class_grid_shows_the_first_images_of_each_class_in_its_row() -> None:
    arrays = arrays_of()
    grid = class_grid(samples(arrays, 2), ["zero", "one"])
    picture = pixels(grid.href)
    pitch, height = picture.shape[1] // PER_CLASS, picture.shape[0] // 2
    for label in (0, 1):
        first = arrays["x_train"][arrays["y_train"] == label][:PER_CLASS, :, :, 0]
        for column, image in enumerate(first):
            tile = picture[
                (label + 1) * height - 8 : (label + 1) * height, column * pitch : column * pitch + 8
            ]
            np.testing.assert_array_equal(tile, image)
    assert [name.lines for name in grid.names] == [("zero",), ("one",)]


def test_a_class_with_too_few_images_leaves_white_tiles() -> None:
    arrays = arrays_of()
    arrays["y_train"][:] = 0
    arrays["y_train"][7] = 1
    shown = samples(arrays, 2).by_class.reshape(2, PER_CLASS, 8, 8, 1)
    np.testing.assert_array_equal(shown[1, 0], arrays["x_train"][7])
    assert (shown[1, 1:] == 255).all()


def test_sample_is_image_4_with_its_label() -> None:
    arrays = arrays_of()
    grid = sample_image(samples(arrays, 2), ["three", "seven"])
    np.testing.assert_array_equal(pixels(grid.href)[-8:, :8], arrays["x_train"][4, :, :, 0])
    assert grid.titles[0].lines == (f"label {['three', 'seven'][arrays['y_train'][4]]}",)


def test_predictions_are_titled_and_only_wrong_ones_are_marked_without_colour() -> None:
    arrays = arrays_of()
    labels = arrays["y_test"].tolist()
    predicted = [1 - y if i in (3, 11, 55) else y for i, y in enumerate(labels)]
    grid = prediction_grid(samples(arrays, 2), predicted, labels, ["3", "7"], "none")
    assert len(grid.titles) == 50
    for i, title in enumerate(grid.titles):
        assert title.lines == (f"GT {'37'[labels[i]]} / P {'37'[predicted[i]]}",)
        assert title.wrong is (i in (3, 11))
    assert len(grid.boxes) == 2
    text = html(Section("p", "Predictions", "images.html", grid))
    assert (text.count("✗</tspan>"), text.count("<rect")) == (2, 2)
    assert "2 wrong" in grid.caption


def test_long_class_names_take_two_lines_and_stay_text() -> None:
    arrays = arrays_of()
    labels = arrays["y_test"].tolist()
    grid = prediction_grid(samples(arrays, 2), labels, labels, [HOSTILE, "truck"], HOSTILE)
    assert grid.titles[labels.index(0)].lines == (f"GT {HOSTILE} /", f"P {HOSTILE}")
    text = html(Section("p", "P", "images.html", grid))
    assert "<script" not in text
    assert "GT &lt;script&gt;&amp; /" in text
    assert grid.boxes == ()


def blocks_of(shown: dict[str, Samples], **identities: Any) -> Any:
    described = {"shape": [30, 8, 8, 1], "dtype": "uint8", "nulls": 0, "minimum": 3, "maximum": 250}
    labels = {**described, "shape": [30], "class_counts": [17, 13]}
    about = {"x_train": described, "y_train": labels, "x_test": described, "y_test": labels}
    origin = {"source": "digits", "stand_in": True, "description": "small digits"}
    every = {task: identities.get(task, IDENTITY) for task in shown}
    return data_blocks(dict.fromkeys(shown, about), every, dict.fromkeys(shown, origin), shown)


def test_tasks_with_the_same_images_share_a_block() -> None:
    same, other = samples(arrays_of(0), 2), samples(arrays_of(1), 2)
    on_test = {**IDENTITY, "validation_is_test": True, "validation": PART}
    alone = {**IDENTITY, "validation": None}
    first, second = blocks_of({"a": same, "b": other, "c": same, "d": same}, c=on_test, d=alone)
    assert (first.title, second.title) == ("a", "b")
    assert [texts(row) for row in first.tasks.rows] == [
        ["a", "24", "6", "60"],
        ["c", "24", "24", "60"],
        ["d", "24", "–", "60"],
    ]
    assert [row[0].tag is not None for row in first.tasks.rows] == [False, True, False]


def test_data_block_says_what_the_description_says() -> None:
    (block,) = blocks_of({"a": samples(arrays_of(), 2)})
    assert texts(block.arrays.rows[0]) == ["x_train", "30 × 8 × 8 × 1", "uint8", "0", "3 to 250"]
    assert [texts(row) for row in block.counts.rows] == [["development", "17", "13"], ["test", "17", "13"]]
    text = html(Section("data", "The data", "data.html", (block,)))
    assert "stand-in data" in text
    assert "digits: small digits" in text
    assert text == html(Section("data", "The data", "data.html", blocks_of({"a": samples(arrays_of(), 2)})))


def test_marks_follow_what_was_chosen_on_test_images() -> None:
    plan = plan_of(
        clean=planned(),
        looked=planned(task="on_test"),
        stopped=planned(task="on_test", recipe={"early_stopping": {"patience": 2}}),
        child=planned(trial_of={"variant": "searched", "which": "best"}),
        grandchild=planned(warm_start="child"),
        searched=planned(task="on_test", search=SEARCH),
        derived={"merged": planned(merged={"variant": "stopped", "rule": "sum"})},
    )
    marks = validation_marks(plan, {"mnist": IDENTITY, "on_test": {**IDENTITY, "validation_is_test": True}})
    chosen = ("stopped", "child", "grandchild", "searched", "merged")
    assert marks == {"looked": "validated on test images", **dict.fromkeys(chosen, MARK)}
    assert validation_marks(plan, {"mnist": IDENTITY, "on_test": IDENTITY}) == {}


def test_hyperparameters_that_differ_are_columns_and_the_rest_is_said_once() -> None:
    plan = plan_of(
        none=planned(kind="as_written", row=["r1", "r2"]),
        dropout=planned(recipe={"dropout": {"rate": 0.25, "after": "dense"}}),
    )
    view = recipes(plan, {}, {"dropout": MARK})
    assert view.table.columns == ("variant", "row of the write-ups", "dropout")
    assert [texts(row) for row in view.table.rows] == [
        ["none", "r1\nr2", "–"],
        ["dropout", "–", "rate 0.25, after dense"],
    ]
    assert [row[0].tag for row in view.table.rows] == [None, MARK]
    assert view.table.rows[0][0].notes == ("as written",)
    assert dict(view.shared) == {
        "architecture": "cnn3",
        "optimizer": "adam",
        "learning rate": "0.001",
        "batch size": "64",
        "epochs": "30",
        "task": "mnist",
    }


def test_caps_and_what_a_search_found_stand_beside_what_was_declared() -> None:
    plan = plan_of(
        {"merged": planned(merged={"variant": "none", "rule": "sum"})},
        none=planned(),
        tuned=planned(search=SEARCH, recipe={"units": 128}),
    )
    ran = [
        {"recipe": {**RECIPE, "epochs": 3, "units": u}, "search": {**SEARCH, "trials": 3}} for u in (32, 64)
    ]
    trained: dict[str, Any] = {"none": [{"recipe": RECIPE, "search": None}] * 2, "tuned": ran}
    view = recipes(plan, trained, {})
    none, tuned, merged = (dict(zip(view.table.columns, row, strict=True)) for row in view.table.rows)
    assert tuned["epochs"] == Cell("30", ("3 after the cap",))
    assert none["epochs"] == merged["epochs"] == Cell("30")
    assert tuned["units"] == Cell("128", ("found 32 · 64",))
    assert tuned["search"] == Cell("5 trials: units 32 to 64 by 32", ("3 trials after the cap",))
    assert view.caps == "Profile quick caps 4,000 image passes a run and 3 trials a search."
    assert recipes({**plan, "caps": {"image_passes": None, "trials": None}}, trained, {}).caps is None


def test_trials_are_folded_and_the_first_of_the_best_is_marked() -> None:
    trials = pd.DataFrame(
        {
            "trial": [1, 2, 3],
            "units": [32, 64, 96],
            "val_accuracy": [0.8, 0.9, 0.9],
            "val_loss": [0.5, 0.25, 0.125],
        }
    )
    first, second = trial_tables({"search": [trials, trials]})
    assert first.folded and second.folded
    assert [row[0].tag for row in first.rows] == [None, BEST, None]
    assert texts(first.rows[1]) == ["2", "64", "90.00 %", "0.2500"]
    assert "repeat 1: 3 trials, best 90.00 %" in second.summary
    assert html(Section("t", "T", "tables.html", (first, second))).count("★ best") == 2


def test_thresholds_table_says_both_kinds_of_error(make_parts: Make) -> None:
    metrics = make_parts(treatments=(), repeats=3, classes=2).metrics
    assert threshold_table(metrics, {}, ["3", "7"]) is None
    exact = {"sd": 0.0, "low": None, "high": None, "sd_low": 0.0, "sd_high": 0.0}
    means = {"test_accuracy": (0.75, 0.5), "false_positives": (4, 1), "false_negatives": (2, 9)}
    for name, (half, strict) in means.items():
        for at, mean in ((50, half), (90, strict)):
            metrics["variants"]["none"]["metrics"][f"{name}_at_{at}"] = {"mean": mean, **exact}
    table = threshold_table(metrics, {}, ["3", "7"])
    assert table is not None
    assert texts(table.rows[0]) == ["none", "3", "75.00 %", "4", "2", "50.00 %", "1", "9"]
    assert table.columns[2:5] == ("accuracy at 0.5", "false positives at 0.5", "false negatives at 0.5")
    assert "“7” exceeds the threshold" in table.caption


def test_rows_of_the_write_ups_lead_to_their_variants(make_parts: Make) -> None:
    metrics = make_parts(treatments=("dropout",), repeats=3).metrics
    plan = plan_of(none=planned(row="b_row"), dropout=planned(kind="as_written", row=["c_row", "a_row"]))
    table = row_table({"s": plan}, {"s": metrics}, {"s": {"dropout": MARK}})
    accuracy = {
        v: f"{100 * metrics['variants'][v]['metrics']['test_accuracy']['mean']:.2f} %"
        for v in plan["variants"]
    }
    assert [texts(row) for row in table.rows] == [
        ["a_row", "s / dropout", "as written", accuracy["dropout"], "3"],
        ["b_row", "s / none", "control", accuracy["none"], "3"],
        ["c_row", "s / dropout", "as written", accuracy["dropout"], "3"],
    ]
    assert [row[1].tag for row in table.rows] == [MARK, None, MARK]
    assert {row[1].href for row in table.rows} == {"s.html"}


def test_times_are_means_with_n_and_a_warning() -> None:
    runs: dict[str, Any] = {
        "0": {"train_seconds": 2.0, "traced": True, "inference_seconds": 0.5},
        "1": {"train_seconds": 4.0, "traced": False},
    }
    text = timings_page({"s": {HOSTILE: runs, "empty": {}}, "unknown": {}}, [], stand_in=True)
    said = re.sub(r"<[^>]+>|\s+", " ", text)
    assert re.search(r"&lt;script&gt;&amp; +2 +3 +sd 1.4 +1 of 2 +0.5", said)
    assert "depend on the machine and its load" in said
    assert "Stand-in data" in text and "Stand-in data" not in timings_page({}, [], stand_in=False)
    assert 'href="../report/index.html"' in text
    assert "No times are known" in timings_page({}, [], stand_in=False)


@pytest.fixture
def folder(tmp_path: Path, make_parts: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Working folder of one study with a search and a merged variant."""
    monkeypatch.chdir(tmp_path)
    parts = make_parts(treatments=("dropout", "merged"), repeats=2, classes=2, epochs=2, name="s")
    plan = plan_of(
        {"merged": planned(merged={"variant": "none", "rule": "sum"})},
        none=planned(row="r"),
        dropout=planned(task="on_test", search=SEARCH),
    )
    arrays = arrays_of()
    on_test = {**IDENTITY, "validation_is_test": True, "validation": {"n": 60}}
    origin = {"source": "digits", "stand_in": True, "description": "small digits"}
    write_json(Path("plan/training/s.json"), plan)
    write_json(Path("data/digests/s.json"), {"mnist": IDENTITY, "on_test": on_test})
    write_json(
        Path("metrics/studies/s.json"), {**parts.metrics, "data": {"mnist": origin, "on_test": origin}}
    )
    labels = {
        "shape": [30],
        "dtype": "uint8",
        "nulls": 0,
        "minimum": 0,
        "maximum": 1,
        "class_counts": [15, 15],
    }
    write_json(Path("metrics/data.json"), dict.fromkeys(("mnist", "on_test"), dict.fromkeys(arrays, labels)))
    write_json(Path("metrics/exercises.json"), solve())
    row = {"id": "E-1", "scope": "controlled", "write_up": "own", "study": "s", "verdict": "not testable"}
    row |= {"says": "a claim of s", "sentence": "Not testable: nobody counted."}
    write_text(Path("metrics/claims.csv"), csv_text([row, {**row, "id": "E-2", "study": "gone"}], COLUMNS))
    for task in ("mnist", "on_test"):
        write_arrays(Path(f"data/tasks/{task}.npz"), arrays)
    predicted = np.stack([arrays["y_test"]] * 2)
    predicted[0, 2] ^= 1
    write_arrays(Path("evaluations/s/none.npz"), {"predicted": predicted, "labels": arrays["y_test"]})
    write_text(
        Path("evaluations/s/runs.csv"), parts.runs.assign(test_accuracy_shift_1=0.5).to_csv(index=False)
    )
    for variant in plan["variants"]:
        for repeat in (0, 1):
            run = Path(f"runs/s/{variant}/{repeat:02d}")
            write_json(run / "run.json", {"recipe": RECIPE, "search": plan["variants"][variant]["search"]})
            write_text(run / "history.csv", parts.histories[variant][repeat].to_csv(index=False))
            write_text(run / "summary.txt", parts.summaries[variant])
            write_text(run / "trials.csv", "trial,units,val_accuracy,val_loss\n1,32,0.5,0.25\n")
    return tmp_path


def written(folder: Path) -> dict[str, bytes]:
    found = [p for part in ("report", "plots", "timings") for p in (folder / part).rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def test_stage_writes_pages_and_pictures_and_repeats_them(folder: Path) -> None:
    report()
    first = written(folder)
    plots = {
        f"plots/s/{name}.svg"
        for name in ("confusion_1", "curves_1", "curves_2", "differences_1", "differences_2")
    }
    assert set(first) == {f"report/{name}.html" for name in ("index", "s", "claims", "exercises")} | plots
    study = first["report/s.html"].decode()
    assert "nobody counted" in study and "E-2" not in study
    assert all(f'id="E-{n}-controlled"' in first["report/claims.html"].decode() for n in (1, 2))
    anchors = (
        "claims",
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
    assert f'dropout <span class="tag">{MARK}</span>' in study
    assert f'merged <span class="tag">{MARK}' not in study
    report()
    assert written(folder) == first


def test_times_change_no_page_of_the_report(folder: Path) -> None:
    report()
    before = written(folder)
    write_text(folder / "timings/s.json", json.dumps({"none": {"0": {"train_seconds": 2.5, "traced": True}}}))
    report()
    after = written(folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"timings/s.json"}
