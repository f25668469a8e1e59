"""The plan: what the chosen profile makes of params.yaml, written and read back as it was."""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.params.plan import (
    Origin,
    Plan,
    find_caveats,
    read_comparison,
    read_execution,
    read_source,
    read_tasks,
    read_training,
    read_unselected,
    write_plan,
)
from pipeline.params.planning import make_plan, plan_comparison, plan_sources, plan_training
from pipeline.params.read import read
from pipeline.params.recipe import Dropout, Recipe
from pipeline.params.schema import Params
from pipeline.statistics.power import smallest_n_that_can_reject

WriteParams = Callable[[Mapping[str, Any]], Path]
RunStage = Callable[..., subprocess.CompletedProcess[str]]
NAME = "mnist_regularizers"
COMMITTED = Path(__file__).parents[3] / "params.yaml"


@cache
def committed(profile: str | None = None) -> Params:
    """The repository's params.yaml under a profile."""
    return committed().model_copy(update={"profile": profile}) if profile else read(COMMITTED)


@cache
def plan(profile: str) -> Plan:
    """The plan of the repository's params.yaml under a profile."""
    return make_plan(committed(profile))


PROFILES = list(committed().profiles)


@pytest.mark.parametrize(("profile", "source", "stand_in"), [("quick", "digits", True), ("full", "mnist", False)])
def test_a_profile_chooses_the_source(write_params: WriteParams, profile: str, source: str, stand_in: bool) -> None:
    params = read(write_params({"profile": profile}))
    planned = plan_sources(params)["mnist"]
    assert (planned.name, planned.loader, planned.stand_in) == (source, source, stand_in)
    assert planned.sha256 == params.sources[source].sha256
    assert plan_comparison(params, NAME).data["mnist"] == Origin(
        source=source, stand_in=stand_in, description=params.sources[source].description
    )


def test_a_stand_ins_margin_takes_the_place_of_the_tasks(write_params: WriteParams) -> None:
    changes = {"tasks.mnist.margin": 0.004, "sources.digits.margin": 0.03}
    assert plan_comparison(read(write_params(changes)), NAME).margin == 0.03
    assert plan_comparison(read(write_params({"profile": "full"})), NAME).margin == 0.004


def test_repeats_are_the_profiles_unless_it_names_the_study(write_params: WriteParams) -> None:
    params = read(write_params({"profiles.quick.repeats": 7, "profiles.quick.studies": {}}))
    assert plan_training(params, NAME).repeats == plan_comparison(params, NAME).repeats == 7
    params = read(write_params({f"profiles.quick.studies.{NAME}.repeats": 3}))
    assert plan_training(params, NAME).repeats == plan_comparison(params, NAME).repeats == 3
    params = read(write_params({"profile": "full", "profiles.full.studies": {}}))
    assert plan_training(params, NAME).repeats == 10


def test_regularizers_are_compared_with_none_ten_times() -> None:
    params = committed("quick")
    planned = plan_comparison(params, NAME)
    assert planned.control == "none"
    assert planned.treatments == [name for name in params.studies[NAME].variants if name != "none"]
    assert len(planned.treatments) == 10
    assert set(planned.variants) == {"none", *planned.treatments}


def test_every_comparing_study_has_the_repeats_that_its_exact_test_needs_in_either_profile() -> None:
    """Whoever runs it for the first time sees verdicts, not that none was possible."""
    for profile in PROFILES:
        for study, one in plan(profile).comparison.items():
            needed = smallest_n_that_can_reject(len(one.treatments), one.alpha) if one.treatments else 0
            assert one.repeats >= needed, f"{profile}, {study}: {one.repeats} repeats, {needed} needed"


def test_declared_treatments_are_the_family_in_their_order(write_params: WriteParams) -> None:
    params = read(write_params({f"studies.{NAME}.treatments": ["l2_all", "dropout"]}))
    assert plan_comparison(params, NAME).treatments == ["l2_all", "dropout"]
    assert len(plan_training(params, NAME).trained) == 11


def test_a_planned_variant_holds_its_whole_recipe() -> None:
    variants = plan_training(committed("quick"), NAME).trained
    fields = set(Recipe.model_fields)
    assert all(set(variant.recipe.model_dump()) == fields for variant in variants.values())
    dropout = Dropout(rate=0.25, after="last_conv_and_dense")
    assert variants["none"].recipe.model_copy(update={"dropout": dropout}) == variants["dropout"].recipe
    assert variants["early_stopping_p2"].recipe.epochs == 30
    assert variants["none"].model_dump() | {"recipe": None} == {
        "title": None,  # so that another title trains nothing
        "kind": "as_written",
        "row": "mnist_cnn",
        "task": "mnist",
        "threshold": None,
        "search": None,
        "trial_of": None,
        "warm_start": None,
        "merged": None,
        "vary": None,
        "inferred": [],
        "place": [{"write_up": "000", "line": 167}],
        "recipe": None,
    }
    assert variants["none"].rows == ["mnist_cnn"]


