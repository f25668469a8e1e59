"""MLflow shows what the files say: every number, once, whatever was interrupted or runs beside it."""

import csv
import hashlib
import itertools
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from pipeline import layout
from pipeline.claims.ledger import write_ledger
from pipeline.errors import UserError
from pipeline.files import read_model, write_json, write_model
from pipeline.outputs.tracking import mlflow_store
from pipeline.outputs.tracking.entries import Entry, Point, flatten
from pipeline.outputs.tracking.experiment import Experiment
from pipeline.outputs.tracking.figures import name_final
from pipeline.outputs.tracking.mlflow_store import locate_artifacts, resolve_tracking_uri
from pipeline.outputs.tracking.projection import Receipt, update_mlflow
from pipeline.outputs.tracking.study_files import plan_studies, read_study
from pipeline.params.recipe import Recipe
from pipeline.params.task import Split
from pipeline.stages.track import track
from pipeline.statistics.wording import format_sentence
from pipeline.training.study_runs import StudyRun, VariantRuns
from tests.unit.outputs.tracked_files import (
    STUDY,
    VARIANTS,
    Files,
    artifacts_of,
    client,
    history,
    keyed,
    no_model,
    only,
    rebuild,
    runs,
    shown,
)


def test_flat_joins_nested_names_and_writes_json_for_what_is_not_text() -> None:
    settings = {"l1": {"amount": 0.001, "layers": "all"}, "l2": None, "sizes": [1, 2], "none": {}}
    flat = {"l1.amount": "0.001", "l1.layers": "all", "l2": "null", "sizes": "[1, 2]", "none": "{}"}
    assert flatten(settings) == flat


def test_every_number_of_a_run_is_in_mlflow(files: Files) -> None:
    files.track()
    (study,) = map(read_study, plan_studies())
    for run in itertools.chain.from_iterable(study.runs.values()):
        found = only(f"/{run.about.variant}/{run.about.repeat}@")
        finals = {name_final(column): value for column, value in run.finals.items()}
        assert finals == {name: v for name, v in found.data.metrics.items() if not name.startswith("epoch/")}
        for column in ("loss", "accuracy"):
            expected = {epoch: row[column] for epoch, row in run.history}
            assert history(found, f"epoch/{column}") == expected


def test_finals_are_named_by_the_table_and_absent_numbers_are_absent(files: Files) -> None:
    files.track()
    timed = {
        "test/accuracy",
        "test/loss",
        "weights/sparsity",
        "epoch/loss",
        "epoch/accuracy",
        "train/seconds",
        "traced",
    }
    assert only("/none/0@").data.metrics.keys() == timed
    assert only("/none/0@").data.metrics["train/seconds"] == 1.25  # of the run store, which has no other repeat
    assert only("/none/1@").data.metrics.keys() == timed - {"train/seconds", "traced"}


def test_params_are_the_flat_recipe_without_its_blocks_and_the_seeds(files: Files) -> None:
    files.track()
    params = only("/none/1@").data.params
    recipe = {
        "architecture": "cnn3",
        "epochs": "2",
        "l1.amount": "0.001",
        "l1.layers": "all",
        "l2": "null",
        "optimizer.name": "adam",
        "batch_size": "full",
        "pooling": "true",
    }
    assert recipe.items() <= params.items()
    assert not [name for name in params if name.startswith("blocks")]
    seeds = {"seeds.weights": "1", "seeds.order": "7", "seeds.noise": "5", "seeds.split": "3"}
    fields = {name.partition(".")[0] for name in params}
    assert fields == Recipe.model_fields.keys() - {"blocks"} | {"seeds"}
    assert only("/none@").data.params == {name: params[name] for name in params.keys() - seeds.keys()}
    assert seeds.items() <= params.items()


