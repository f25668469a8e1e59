"""Progress: images are counted while runs are under way, and the time left follows from what was measured."""

import re
from collections.abc import Mapping

import pytest

from pipeline.training.pool import News
from pipeline.training.progress import Planned, Progress, Rates

RUNS = {"slow": Planned("cnn", 1000), "fast": Planned("mlp", 1000), "other": Planned("mlp", 500)}


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]


def measured(**seconds: float) -> Rates:
    """Rates by network: seconds of a hundred images."""
    rates = Rates()
    for network, taken in seconds.items():
        rates.add(network, 100, taken)
    return rates


def test_nothing_measured_is_no_time_left() -> None:
    assert Rates().seconds({"cnn": 5}) is None


def test_the_time_left_is_that_of_each_networks_own_rate() -> None:
    assert measured(cnn=10, mlp=1).seconds({"cnn": 1000, "mlp": 500}) == pytest.approx(100 + 5)


def test_an_unknown_network_is_taken_to_be_as_fast_as_all_that_is_known() -> None:
    assert measured(cnn=10, mlp=2).seconds({"other": 100}) == pytest.approx(6)


def test_what_is_measured_later_enters_the_rate() -> None:
    rates = measured(cnn=10)
    rates.add("cnn", 300, 6)
    assert rates.seconds({"cnn": 400}) == pytest.approx(16)


def show(told: Mapping[str, News], capsys: pytest.CaptureFixture[str], finished: str = "") -> str:
    with Progress(RUNS, 2, "train") as progress:
        for name, news in told.items():
            progress.hear(name, news)
        for name in finished.split():
            progress.finish(name)
    return last_line(capsys)


def test_images_of_runs_under_way_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    line = show({"slow": News(0, 250, 50.0), "fast": News(0, 500, 5.0)}, capsys)
    assert "train:  30%" in line
    assert "750/2.50k images" in line
    assert "0 of 3 finished" in line


def test_the_time_left_is_divided_among_the_workers(capsys: pytest.CaptureFixture[str]) -> None:
    """750 images at 0.2 s and 1,000 at 0.01 s, by two workers: 80 s."""
    assert "01:20 left" in show({"slow": News(0, 250, 50.0), "fast": News(0, 500, 5.0)}, capsys)


def test_the_time_left_is_shown_from_the_start_where_rates_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """1,000 images at 0.1 s and 1,500 at 0.02 s, by two workers: 65 s."""
    progress = Progress(RUNS, 2, "train", measured(cnn=10, mlp=2))
    first = last_line(capsys)
    progress.__exit__(None, None, None)
    assert re.search(r"0\.00/2\.50k images.*01:05 left, 0 of 3 finished", first)


def test_a_run_that_stops_early_leaves_its_other_images_out(capsys: pytest.CaptureFixture[str]) -> None:
    line = show({"slow": News(0, 200, 2.0)}, capsys, finished="slow")
    assert "200/1.70k images" in line
    assert "1 of 3 finished" in line


def test_all_finished_is_all_done(capsys: pytest.CaptureFixture[str]) -> None:
    told = {name: News(0, run.images, 1.0) for name, run in RUNS.items()}
    line = show(told, capsys, finished="slow fast other")
    assert "100%" in line
    assert "2.50k/2.50k images" in line
    assert "00:00 left, 3 of 3 finished" in line


def test_a_run_that_begins_anew_is_counted_anew(capsys: pytest.CaptureFixture[str]) -> None:
    """Its worker was lost; what it had done counts no longer, nor does the time."""
    with Progress(RUNS, 2, "train") as progress:
        progress.hear("slow", News(0, 900, 900.0))
        progress.hear("slow", News(0, 100, 1.0))
    line = last_line(capsys)
    assert "100/2.50k images" in line
    assert "00:12 left" in line


def test_late_news_of_a_finished_run_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(RUNS, 2, "train") as progress:
        progress.hear("fast", News(0, 1000, 1.0))
        progress.finish("fast")
        progress.hear("fast", News(0, 500, 0.5))
    assert "1.00k/2.50k images" in last_line(capsys)


def test_without_runs_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress({}, 2, "train"):
        pass
    assert capsys.readouterr().err == ""