def test_a_variants_own_task_is_planned_with_the_studys(write_params: WriteParams, params: dict[str, Any]) -> None:
    other = {**params["tasks"]["mnist"], "split": {"kind": "tail", "fraction": 0.1}}
    changed = read(write_params({"tasks.other": other, f"studies.{NAME}.variants.dropout.task": "other"}))
    made = make_plan(changed)
    tasks = {
        study: {name: one.task for name, one in planned.variants.items()} for study, planned in made.training.items()
    }
    assert {name for name, task in tasks[NAME].items() if task == "other"} == {"dropout"}
    assert set(tasks[NAME].values()) == {"mnist", "other"} <= made.tasks.keys()
    assert [study for study, of_study in tasks.items() if "other" in of_study.values()] == [NAME]
    assert made.tasks["other"].split.fraction == 0.1
    assert set(made.comparison[NAME].data) == {"mnist", "other"}


def select(write_params: WriteParams, *entries: str) -> Plan:
    """The plan of what is selected."""
    return make_plan(read(write_params({"select": list(entries)})))


def test_the_plan_holds_what_is_selected_and_what_it_needs_and_nothing_else(write_params: WriteParams) -> None:
    made, whole = select(write_params, "mnist_optimizers"), plan("quick")
    assert list(made.training) == list(made.comparison) == ["mnist_optimizers"]
    assert made.training["mnist_optimizers"] == whole.training["mnist_optimizers"]
    assert made.comparison["mnist_optimizers"] == whole.comparison["mnist_optimizers"]
    used = {one.task for one in made.training["mnist_optimizers"].variants.values()}
    assert made.tasks == {name: one for name, one in whole.tasks.items() if name in used}
    assert {name: one.needed for name, one in made.sources.items()} == {"mnist": True, "cifar10": False}
    assert made.sources["mnist"] == whole.sources["mnist"]  # so that DVC knows its download again
    assert {*made.unselected.studies, "mnist_optimizers"} == whole.training.keys()
    assert {*made.unselected.tasks, *made.tasks} == committed().tasks.keys()
    assert all(one.needed for one in whole.sources.values())
    assert whole.unselected.studies == []


def test_selected_studies_keep_the_order_of_the_file(write_params: WriteParams) -> None:
    first, second, third = list(committed().studies)[:3]
    made = select(write_params, third, first)
    assert list(made.training) == [first, third]
    assert made.unselected.studies[0] == second


def test_a_selected_variant_comes_with_its_control_and_what_it_needs(write_params: WriteParams) -> None:
    made = select(write_params, f"{NAME}.dropout", "mnist_tuner_mlp.valsplit")
    assert list(made.training[NAME].variants) == ["none", "dropout"]
    assert made.comparison[NAME].treatments == ["dropout"]
    searched = made.training["mnist_tuner_mlp"].variants
    assert {"valsplit", "valsplit_search"} < searched.keys() < committed().studies["mnist_tuner_mlp"].variants.keys()


def test_a_study_that_is_selected_whole_and_in_part_is_selected_whole(write_params: WriteParams) -> None:
    assert select(write_params, f"{NAME}.dropout", NAME).training == {NAME: plan("quick").training[NAME]}


def test_wording_and_margin_are_no_part_of_what_training_depends_on(write_params: WriteParams) -> None:
    before = make_plan(read(write_params({})))
    changes = {
        f"studies.{NAME}.question": "Otherwise?",
        f"studies.{NAME}.control": "early_stopping_p2_e5",
        "tasks.mnist.margin": 0.01,
        "protocol.alpha": 0.01,
    }
    after = make_plan(read(write_params(changes)))
    assert before.training[NAME] == after.training[NAME]
    assert before.tasks == after.tasks
    assert before.sources == after.sources
    assert before.comparison[NAME] != after.comparison[NAME]