def test_parent_shows_n_mean_and_spread_and_its_repeats_hang_below_it(files: Files) -> None:
    files.track()
    estimate = files.results.variants["none"].metrics["test_accuracy"]
    expected = {"n": 2.0, "test/accuracy": estimate.mean, "spread/sd": estimate.sd}
    assert only("/none@").data.metrics == expected
    for child in keyed("/none/").values():
        assert child.data.tags["mlflow.parentRunId"] == only("/none@").info.run_id


def test_comparison_shows_verdicts_numbers_and_figures(files: Files) -> None:
    figure = files.folder / layout.study_pictures(STUDY) / "interval.svg"
    figure.parent.mkdir(parents=True)
    figure.write_bytes(b"picture")
    files.track()
    run = only("@")
    assert run.data.tags["verdict.dropout"] == "undecided"
    assert run.data.metrics == {"difference/dropout": 0.01, "p_adjusted/dropout": 1.0}
    sentence = format_sentence(files.results.comparisons["dropout"])
    assert run.data.tags["mlflow.note.content"] == f"Does it help?\n\n{sentence}"
    artifacts = artifacts_of(run)
    assert {path.name for path in artifacts.rglob("*.*")} == {
        layout.study_metrics(STUDY).name,
        "interval.svg",
        "claims.csv",
    }


def test_comparison_shows_the_studys_claims(files: Files) -> None:
    files.track()
    run = only("@")
    claims = {name: value for name, value in run.data.tags.items() if name.startswith("claim/")}
    assert claims == {"claim/C000-07/as_written": "supported", "claim/C000-07/controlled": "undecided"}
    table = (artifacts_of(run) / "claims.csv").read_text()
    about = (files.folder / layout.study_metrics(STUDY)).read_text() + table
    assert run.data.tags["claimcheck.key"] == f"{STUDY}@{hashlib.sha256(about.encode()).hexdigest()}"
    rows = list(csv.DictReader(table.splitlines()))
    assert [(row["study"], row["scope"], row["p_adjusted"]) for row in rows] == [
        (STUDY, "as_written", "0.25"),
        (STUDY, "controlled", "0.25"),
    ]


def test_another_answer_supersedes_the_comparison_and_the_old_one_comes_back(files: Files) -> None:
    files.track()
    (old,) = keyed("@")
    for verdict, added in (("refuted", 1), ("supported", 0)):
        files.claims(verdict)
        assert files.track().added == added
        for key, run in keyed("@").items():
            current = run.data.tags["claim/C000-07/as_written"] == verdict
            assert run.data.tags["claimcheck.superseded"] == str(not current).lower()
            assert (run.data.tags["claim/C000-07/as_written"] == "supported") is (key == old)


def test_a_study_without_claims_has_no_table_of_them(files: Files) -> None:
    write_ledger(files.folder / layout.CLAIMS, [])
    files.track()
    assert not [name for name in only("@").data.tags if name.startswith("claim/")]
    assert not list(artifacts_of(only("@")).rglob("claims.csv"))


def test_run_shows_its_data_by_digest_and_its_files(files: Files) -> None:
    files.track()
    run = only("/dropout/0@")
    inputs = {put.tags[0].value: put.dataset for put in run.inputs.dataset_inputs}
    assert inputs.keys() == {"train", "test"}  # no validation set was declared
    assert inputs["train"].digest == hashlib.sha256(("ab" * 32 + "cd" * 32).encode()).hexdigest()[:32]
    assert json.loads(inputs["test"].profile)["n"] == 5
    assert run.info.status == "FINISHED"


def test_a_variant_shows_the_files_of_its_runs(files: Files) -> None:
    files.track()
    artifacts = artifacts_of(only("/dropout@"))
    written = {
        path.name: path.read_bytes() for path in (files.folder / layout.variant_runs(STUDY, "dropout")).iterdir()
    }
    assert written.keys() == {"runs.json", "history.csv", "summary.txt"}
    assert written.items() <= {path.name: path.read_bytes() for path in artifacts.iterdir()}.items()


