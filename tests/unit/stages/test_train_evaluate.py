"""Stages train and evaluate over two studies that share a run: what is equal is computed once and shown twice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.data.identity import Identities
from pipeline.errors import UserError
from pipeline.evaluation import evaluate as evaluation
from pipeline.evaluation.collect import write_study
from pipeline.evaluation.work import Evaluated
from pipeline.files import digest_arrays, read_arrays, read_model, read_table, write_model
from pipeline.params.plan import TrainingPlan, Unselected
from pipeline.params.schema import Execution
from pipeline.stages.evaluate import evaluate
from pipeline.stages.train import train
from pipeline.store import Store, evaluation_store, run_store
from pipeline.training import train as training
from pipeline.training.data import RunResult
from pipeline.training.pool import News
from pipeline.training.record import Seconds
from pipeline.training.study_runs import StudyRun, VariantRuns
from tests.builders import build_identity, build_plan, build_result, write_data_set, write_task

SCALARS = {
    **{"test_accuracy": 0.5, "test_loss": 0.4, "train_accuracy": 1.0, "train_loss": 0.0, "weight_norm": 2.0},
    **{"sparsity": 0.1, "probability_sum_error": 0.0},
}
ONE = build_plan({"none": {}, "dropout": {"recipe": {"dropout": 0.5}}}, study="one")
OTHER = build_plan({"plain": {}, "l2": {"recipe": {"l2": {"amount": 0.1, "layers": "all"}}}}, study="other")


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that the stages before have written: two studies of one task, which differ in a variant each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    plan(ONE, OTHER)
    write_model(layout.EXECUTION_PLAN, Execution())
    write_data_set("mnist", np.zeros((4, 2, 2), np.uint8), np.zeros((2, 2, 2), np.uint8))
    write_task("mnist", [0, 1, 0, 1], [0, 1], validating=1)
    write_model(layout.IDENTITIES, Identities(tasks={"mnist": build_identity(4, classes=["0", "1"])}))
    return tmp_path


def plan(*plans: TrainingPlan) -> None:
    for one in plans:
        write_model(layout.training_plan(one.study), one)
    write_model(layout.UNSELECTED, Unselected())


def select(plan: TrainingPlan, *unselected: str) -> None:
    """Plan one study alone; others are declared."""
    for path in layout.training_plan("*").parent.glob("*"):
        path.unlink()
    write_model(layout.training_plan(plan.study), plan)
    write_model(layout.UNSELECTED, Unselected(studies=list(unselected)))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many jobs of each kind were sent to workers. A run's weight is its order seed, and dropout adds one."""
    counts = {"train": 0, "evaluate": 0}

    def train_all(
        function: Any, jobs: Any, pool: Any, bundles: Any, hear: Callable[[News], None]
    ) -> Iterator[tuple[int, RunResult]]:
        for index, job in enumerate(jobs):
            counts["train"] += 1
            hear(News(index, job.image_passes, 1.0))
            yield index, build_result(job.recipe, weights=job.seeds.order % 1000 + bool(job.recipe.dropout))

    def evaluate_all(function: Any, jobs: Any, *others: Any) -> Iterator[tuple[int, Evaluated]]:
        for index, job in enumerate(jobs):
            counts["evaluate"] += 1
            nll = np.repeat(job.weights["conv1/kernel"], 2)
            answers = {"predicted": np.zeros(2, np.uint8), "nll": nll, "positive": np.zeros(2, np.float32)}
            yield index, Evaluated(SCALARS, answers, 0.5)

    monkeypatch.setattr(training, "run_all", train_all)
    monkeypatch.setattr(evaluation, "run_all", evaluate_all)
    return counts


def named() -> dict[str, StudyRun]:
    """All runs in runs/, by study/variant/repeat."""
    files = layout.RUNS.rglob(layout.VARIANT_RUNS)
    runs = [(path, run) for path in files for run in read_model(path, VariantRuns).root]
    return {f"{path.parent.relative_to(layout.RUNS).as_posix()}/{run.repeat}": run for path, run in runs}


@pytest.mark.usefixtures("working_folder")
def test_a_run_that_two_studies_share_is_trained_once_and_appears_under_both(
    sent: dict[str, int],
) -> None:
    train()
    assert sent["train"] == 6
    variants = ("one/dropout", "one/none", "other/l2", "other/plain")
    runs = named()
    assert sorted(runs) == [f"{variant}/{repeat}" for variant in variants for repeat in range(2)]
    for repeat in range(2):
        none, plain = runs[f"one/none/{repeat}"], runs[f"other/plain/{repeat}"]
        names = {"study": "other", "variant": "plain"}
        assert none.model_copy(update=names) == plain
        assert (none.study, none.variant, none.repeat, none.task) == ("one", "none", repeat, "mnist")
    assert len({run.fingerprint for run in runs.values()}) == 6


