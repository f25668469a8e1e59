"""The estimate before a long training: every network tried once, in little time, and what follows from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.data.images import scale_to_unit
from pipeline.params.recipe import Search
from pipeline.params.task import Split
from pipeline.seeds import repeat_seeds
from pipeline.training import estimate
from pipeline.training.data import Start, Tell, TrainingData
from pipeline.training.estimate import EPOCHS, TRIED, measure_rates, network_of, shorten, time_epochs
from pipeline.training.pool import LocalPool
from pipeline.training.work import Job
from tests.builders import build_examples, build_recipe

N = 10_000
HERE = LocalPool(2)


def job(n: int = N, split: Split | None = None, repeat: int = 0, **recipe: Any) -> Job:
    pixels = np.zeros((n, 2, 2), np.uint8)
    whole = build_examples(pixels, np.arange(n) % 10)
    validation = None if split else whole.take(np.arange(n // 4))
    data = TrainingData("d", 10, whole, validation, scale_to_unit(), split)
    return Job(build_recipe(**{"architecture": "mlp", **recipe}), None, repeat_seeds(repeat), data)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs that were tried; a cnn3 takes 10 ms an image, and anything else 1 ms."""
    sent: list[Job] = []

    def run_all(
        function: Any, jobs: Sequence[Job], pool: Any, bundles: Any, hear: Callable[[Any], None]
    ) -> Iterator[tuple[int, tuple[int, float]]]:
        sent.extend(jobs)
        for index, one in reversed(list(enumerate(jobs))):
            yield index, (100, 1.0 if one.recipe.architecture == "cnn3" else 0.1)

    monkeypatch.setattr(estimate, "run_all", run_all)
    return sent


def test_small_trainings_are_not_measured(tried: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    assert measure_rates([job(epochs=5)], HERE).seconds({"any": 1}) is None
    assert tried == []
    assert capsys.readouterr().out == ""


def test_every_network_is_tried_once_and_the_hours_are_said_once(
    tried: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    """5 times 500 epochs of 10,000 images at 10 ms and as many at 1 ms, by two workers."""
    jobs = [job(repeat=r, epochs=500, architecture=one) for r in range(5) for one in ("cnn3", "mlp")]
    rates = measure_rates(jobs, HERE)
    assert sorted(one.recipe.architecture for one in tried) == ["cnn3", "mlp"]
    assert rates.seconds({network_of(jobs[0]): 100, network_of(jobs[1]): 100}) == pytest.approx(1.1)
    hours = 5 * 500 * N * 0.011 / 2 / 3600
    assert capsys.readouterr().out.splitlines() == [
        "trying 2 networks for a moment each, for an estimate",
        f"about {hours:.1f} h on 2 workers, by these rates",
    ]


def test_a_training_of_minutes_is_no_matter_of_hours(tried: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    """1,000,000 images at 1 ms, by two workers: 500 s."""
    measure_rates([job(epochs=100)], HERE)
    assert "about" not in capsys.readouterr().out


def test_a_network_is_the_same_whatever_is_set_per_run_and_another_with_other_batches() -> None:
    one = network_of(job())
    assert one == network_of(job(n=20, repeat=1, epochs=9, optimizer={"name": "adam", "learning_rate": 0.5}))
    assert one != network_of(job(batch_size=1))
    assert one != network_of(job(architecture="tuned_mlp", units=5))


def test_a_trial_is_short_and_leaves_out_what_it_would_need_from_others() -> None:
    search = Search(trials=5, learning_rate=[0.1])
    stopping = {"monitor": "val_loss", "patience": 0}
    long = replace(
        job(epochs=50, early_stopping=stopping), search=search, hyperparameters={"units": 3}, start=Start({})
    )
    trial = shorten(long)
    assert (trial.search, trial.hyperparameters, trial.start) == (None, None, None)
    assert (len(trial.data.train), trial.image_passes) == (TRIED, EPOCHS * TRIED)
    assert trial.data.validation is not None
    assert len(trial.data.validation) == TRIED // 4
    assert trial.data != long.data
    assert network_of(trial) == network_of(long)


def test_a_trial_of_few_images_takes_all_of_them() -> None:
    assert len(shorten(job(n=40)).data.train) == 40


def test_where_each_repeat_splits_the_trial_is_split_too() -> None:
    trial = shorten(job(split=Split(kind="shuffled", fraction=0.2, seed="repeat")))
    assert trial.data.validation is not None
    assert len(trial.data.validation) == TRIED // 4
    assert trial.data.split is None


def test_the_first_epoch_which_traces_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 103.0, 107.0])

    def perform(job: Job, tell: Tell) -> None:
        for images in (10, 10, 6):
            tell(images)

    monkeypatch.setattr(estimate, "perform", perform)
    monkeypatch.setattr("pipeline.training.estimate.time.perf_counter", lambda: next(clock))
    told: list[int] = []
    assert time_epochs(job(), told.append) == (16, 7.0)
    assert told == [10, 10, 6]