def test_data_that_a_run_split_itself_are_told_apart_by_its_seed(files: Files) -> None:
    files.split = Split(kind="shuffled", fraction=0.2, seed="repeat")
    files.write()
    files.track()
    inputs = {put.tags[0].value: put.dataset for put in only("/dropout/0@").inputs.dataset_inputs}
    arrays = "ab" * 32 + "cd" * 32
    assert inputs["train"].digest == hashlib.sha256(f"{arrays}3".encode()).hexdigest()[:32]
    assert inputs["test"].digest == hashlib.sha256(arrays.encode()).hexdigest()[:32]


def test_tracking_twice_adds_nothing(files: Files) -> None:
    assert files.track() == Receipt(runs=7, added=7, models=2, absent=0)
    before = runs()
    assert update_mlflow(no_model)[STUDY] == Receipt(runs=7, added=0, models=2, absent=0)
    assert {k: run.to_dictionary() for k, run in runs().items()} == {
        k: run.to_dictionary() for k, run in before.items()
    }


def test_a_study_that_mlflow_shows_as_it_is_is_not_read(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.track()

    def unread(study: Any) -> Any:
        raise AssertionError("a study was read")

    monkeypatch.setattr("pipeline.outputs.tracking.projection.read_study", unread)
    assert files.track() == Receipt(runs=7, added=0, models=2, absent=0)
    files.claims("refuted")
    with pytest.raises(AssertionError, match="a study was read"):
        files.track()


def test_another_store_is_filled_too(
    files: Files, monkeypatch: pytest.MonkeyPatch, empty_store: Path, tmp_path: Path
) -> None:
    """As after `mlflow.db` was deleted: which studies are shown is for the store itself to say."""
    files.track()
    shutil.copy(empty_store, tmp_path / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    assert files.track().added == 7
    assert files.track().added == 0


def test_an_interrupted_update_is_not_taken_for_what_was_there(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.track()
    old = keyed("/none/0@").keys()

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Experiment, "supersede", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Files(files.folder, version="b").track()
    Files(files.folder).track()
    superseded = {key: run.data.tags["claimcheck.superseded"] for key, run in keyed("/none/0@").items()}
    assert superseded == {key: str(key not in old).lower() for key in superseded} and len(superseded) == 2


def test_changed_fingerprint_supersedes_and_going_back_adds_nothing(files: Files) -> None:
    files.track()
    old = keyed("/none/0@").keys()
    Files(files.folder, version="b").track()
    superseded = {key: run.data.tags["claimcheck.superseded"] for key, run in keyed("/none/0@").items()}
    assert superseded == {key: str(key in old).lower() for key in superseded} and len(superseded) == 2
    assert {key: shown(run) for key, run in keyed("/none/0@").items()} == {key: key not in old for key in superseded}
    assert Files(files.folder).track().added == 0
    superseded = {key: run.data.tags["claimcheck.superseded"] for key, run in keyed("/none/0@").items()}
    assert superseded == {key: str(key not in old).lower() for key in superseded}


def test_more_repeats_update_the_parent_and_fewer_take_it_back(files: Files) -> None:
    files.track()
    for repeats in (3, 2):
        changed = Files(files.folder, repeats=repeats)
        changed.track()
        mean = changed.results.variants["none"].metrics["test_accuracy"].mean
        assert only("/none@").data.metrics["n"] == repeats
        assert only("/none@").data.metrics["test/accuracy"] == mean
    assert history(only("/none@"), "n").keys() == {2, 3}
    assert only("/none/2@").data.tags["claimcheck.superseded"] == "true"


def test_new_evaluation_of_the_same_run_refreshes_its_numbers(files: Files) -> None:
    files.track()
    table = files.folder / layout.evaluated_runs(STUDY)
    rows = list(csv.DictReader(table.read_text().splitlines()))
    files.table(table, [{**row, "test_loss": "inf"} for row in rows])
    assert files.track().added == 0
    assert math.isnan(only("/none/0@").data.metrics["test/loss"])
    before = only("/none/0@")
    files.track()
    assert only("/none/0@").info.run_id == before.info.run_id
    assert list(history(before, "test/loss")) == [0] and math.isnan(history(before, "test/loss")[0])


def test_dvc_experiment_marks_its_own_runs_and_nothing_else(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.track()
    before = keyed("/none/0@")
    monkeypatch.setenv("DVC_EXP_NAME", "tidal-wave")
    Files(files.folder, version="b").track()
    for key, run in keyed("/none/0@").items():
        if key in before:
            assert run.to_dictionary() == before[key].to_dictionary()
        else:
            assert run.data.tags["dvc.experiment"] == "tidal-wave"
            assert "claimcheck.superseded" not in run.data.tags
    monkeypatch.setenv("DVC_EXP_NAME", "calm-sea")
    assert Files(files.folder, version="b").track().added == 0
    assert only("/none@").data.tags["dvc.experiment"] == "tidal-wave, calm-sea"


@pytest.mark.parametrize("step", ["log_batch", "log_artifact", "set_terminated", "set_tag"])
def test_interrupted_run_is_redone(files: Files, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    whole, calls = getattr(MlflowClient, step), []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.track()
    halfway = {run.info.run_id for run in runs().values() if "claimcheck.complete" not in run.data.tags}
    assert len(halfway) == 1
    assert files.track().runs == 7
    assert len(runs()) == 7 and not halfway & {run.info.run_id for run in runs().values()}
    test_every_number_of_a_run_is_in_mlflow(files)


def test_run_deleted_by_hand_comes_back_below_its_parent(files: Files) -> None:
    files.track()
    client().delete_run(only("/none@").info.run_id)
    assert files.track().added == 1
    assert only("/none/0@").data.tags["mlflow.parentRunId"] == only("/none@").info.run_id


def test_deleted_mlflow_experiment_is_brought_back(files: Files) -> None:
    files.track()
    client().delete_experiment(client().get_experiment_by_name(STUDY).experiment_id)
    files.track()
    assert len(runs()) == 7


def test_a_call_holds_no_more_than_mlflow_allows(files: Files) -> None:
    files.track()
    experiment_id = client().get_experiment_by_name(STUDY).experiment_id
    settings = {f"setting_{i}": i for i in range(150)} | {"long": "x" * 7000}
    points = [Point(f"epoch/{name}", 0.5, step) for step in range(1, 602) for name in ("loss", "accuracy")]
    tags = {"claimcheck.key": f"{STUDY}/large@0"} | {f"tag_{i}": "some" for i in range(99)}
    large = Entry(name="large", tags=tags, params=flatten(settings), points=points)
    Experiment.open(client(), experiment_id, None).upsert(large)
    assert history(only("/large@"), "epoch/loss") == dict.fromkeys(range(1, 602), 0.5)
    params = only("/large@").data.params
    assert len(params) == 151 and params["long"] == "x" * 6000


def test_long_listing_is_read_page_by_page(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_store, "PAGE", 2)
    files.track()
    assert files.track().added == 0
    assert len(runs()) == 7


def test_set_tracking_uri_wins_over_the_main_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert resolve_tracking_uri(tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert resolve_tracking_uri(tmp_path) == "http://localhost:5000"


def test_artifacts_are_beside_the_database_unless_a_server_decides(tmp_path: Path) -> None:
    assert locate_artifacts(f"sqlite:///{tmp_path}/x.db", "s") == f"file://{tmp_path}/mlartifacts/s"
    assert locate_artifacts("https://host", "s") is None


def test_stale_evaluation_is_refused_and_nothing_is_written(files: Files) -> None:
    path = files.folder / layout.variant_runs(STUDY, "dropout") / layout.VARIANT_RUNS
    first, second = read_model(path, VariantRuns).root
    write_model(path, VariantRuns((first, second.model_copy(update={"fingerprint": "f00"}))))
    with pytest.raises(UserError, match="expected its fingerprint f00"):
        files.track()
    assert client().get_experiment_by_name(STUDY) is None


def test_missing_declared_run_is_named(files: Files) -> None:
    path = files.folder / layout.variant_runs(STUDY, "none") / layout.VARIANT_RUNS
    write_model(path, VariantRuns(read_model(path, VariantRuns).root[:1]))
    with pytest.raises(UserError, match=r"none.runs\.json: expected 2 runs, as planned; received 1\. Run `dvc repro`"):
        files.track()


def test_what_merely_lies_in_a_folder_is_not_read(files: Files) -> None:
    files.runs("undeclared")
    files.track()
    assert not keyed("/undeclared") and not keyed("/none/2")


@pytest.mark.usefixtures("real_models")
def test_no_model_is_logged_of_weights_that_are_not_as_they_were_written(files: Files) -> None:
    for variant in VARIANTS:
        np.savez(files.weights(variant, 0), allow_pickle=False, **{"output/kernel": np.zeros((3, 2), np.float32)})
    receipt = update_mlflow(no_model)[STUDY]
    assert (receipt.models, receipt.absent) == (0, len(VARIANTS))


@pytest.mark.usefixtures("real_models")
def test_loaded_model_predicts_what_the_weights_predict(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(run: StudyRun, weights: Path) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        update_mlflow(killed)
    files.track()
    update_mlflow(no_model)
    assert not mlflow.is_tracking_uri_set()  # the global store is as before
    monkeypatch.setenv("MLFLOW_TRACKING_URI", resolve_tracking_uri(Path(os.environ["DVC_ROOT"])))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    (study,) = map(read_study, plan_studies())
    for variant in VARIANTS:
        run = only(f"/{variant}/0@")
        (about,) = (one.about for one in study.runs[variant] if one.about.repeat == 0)
        expected = rebuild(about, files.weights(variant, 0)).predict(x, verbose=0)
        for uri in (f"models:/{run.data.tags['claimcheck.model']}", f"runs:/{run.info.run_id}/{STUDY}-{variant}"):
            np.testing.assert_array_equal(mlflow.pyfunc.load_model(uri).predict(x), expected)
        assert not mlflow.keras.load_model(uri).compiled  # no optimizer was saved
        (model,) = client().search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
        assert model.status == "READY" and str(files.folder.parent / "a checkout") in model.artifact_location.replace(
            "%20", " "
        )


def test_a_model_without_weights_is_absent_and_all_else_is_tracked(files: Files) -> None:
    for variant in VARIANTS:
        shutil.rmtree(files.weights(variant, 0).parent)
    assert update_mlflow(no_model)[STUDY] == Receipt(runs=7, added=7, models=0, absent=2)
    assert "claimcheck.model" not in only("/none/0@").data.tags
    again = Files(files.folder)
    shutil.rmtree(again.weights("dropout", 0).parent)
    assert again.track() == Receipt(runs=7, added=0, models=1, absent=1)
    shutil.rmtree(again.weights("none", 0).parent)
    assert again.track() == Receipt(runs=7, added=0, models=1, absent=1)  # what was logged stays


def test_the_stage_writes_a_receipt_and_says_how_absent_models_are_made(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    write_json(layout.RECEIPT, {"kept": {"runs": 3}, "gone": {"runs": 5}})
    track()
    own = {STUDY: {"runs": 7, "models": 2}}
    assert json.loads(layout.RECEIPT.read_text()) == {"kept": {"runs": 3}, **own}  # not selected; not declared
    assert capsys.readouterr().out == f"{STUDY}: 7 added to MLflow, 7 there, 2 loadable models\n"
    other = Files(files.folder, version="b")
    for variant in VARIANTS:
        shutil.rmtree(other.weights(variant, 0).parent)
    track()
    (_, line) = capsys.readouterr().out.splitlines()
    assert line.startswith("2 models are absent") and "dvc repro --single-item --force train track" in line