@pytest.mark.usefixtures("working_folder")
def test_the_whole_grid_is_counted_in_one_line_and_one_bar(
    sent: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    train()
    shown = capsys.readouterr()
    assert shown.out == "6 runs declared, 0 reused, 6 to train\n"
    assert shown.err.count("train: 100%") == 1
    train()
    assert capsys.readouterr().out == "6 runs declared, 6 reused, 0 to train\n"


@pytest.mark.usefixtures("working_folder", "sent")
def test_weights_and_seconds_stay_in_the_run_store() -> None:
    train()
    files = {path.name for path in layout.RUNS.rglob("*") if path.is_file()}
    assert files == {layout.VARIANT_RUNS, layout.HISTORY, layout.MODEL_SUMMARY}
    for run in named().values():
        kept = run_store().path(run.fingerprint)
        assert digest_arrays(read_arrays(kept / layout.WEIGHTS)) == run.weights_digest
        assert read_model(kept / layout.SECONDS, Seconds) == Seconds(
            train_seconds=1.5, traced=True, processor="a processor"
        )


@pytest.mark.usefixtures("working_folder", "sent")
def test_what_is_no_longer_planned_leaves_runs_and_stays_in_the_store(sent: dict[str, int]) -> None:
    train()
    plan(build_plan({"none": {}}, study="one"))
    train()
    variants = ("one/none", "other/l2", "other/plain")
    assert sorted(named()) == [f"{variant}/{repeat}" for variant in variants for repeat in range(2)]
    plan(ONE)
    train()
    assert sent["train"] == 6


@pytest.mark.usefixtures("working_folder", "sent")
@pytest.mark.parametrize("declared", [True, False])
def test_a_study_that_is_not_selected_stays_as_it_was_and_one_that_is_not_declared_goes(declared: bool) -> None:
    train()
    evaluate()
    before = {path: path.read_bytes() for root in (layout.RUNS, layout.EVALUATIONS) for path in root.rglob("*.*")}
    select(build_plan({"none": {}}, study="one", repeats=1), *(["other", "never_run"] if declared else []))
    train()
    evaluate()
    after = {path: path.read_bytes() for root in (layout.RUNS, layout.EVALUATIONS) for path in root.rglob("*.*")}
    others = {path: content for path, content in before.items() if "other" in path.parts}
    assert {path: content for path, content in after.items() if "other" in path.parts} == (others if declared else {})
    assert {path.parts[2] for path in after if path.parts[:2] == ("runs", "one")} == {"none"}
    assert read_table(layout.evaluated_runs("one"))["repeat"].tolist() == [0]
    assert not (layout.RUNS / "never_run").exists()


@pytest.mark.usefixtures("working_folder")
def test_equal_evaluations_of_two_studies_are_computed_once(
    sent: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    train()
    evaluate()
    assert sent["evaluate"] == 6
    assert "6 evaluations, 6 to compute" in capsys.readouterr().out
    tables = {name: read_table(layout.evaluated_runs(name)) for name in ("one", "other")}
    assert tables["one"]["variant"].tolist() == ["none", "none", "dropout", "dropout"]
    assert tables["other"]["variant"].tolist() == ["plain", "plain", "l2", "l2"]
    shared = [table.iloc[:2].drop(columns="variant") for table in tables.values()]
    assert shared[0].equals(shared[1])
    none, plain = (
        read_arrays(layout.evaluated_images(study, variant)) for study, variant in (("one", "none"), ("other", "plain"))
    )
    assert none.keys() == plain.keys()
    assert all(np.array_equal(none[name], plain[name]) for name in none)
    evaluate()
    assert sent["evaluate"] == 6


@pytest.mark.usefixtures("working_folder", "sent")
def test_only_the_study_that_changed_is_collected_again(monkeypatch: pytest.MonkeyPatch) -> None:
    train()
    evaluate()
    before = layout.evaluated_runs("other").read_bytes()
    collected = []

    def write(store: Store, plan: TrainingPlan, *more: Any) -> None:
        collected.append(plan.study)
        write_study(store, plan, *more)

    monkeypatch.setattr("pipeline.stages.evaluate.write_study", write)
    plan(build_plan({"none": {}, "dropout": {"recipe": {"dropout": 0.25}}}, study="one"))
    for _ in range(2):
        train()
        evaluate()
    assert collected == ["one"]
    assert layout.evaluated_runs("other").read_bytes() == before
    assert not list(layout.EVALUATIONS.rglob(layout.DIGESTS))


@pytest.mark.usefixtures("working_folder")
def test_evaluate_refuses_when_the_run_store_lacks_weights(sent: dict[str, int]) -> None:
    """As in a clone that pulled runs/ and has no store."""
    train()
    store, kept = run_store(), named()["one/none/0"].fingerprint
    store.remove([one for one in store.list_results() if one != kept])
    with pytest.raises(UserError, match=r"\.runs/trained: expected the weights of 5 runs.*dvc repro --force train"):
        evaluate()
    assert sent["evaluate"] == 0
    assert not layout.EVALUATIONS.exists()
    train()
    evaluate()
    assert sent == {"train": 6 + 5, "evaluate": 6}


@pytest.mark.usefixtures("working_folder", "sent")
def test_evaluations_that_the_store_has_need_no_weights() -> None:
    train()
    evaluate()
    before = layout.evaluated_runs("one").read_bytes()
    run_store().remove(run_store().list_results())
    evaluate()
    assert layout.evaluated_runs("one").read_bytes() == before
    evaluation_store().remove(evaluation_store().list_results())
    with pytest.raises(UserError, match="expected the weights of 6 runs"):
        evaluate()
