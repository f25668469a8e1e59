"""What was written is data: texts name computed values, and a mistake names file and entry."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.writeups import entries
from pipeline.writeups.entries import Erratum, Figure, PrintedRun, WorkedExercise, read_entries, read_printed
from pipeline.writeups.exercises import solve
from pipeline.writeups.steps import Exercise, Step
from pipeline.writeups.text import fill
from pipeline.writeups.values import compute_values

VALUES: dict[str, Any] = {
    "a": 1234.5,
    "b": -0.25,
    "c/0: Dense": 1000,
    "d": [1.0, [-2.0, None]],
    "ŷ(1 − ŷ)": 1 / 3,
}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{a}", 1234.5),
        ("{a} and {b}", "1234.5 and −0.25"),
        ("2·{b:()} + {a:()}", "2·(−0.25) + 1234.5"),
        ("{b:+.3f}, {b:.1%}, {c/0: Dense:,d}", "−0.250, −25.0%, 1,000"),
        ("{ŷ(1 − ŷ):12}; {ŷ(1 − ŷ)}", "0.333333333333; 0.33333333"),
        ("{c/0: Dense} of {d}", "1,000 of [1, [−2, None]]"),
        (["{c/0: Dense}", ["{b}", 7]], [1000, [-0.25, 7]]),
        ("nothing named", "nothing named"),
        (None, None),
    ],
)
def test_texts_are_filled_with_values(template: Any, filled: Any) -> None:
    assert fill(template, VALUES, "here") == filled


def test_an_unknown_value_is_named_with_the_file_the_entry_and_the_nearest_name() -> None:
    with pytest.raises(UserError, match=r"^f.yaml: D1: .* received 'c/0: Dens'. Did you mean 'c/0: Dense'\?"):
        fill("so {c/0: Dens:,d}", VALUES, "f.yaml: D1")


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.setattr(entries, "DATA", folder)
    (folder / f"{folder.name}.yaml").write_text(text, encoding="utf-8")
    return f"{folder.name}.yaml"


def test_an_unknown_key_is_named_with_file_and_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, monkeypatch, "D001-1: {where: here, written: a, rigth: b}")
    with pytest.raises(UserError, match=rf"{file}: D001-1: rigth: unknown key. Did you mean 'right'\?"):
        read_entries(file, Erratum)


def test_an_erratum_says_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "D003-9: {where: w, quote: a, written: a, right: b%s}"
    entry = read_entries(write(tmp_path, monkeypatch, text % ", place: {write_up: '003', line: 41}"), Erratum)["D003-9"]
    assert entry.place.line == 41
    read_entries.cache_clear()
    with pytest.raises(UserError, match="D003-9: place: expected a value, received none"):
        read_entries(write(tmp_path, monkeypatch, text % ""), Erratum)


def test_a_share_may_be_a_quotient_of_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = "place: {write_up: '000', line: 1}"
    text = f"row: {{{place}, metrics: {{test_accuracy: 3/4}}, epochs: {{loss: [null, 0.5], seconds: [1, 2]}}}}"
    run = read_entries(write(tmp_path, monkeypatch, text), PrintedRun)["row"]
    assert run.scalars == {"test_accuracy": 0.75}
    assert run.curve("loss") == {2: 0.5}
    assert run.curve("val_loss") == {}
    assert run.count() == {"test_accuracy": 1, "loss": 1, "seconds": 2}


def test_a_figure_beside_no_step_is_refused() -> None:
    exercise = Exercise("sheet", "001", "A sheet", False, {}, [Step("loss", "f", "s", 0.5)])
    assert exercise.compare({"loss": Figure(text=".5")}).steps[0].agrees
    with pytest.raises(UserError, match=r"sheet: printed: .* received 'los'. Did you mean 'loss'\?"):
        exercise.compare({"los": Figure(text=".5")})


def test_names_of_values_do_not_hide_each_other() -> None:
    """Names of exercises, rows of runs and facts share one registry without hiding each other."""
    names = [
        name
        for file in ("convolution", "backpropagation", "numpy_network", "counts")
        for name in read_entries(f"{file}.yaml", WorkedExercise)
    ]
    names += [exercise.id for exercise in solve().topics["parameter_counts"] if exercise.id not in names]
    names += list(read_printed())
    assert len(set(names)) == len(names)
    assert {name.partition("/")[0] for name in compute_values()} >= set(names)
