"""The plan: what the chosen profile makes of params.yaml."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.params.plan import plan_comparison, plan_sources, plan_tasks, plan_training
from pipeline.params.read import read
from pipeline.params.recipe import Recipe

WriteParams = Callable[[Mapping[str, Any]], Path]
RunStage = Callable[..., subprocess.CompletedProcess[str]]
NAME = "mnist_regularizers"


@pytest.mark.parametrize(
    ("profile", "source", "stand_in"), [("quick", "digits", True), ("full", "mnist", False)]
)
def test_a_profile_chooses_the_source(
    write_params: WriteParams, profile: str, source: str, stand_in: bool
) -> None:
    params = read(write_params({"profile": profile}))
    planned = plan_sources(params)["mnist"]
    assert (planned["name"], planned["loader"], planned["stand_in"]) == (source, source, stand_in)
    assert planned["sha256"] == params.sources[source].sha256
    assert plan_comparison(params, NAME)["data"]["mnist"] == {
        "source": source,
        "stand_in": stand_in,
        "description": params.sources[source].description,
    }


def test_a_stand_ins_margin_takes_the_place_of_the_tasks(write_params: WriteParams) -> None:
    changes = {"tasks.mnist.margin": 0.004, "sources.digits.margin": 0.03}
    assert plan_comparison(read(write_params(changes)), NAME)["margin"] == 0.03
    assert plan_comparison(read(write_params({"profile": "full"})), NAME)["margin"] == 0.004


def test_repeats_are_the_profiles_unless_it_names_the_study(write_params: WriteParams) -> None:
    params = read(write_params({"profiles.quick.repeats": 7, "profiles.quick.studies": {}}))
    assert plan_training(params, NAME)["repeats"] == plan_comparison(params, NAME)["repeats"] == 7
    params = read(write_params({f"profiles.quick.studies.{NAME}.repeats": 3}))
    assert plan_training(params, NAME)["repeats"] == plan_comparison(params, NAME)["repeats"] == 3
    params = read(write_params({"profile": "full"}))
    assert plan_training(params, NAME)["repeats"] == 10


def test_regularizers_are_compared_with_none_eight_times(repository: Path) -> None:
    params = read(repository / "params.yaml")
    planned = plan_comparison(params, NAME)
    assert planned["control"] == "none"
    assert planned["treatments"] == [name for name in params.studies[NAME].variants if name != "none"]
    assert len(planned["treatments"]) == 8
    assert set(planned["kinds"]) == {"none", *planned["treatments"]}


def test_declared_treatments_are_the_family_in_their_order(write_params: WriteParams) -> None:
    params = read(write_params({f"studies.{NAME}.treatments": ["l2_all", "dropout"]}))
    assert plan_comparison(params, NAME)["treatments"] == ["l2_all", "dropout"]
    assert len(plan_training(params, NAME)["variants"]) == 9


def test_a_planned_variant_holds_its_whole_recipe(repository: Path) -> None:
    variants = plan_training(read(repository / "params.yaml"), NAME)["variants"]
    fields = set(Recipe.model_fields)
    assert all(set(variant["recipe"]) == fields for variant in variants.values())
    dropout = {"rate": 0.25, "after": "last_conv_and_dense"}
    assert variants["none"]["recipe"] | {"dropout": dropout} == variants["dropout"]["recipe"]
    assert variants["early_stopping_p2"]["recipe"]["epochs"] == 30
    assert variants["none"] | {"recipe": None} == {
        "kind": "as_written",
        "row": "mnist_cnn",
        "task": "mnist",
        "threshold": None,
        "search": None,
        "trial_of": None,
        "warm_start": None,
        "merged": None,
        "vary": None,
        "recipe": None,
    }


def test_a_variants_own_task_is_planned_with_the_studys(
    write_params: WriteParams, params: dict[str, Any]
) -> None:
    other = {**params["tasks"]["mnist"], "split": {"kind": "tail", "fraction": 0.1}}
    changed = read(write_params({"tasks.other": other, f"studies.{NAME}.variants.dropout.task": "other"}))
    tasks = {name: one["task"] for name, one in plan_training(changed, NAME)["variants"].items()}
    assert {name for name, task in tasks.items() if task == "other"} == {"dropout"}
    assert plan_tasks(changed)["studies"][NAME] == ["mnist", "other"]
    assert [study for study, tasks in plan_tasks(changed)["studies"].items() if "other" in tasks] == [NAME]
    assert set(plan_comparison(changed, NAME)["data"]) == {"mnist", "other"}


def test_wording_and_margin_are_no_part_of_what_training_depends_on(write_params: WriteParams) -> None:
    before = read(write_params({}))
    changes = {
        f"studies.{NAME}.question": "Otherwise?",
        f"studies.{NAME}.control": "dropout",
        "tasks.mnist.margin": 0.01,
        "protocol.alpha": 0.01,
    }
    after = read(write_params(changes))
    assert plan_training(before, NAME) == plan_training(after, NAME)
    assert plan_tasks(before) == plan_tasks(after)
    assert plan_comparison(before, NAME) != plan_comparison(after, NAME)


def test_the_stage_writes_exactly_the_plan(
    write_params: WriteParams, run_stage: RunStage, tmp_path: Path
) -> None:
    params = read(write_params({}))
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "leftover.json").write_text("of a study that is gone")
    finished = run_stage("plan")
    assert (finished.returncode, finished.stderr) == (0, "")
    written = {
        path.relative_to(tmp_path / "plan").as_posix(): json.loads(path.read_text())
        for path in (tmp_path / "plan").rglob("*.json")
    }
    assert written == {
        **{f"sources/{data_set}.json": source for data_set, source in plan_sources(params).items()},
        "tasks.json": plan_tasks(params),
        **{f"training/{study}.json": plan_training(params, study) for study in params.studies},
        **{f"comparison/{study}.json": plan_comparison(params, study) for study in params.studies},
    }
    assert {"sources/mnist.json", f"training/{NAME}.json", f"comparison/{NAME}.json"} <= written.keys()