def read_plan() -> Plan:
    """The plan of the working folder, by the readers that stages use."""
    sources = [path.stem for path in layout.source_plan("*").parent.glob("*")]
    return Plan(
        execution=read_execution(),
        sources={name: read_source(name) for name in sources},
        tasks=read_tasks(),
        training=read_training(),
        comparison=read_comparison(),
        unselected=read_unselected(),
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_is_read_as_it_was_written(profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every committed study, value for value and type for type."""
    monkeypatch.chdir(tmp_path)
    made = plan(profile)
    write_plan(made, layout.PLAN)
    found = read_plan()
    assert found == made
    assert found.training.keys() == committed(profile).studies.keys()
    assert list(found.tasks) == list(committed(profile).tasks)  # the order of params.yaml
    for study, planned in made.training.items():
        assert list(found.training[study].variants) == list(planned.variants)
        for name, one in planned.variants.items():
            blocks = found.training[study].variants[name].recipe.blocks
            assert [type(block) for block in blocks] == [type(block) for block in one.recipe.blocks]
    assert list(found.comparison[NAME].claims) == list(made.comparison[NAME].claims)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_that_was_read_is_written_with_the_same_bytes(
    profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_plan(plan(profile), layout.PLAN)
    write_plan(read_plan(), tmp_path / "again")
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.json")}
        for root in (tmp_path / layout.PLAN, tmp_path / "again")
    )
    assert one == other


READERS: dict[Path, Callable[[], object]] = {
    layout.source_plan("mnist"): lambda: read_source("mnist"),
    layout.TASK_PLAN: read_tasks,
    layout.EXECUTION_PLAN: read_execution,
    layout.training_plan(NAME): read_training,
    layout.comparison_plan(NAME): read_comparison,
}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "Invalid JSON"),
        (lambda text: "", "Invalid JSON"),
        (lambda text: "[]", "Input should be an object"),
        (lambda text: text.replace("{", '{"unheard_of": 1,', 1), "unheard_of"),
    ],
    ids=["cut", "empty", "of another shape", "another field"],
)
@pytest.mark.parametrize("path", READERS, ids=str)
def test_a_damaged_plan_is_a_users_error_that_names_the_file(
    path: Path, damage: Callable[[str], str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_plan(plan("quick"), layout.PLAN)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        READERS[path]()
    assert str(caught.value).startswith(f"{path}: expected this file as an earlier stage wrote it; ")
    assert said in str(caught.value)


def test_a_value_of_another_type_in_a_plan_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_plan(plan("quick"), layout.PLAN)
    path = layout.training_plan(NAME)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["variants"]["none"]["recipe"]["epochs"] = "5"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match=r"(?s)mnist_regularizers\.json: .*none\.recipe\.epochs"):
        read_training()


def test_a_plan_that_is_not_there_is_a_users_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for read_part in (read_tasks, lambda: read_source("mnist")):
        with pytest.raises(UserError, match=r"plan/.*\.json: expected this file of an earlier stage"):
            read_part()


def test_the_stage_writes_exactly_the_plan(
    write_params: WriteParams, run_stage: RunStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = make_plan(read(write_params({})))
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "leftover.json").write_text("of a study that is gone")
    finished = run_stage("plan")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert read_plan() == made
    written = {path.relative_to(tmp_path / "plan").as_posix() for path in (tmp_path / "plan").rglob("*.json")}
    assert written == {
        "tasks.json",
        "execution.json",
        "unselected.json",
        *(f"sources/{data_set}.json" for data_set in made.sources),
        *(f"training/{study}.json" for study in made.training),
        *(f"comparison/{study}.json" for study in made.comparison),
    }
    assert {"sources/mnist.json", f"training/{NAME}.json", f"comparison/{NAME}.json"} <= written


def test_where_runs_are_made_changes_nothing_else_of_the_plan(write_params: WriteParams) -> None:
    """No fingerprint can know of it, as no stage is given it but by its own file."""
    before = make_plan(read(write_params({})))
    after = make_plan(read(write_params({"execution.backend": "dask", "execution.workers": 3})))
    assert after.execution != before.execution
    assert replace(after, execution=before.execution) == before


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("backend", "dusk", "Did you mean 'dask'"),
        ("workers", 0, "a whole number from 1, or auto"),
        ("workers", "all", "a whole number from 1, or auto"),
        ("sheduler", "tcp://127.0.0.1:1", "scheduler"),
    ],
)
def test_a_mistake_in_where_runs_are_made_is_said(
    key: str, value: object, said: str, write_params: WriteParams
) -> None:
    with pytest.raises(UserError, match=rf"execution\.{key}: .*{said}"):
        read(write_params({f"execution.{key}": value}))


def test_what_is_inferred_and_its_place_are_part_of_either_plan() -> None:
    made = plan("quick")
    of_training, of_comparison = (one[NAME].variants["l1_conv1"] for one in (made.training, made.comparison))
    for found in (of_training, of_comparison):
        assert found.inferred == ["l1"]
        assert list(map(str, found.place)) == ["000:233"]
    assert made.comparison[NAME].variants["none"].inferred == []


def test_a_caveat_goes_with_every_task_of_its_source(write_params: WriteParams) -> None:
    path = write_params({"profile": "full", "profiles.full.data.cifar10": "cifar10_jpeg"})
    plans = make_plan(read(path)).comparison
    said = {study: find_caveats(plan.data) for study, plan in plans.items()}
    assert said["cifar10_overfitting"] == ["cifar10_jpeg: JPEG pixels, not the official ones"]
    of_cifar10 = {"mnist_regularizers_by_size", *(one for one in said if one.startswith("cifar10_"))}
    assert {study for study, caveats in said.items() if caveats} == of_cifar10
