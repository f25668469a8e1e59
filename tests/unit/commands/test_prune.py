"""Pruning removes nothing unasked, and never what a profile declares or runs/ holds."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline import command_line, layout
from pipeline.commands.prune import prune
from pipeline.errors import UserError
from pipeline.files import write_json, write_model
from pipeline.params.recipe import Range, Recipe, Search
from pipeline.params.resolve import resolve_recipe
from pipeline.seeds import repeat_seeds
from pipeline.store import evaluation_store, run_store
from pipeline.training.fingerprint import fingerprint_training_code, library_versions
from pipeline.training.record import FinishedRun

MODEL = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
}
TUNED = {**MODEL, "architecture": "tuned_mlp", "units": 32}
SEARCH = {"trials": 20, "units": {"minimum": 32, "maximum": 512, "step": 32}, "learning_rate": [0.01, 0.001]}
PARAMS: dict[str, Any] = {
    "profile": "quick",
    "protocol": {"alpha": 0.05},
    "profiles": {
        "quick": {"data": {"mnist": "digits"}, "repeats": 2, "caps": {"image_passes": 3000, "trials": 3}},
        "full": {"data": {"mnist": "mnist"}, "repeats": 4},
    },
    "sources": {
        "digits": {"loader": "digits", "description": "d", "sha256": {}, "stand_in_for": "mnist"},
        "mnist": {"loader": "mnist", "description": "m", "sha256": {}},
    },
    "tasks": {
        "mnist": {
            "data": "mnist",
            "split": {"kind": "tail", "fraction": 0.2},
            "scaling": {"method": "unit"},
            "margin": 0.01,
        }
    },
    "studies": {
        "s": {
            "question": "Which?",
            "task": "mnist",
            "model": MODEL,
            "control": "none",
            "treatments": [],
            "variants": {
                "none": {},
                "l1": {"l1": {"amount": 0.001, "layers": "all"}},
                "fixed": {"vary": ["weights"]},
                "search": {"architecture": "tuned_mlp", "units": 32, "search": SEARCH},
                "again": {"architecture": "tuned_mlp", "units": 32, "trial_of": {"variant": "search"}},
            },
        }
    },
}


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    declare(PARAMS)
    return tmp_path


def declare(params: Mapping[str, Any]) -> None:
    with layout.PARAMS.open("w") as file:
        YAML(typ="safe").dump(json.loads(json.dumps(params)), file)


def change(**changes: Any) -> dict[str, Any]:
    """The parameters with something of the study replaced."""
    return {**PARAMS, "studies": {"s": {**PARAMS["studies"]["s"], **changes}}}


def recipe(**changes: Any) -> Recipe:
    return resolve_recipe({**MODEL, **changes})


def keep(name: str, trained: Recipe | None = None, repeat: int = 0, **changes: Any) -> str:
    """Put a run into the store, as training leaves it; its name there."""
    about: dict[str, Any] = {
        "fingerprint": name,
        "recipe_fingerprint": "r",
        "recipe": trained or recipe(),
        "search": None,
        "trials": None,
        "seeds": repeat_seeds(repeat),
        "input_shape": (28, 28, 1),
        "classes": 10,
        "epochs_run": 5,
        "stopped_epoch": None,
        "best_epoch": None,
        "parameters": 1,
        "trainable_parameters": 1,
        "weights_digest": "w",
        "versions": library_versions(),
        "code": fingerprint_training_code("keras"),
    }
    run = FinishedRun(**{**about, **changes})
    run_store().put(name, lambda folder: write_model(folder / layout.RUN, run))
    return name


def evaluate(name: str, run: str) -> None:
    evaluation_store().put(name, lambda folder: write_json(folder / layout.EVALUATION, {"run": run}))


def survivors() -> list[str]:
    """Runs that are there after pruning."""
    prune(remove=True)
    return run_store().list_results()


def test_without_the_flag_it_says_what_it_would_remove_and_removes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep("a")
    keep("b", recipe(batch_size=32))
    keep("c", code="other")
    evaluate("ea", "a")
    evaluate("eb", "b")
    prune()
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("runs: 1 kept, 2 to remove with make prune REMOVE=1, 0.0 MB: ")
    assert "1 declared by no profile" in printed[0] and "1 by other code" in printed[0]
    assert printed[1].startswith("evaluations: 1 kept, 1 to remove with make prune REMOVE=1")
    assert run_store().list_results() == ["a", "b", "c"]
    assert evaluation_store().list_results() == ["ea", "eb"]


def test_with_the_flag_it_removes_just_that(capsys: pytest.CaptureFixture[str]) -> None:
    keep("a")
    keep("b", recipe(batch_size=32))
    evaluate("ea", "a")
    evaluate("eb", "b")
    prune(remove=True)
    assert run_store().list_results() == ["a"]
    assert evaluation_store().list_results() == ["ea"]
    assert "1 removed" in capsys.readouterr().out
    prune()
    assert "runs: 1 kept, 0 to remove with make prune REMOVE=1, 0.0 MB: none" in capsys.readouterr().out


def test_a_run_of_every_profile_is_kept_whatever_its_data() -> None:
    for repeat in range(5):
        keep(f"repeat{repeat}", repeat=repeat)  # quick declares two of them, full declares four
    assert survivors() == [f"repeat{repeat}" for repeat in range(4)]


def test_a_run_that_a_cap_shortened_is_kept() -> None:
    keep("short", recipe(epochs=2))
    keep("long", recipe(epochs=5))
    assert survivors() == ["long", "short"]


def test_a_run_of_every_variant_is_kept_with_its_own_seeds() -> None:
    keep("l1", recipe(l1={"amount": 0.001, "layers": "all"}))
    keep("l2", recipe(l2={"amount": 0.001, "layers": "all"}))
    keep("fixed", seeds=repeat_seeds(1, ["weights"]))
    keep("elsewise", seeds=repeat_seeds(1, ["order"]))
    assert survivors() == ["fixed", "l1"]


def test_what_a_search_chose_does_not_make_a_run_another() -> None:
    chosen = {"units": 64, "optimizer": {"name": "adam", "learning_rate": 0.01}}
    searched = resolve_recipe({**TUNED, **chosen})
    space = Search(trials=3, units=Range(minimum=32, maximum=512, step=32), learning_rate=[0.01, 0.001])
    keep("search", searched, search=space)
    keep("again", searched)
    keep("otherspace", searched, search=Search(trials=3, learning_rate=[0.01]))
    keep("otheroptimizer", resolve_recipe({**TUNED, "optimizer": {"name": "sgd", "learning_rate": 0.01}}))
    keep("plain", recipe(optimizer=chosen["optimizer"]))  # searched by nobody: its learning rate counts
    assert survivors() == ["again", "search"]


def test_what_runs_holds_is_kept_with_its_evaluations_whoever_made_it() -> None:
    keep("held", recipe(batch_size=32), code="other")
    evaluate("e", "held")
    write_json(layout.variant_runs("s", "none") / layout.VARIANT_RUNS, [{"fingerprint": "held"}])
    assert survivors() == ["held"]
    assert evaluation_store().list_results() == ["e"]


def test_runs_of_other_code_or_libraries_or_of_another_shape_are_of_no_use() -> None:
    keep("code", code="other")
    keep("libraries", versions={**library_versions(), "numpy": "0.1"})
    run_store().put("shape", lambda folder: write_json(folder / layout.RUN, {"fingerprint": "shape"}))
    run_store().put("empty", lambda folder: None)
    assert survivors() == []


def test_a_damaged_folder_of_any_kind_goes_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "cut", "empty"):
        keep(name)
    evaluate("e", "a")
    evaluate("ecut", "a")
    for path in (run_store().path("cut") / layout.RUN, evaluation_store().path("ecut") / layout.EVALUATION):
        path.write_bytes(path.read_bytes()[:-3])
    for path in run_store().path("empty").iterdir():
        path.unlink()
    (run_store().folder / "stray.txt").write_text("no run")
    assert survivors() == ["a"]
    assert evaluation_store().list_results() == ["e"]
    said = capsys.readouterr().out
    assert "3 damaged" in said and "1 damaged" in said


def test_nothing_is_removed_while_nobody_knows_what_runs_holds() -> None:
    keep("held", recipe(batch_size=32))
    path = layout.variant_runs("s", "none") / layout.VARIANT_RUNS
    write_json(path, [{"fingerprint": "held"}])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UserError, match=r"^runs/s/none/runs\.json: expected JSON as an earlier stage wrote it"):
        prune(remove=True)
    assert run_store().list_results() == ["held"]


def test_variants_that_are_left_out_for_now_are_declared_all_the_same() -> None:
    keep("l1", recipe(l1={"amount": 0.001, "layers": "all"}))
    declare({**change(), "select": ["s.fixed"]})
    assert survivors() == ["l1"]


def test_what_was_committed_counts_and_what_is_written_now_too(checkout: Path) -> None:
    for command in (["init", "-q"], ["add", "params.yaml"], ["commit", "-qm", "params"]):
        person = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        subprocess.run(["git", *person, *command], cwd=checkout, check=True)
    keep("committed")
    keep("written", recipe(batch_size=32))
    keep("neither", recipe(batch_size=16))
    declare(change(model={**MODEL, "batch_size": 32}))
    assert survivors() == ["committed", "written"]


def test_without_params_nothing_is_removed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    keep("a")
    layout.PARAMS.unlink()
    monkeypatch.setattr(sys, "argv", ["prune", "--remove"])
    with pytest.raises(SystemExit, match=r"params\.yaml: expected a readable file"):
        command_line.run(prune)
    assert run_store().list_results() == ["a"]


@pytest.mark.parametrize("arguments", [["--force"], ["remove"], ["--remove", "all"], ["--remove=yes"]])
def test_anything_but_the_flag_is_refused(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    keep("a", code="other")
    monkeypatch.setattr(sys, "argv", ["prune", *arguments])
    with pytest.raises(SystemExit, match=r"prune: expected \[--remove\]; received"):
        command_line.run(prune)
    assert run_store().list_results() == ["a"]


def test_the_flag_is_read_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("a", code="other")
    for arguments, left in (([], ["a"]), (["--remove"], [])):
        monkeypatch.setattr(sys, "argv", ["prune", *arguments])
        command_line.run(prune)
        assert run_store().list_results() == left
