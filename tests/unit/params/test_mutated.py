"""Whatever params.yaml and claims.yaml hold, stage `plan` plans it or says in one message what is wrong, in seconds."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import dump_yaml
from ruamel.yaml import YAML

from pipeline.errors import UserError
from pipeline.params.section import MOST_LINES
from tests.mutated import NAMES, mutate, plan

SECONDS = 5.0
LONGEST = 20_000  # characters of a message

PARAMS = """
select: all
profile: quick
execution: {backend: loky, scheduler: "tcp://127.0.0.1:8786", workers: auto}
protocol: {alpha: 0.05, looks: [8, 12], margins: {test_loss: 0.01, epochs_run: 0.4}}
profiles:
  quick:
    data: {mnist: digits, mine: own}
    repeats: 10
    caps: {image_passes: 1200, trials: 2}
    studies: {first: {repeats: 6, look: 1, caps: {image_passes: 6000}}}
  full: {data: {mnist: digits, mine: own}, repeats: 10}
sources:
  digits: {loader: digits, description: small digits, margin: 0.02, sha256: {}}
  own: {loader: npz, description: mine, path: mine.npz, stand_in_for: digits, sha256: {}}
tasks:
  mnist: {data: mnist, split: {kind: tail, fraction: 0.2}, scaling: {method: unit}, margin: 0.002}
  two:
    data: mnist
    classes: [[3], [7, 8]]
    sorted_by_class: true
    limit: 1000
    split: {kind: shuffled, fraction: 0.2, seed: 42, stratified: true}
    scaling: {method: standardize, fit_on: train}
    margin: 0.003
  anew: {data: mine, split: {kind: shuffled, fraction: 0.2, seed: repeat}, scaling: {method: unit}, margin: 0.002}
studies:
  first:
    question: Which?
    task: mnist
    shifts: [0, 1, 2]
    model:
      {architecture: cnn3, optimizer: {name: adam, learning_rate: 0.001}, batch_size: 64, epochs: 5, inferred: [epochs]}
    control: plain
    treatments: [dropout, stopped, warm]
    variants:
      plain: {}
      dropout: {dropout: 0.25, l1: {amount: 0.001, layers: first_conv}, place: {write_up: '000', line: 3}, row: a}
      stopped: {early_stopping: {monitor: val_loss, patience: 2}, step_decay: {factor: 0.1, epochs: 2}}
      warm: {warm_start: plain, augmentation: {rotation: 0.1, flip: horizontal}}
      pair: {task: two, threshold: 0.6, loss: binary_crossentropy}
      same: {vary: [weights], padding: same, batch_normalization: true, kernel_initializer: he_normal}
  second:
    question: How many units?
    task: mnist
    model: {architecture: tuned_mlp, units: 32, optimizer: {name: sgd, learning_rate: 0.1}, batch_size: full, epochs: 2}
    control: search
    variants:
      search: {search: {trials: 3, units: {minimum: 32, maximum: 64, step: 16}, learning_rate: [0.1, 0.01]}}
      best: {trial_of: {variant: search, which: best}, updates: 10, sampling: with_replacement}
      hand: {library: numpy, architecture: mlp, units: null, loss_reduction: sum}
  third:
    question: What varies?
    task: anew
    model: {architecture: lenet, optimizer: {name: rmsprop, learning_rate: 0.001}, batch_size: 32, epochs: 1}
    control: all
    treatments: []
    variants: {all: {}, merged: {task: two, merged: {variant: all, rule: sum}}}
"""
CLAIMS = """
first:
  A-1:
    says: Dropout is best.
    place: [{write_up: '000', line: 4}]
    printed: {dropout: 0.9, plain: 0.8}
    as_written: {of: dropout, above: [plain, stopped], margin: 0.002}
    controlled:
      - {metric: test_loss, of: {lowest: [plain, dropout]}, below: {value: 0.5, times: 2.0}}
      - {metric: accuracy_drop_shift_2, of: {difference: [plain, dropout]}, equals: 0}
  A-2: {says: Nobody knows., question: true, not_testable: {as_written: no such thing, controlled: nor here}}
  A-3:
    says: It ranks first.
    controlled:
      - {of: {rank: plain, among: [plain, dropout, stopped]}, equals: 1}
      - {of: {spread: plain}, below: 0.01}
      - {differ: [plain, dropout]}
      - {best_changes: [[plain, dropout], [stopped, warm]]}
      - {metric: parameters, of: {network: {architecture: lenet, input_shape: [32, 32, 3], layer: conv1}}, above: 100}
      - {metric: split_checksum, of: {split: {n: 100, fraction: 0.2, seed: 42}}, differs_from: {deviation: plain}}
"""
WriteParams = Callable[[Mapping[str, Any]], Path]


def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    return YAML(typ="safe").load(PARAMS), YAML(typ="safe").load(CLAIMS)


def refusal(folder: Path) -> str | None:
    """The one message of a refusal; None where it is planned."""
    try:
        plan(folder)
    except UserError as error:
        return str(error)
    return None


def assert_planned_or_refused(folder: Path, what: str) -> bool:
    """Whether it is planned; fails on any exception but a UserError, on a long message, and on a slow one."""
    began = time.process_time()
    try:
        said = refusal(folder)
    except BaseException as error:
        pytest.fail(f"{what}: {error!r}")
    assert time.process_time() - began < SECONDS, what
    if said is not None:
        assert len(said.splitlines()) <= MOST_LINES, f"{what}: {said}"
        assert 10 < len(said) < LONGEST, f"{what}: {said}"
        assert "\x1b" not in said and "\x00" not in said, what
    return said is None


def fuzz(folder: Path, seeds: range) -> list[bool]:
    params, claims = documents()
    planned = []
    for seed in seeds:
        what = mutate(folder, params, claims, seed)
        planned.append(assert_planned_or_refused(folder, what))
    return planned


def test_the_documents_that_are_mutated_are_legal(tmp_path: Path) -> None:
    for name, text in zip(NAMES, (PARAMS, CLAIMS), strict=True):
        (tmp_path / name).write_text(text)
    assert refusal(tmp_path) is None
    write(tmp_path, *documents())
    assert refusal(tmp_path) is None
    assert len(list((tmp_path / "plan/training").iterdir())) == 3


def test_two_thousand_mutations_are_planned_or_refused_in_words(tmp_path: Path) -> None:
    planned = fuzz(tmp_path, range(2000))
    assert 0.04 < sum(planned) / len(planned) < 0.6  # the mutations are neither all harmless nor all the same


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_twenty_thousand_mutations_are_planned_or_refused_in_words(tmp_path: Path) -> None:
    fuzz(tmp_path, range(2000, 22_000))


def test_what_is_committed_survives_mutations_too(tmp_path: Path, repository: Path) -> None:
    committed = [YAML(typ="safe").load((repository / name).read_text()) for name in NAMES]
    for seed in range(30):
        assert_planned_or_refused(tmp_path, mutate(tmp_path, committed[0], committed[1], seed))


BOMB = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
MONSTERS = {
    "brackets": "[" * 100_000,
    "closed brackets": "[" * 5_000 + "]" * 5_000,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "questions": "? " * 100_000,
    "indented sections": "".join(f"{' ' * i}a:\n" for i in range(2_000)),
    "aliases": BOMB,
    "a section within itself": "studies: &a {b: *a}",
    "a merge with itself": "studies: &a {<<: *a}",
    "digits": f"profile: {'9' * 5_000}",
    "hexadecimal digits": f"profile: 0x{'f' * 5_000}",
    "no date": "profile: 2001-99-99",
    "a date": "profile: 2001-01-01",
    "no base 64": "profile: !!binary x",
    "bytes": "profile: !!binary eA==",
    "an object": "profile: !!python/object/apply:os.system [x]",
    "a set": "studies: !!set {a}",
    "a key that is a list": "{[a]: 1}",
    "a key that is a mapping": "? {a: 1}\n: 2",
    "a key that is a number": "studies: {1: {}}",
    "a key that is nothing": "~: 1",
    "half a character": 'profile: "\\ud800"',
    "no character": 'profile: "\\0"',
    "two documents": "a: 1\n---\nb: 2",
    "another version": "%YAML 3.0\n---\na: 1",
    "no tag": "a: !x y",
    "no number": "a: !!int x",
    "megabytes": f"profile: {'x' * 4_000_000}",
    "too many megabytes": f"profile: {'x' * 6_000_000}",
    "a hundred thousand names": "\n".join(f"x{i}: 1" for i in range(100_000)),
    "a long name": f"{'x' * 100_000}: 1",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("monster", MONSTERS)
def test_a_monster_is_refused_in_words(tmp_path: Path, monster: str, name: str) -> None:
    text = MONSTERS[monster]
    if text.startswith("profile: "):  # all else is legal
        text = PARAMS.replace("profile: quick", text)
    legal = {NAMES[0]: PARAMS, NAMES[1]: ""}
    for file, content in {**legal, name: text}.items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    assert not assert_planned_or_refused(tmp_path, monster)
    assert refusal(tmp_path).startswith(str(tmp_path / name))  # type: ignore[union-attr]


VARIANT, STUDY = "studies.first.variants.plain", "studies.first"
BEYOND = {
    f"{STUDY}.shifts": [0, 28],
    f"{VARIANT}.batch_size": 2**63,
    f"{VARIANT}.epochs": 10**9,
    f"{VARIANT}.units": 10**12,
    f"{VARIANT}.l2": {"amount": 1e308, "layers": "all"},
    f"{VARIANT}.updates": 10**9,
    f"{STUDY}.question": "\x1b[2J",
    f"{STUDY}.variants.{'x' * 250}": {},
    f"studies.{'x' * 250}": {},
    "tasks.mnist.split": {"kind": "shuffled", "fraction": 0.2, "seed": 2**32},
    "tasks.two.classes": [[3], [300]],
    "profiles.quick.repeats": 10**9,
    "protocol.looks": [8, 10**9],
    "protocol.margins.test_loss": 1e308,
    "execution.workers": 10**9,
    "studies": {},
    "claims.first.A-1.controlled": {"of": {"variant": "plain", "times": 1e308}, "above": 1},
    "claims.first.A-1.as_written": {"of": "plain", "above": 1e300},
    "claims.first.A-3.controlled": {"of": {"split": {"n": 10, "fraction": 0.5, "seed": 2**32}}, "equals": 1},
    "claims.first.A-3.as_written": {"of": {"split": {"n": 10**12, "fraction": 0.5, "seed": 1}}, "equals": 1},
    "claims.first.A-3.not_testable": {"as_written": "x" * 10_000},
    "claims.first.A-2.printed": {"plain": 1e300},
    "claims.first.A-2.says": "",
    f"claims.first.{'x' * 250}": {"says": "x", "not_testable": {"controlled": "x"}},
}


@pytest.mark.parametrize("key", BEYOND)
def test_what_later_stages_could_not_do_is_refused_where_it_stands(tmp_path: Path, key: str) -> None:
    params, claims = documents()
    *path, last = key.split(".")
    section: Any = params
    if path[:1] == ["claims"]:
        section, path = claims, path[1:]
    for part in path:
        section = section[part]
    section[last] = BEYOND[key]
    write(tmp_path, params, {} if key == "studies" else claims)
    said = refusal(tmp_path)
    assert said is not None
    assert said.partition(": ")[2].startswith(".".join(path or [last])[:40])
    assert len(said.splitlines()) <= MOST_LINES


def write(folder: Path, params: dict[str, Any], claims: dict[str, Any]) -> None:
    for name, content in zip(NAMES, (params, claims), strict=True):
        dump_yaml(folder / name, content)


@pytest.mark.parametrize("name", ["claims", "exercises", "index", "receipt", "timings"])
def test_a_study_has_no_name_of_a_page_or_file(tmp_path: Path, name: str) -> None:
    params, claims = documents()
    params["studies"][name] = params["studies"].pop("second")
    write(tmp_path, params, claims)
    assert f"studies.{name}: expected another name than claims, data, exercises" in (refusal(tmp_path) or "")


def test_a_network_whose_windows_do_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.models.architectures import ARCHITECTURES
    from pipeline.models.blocks import Conv

    monkeypatch.setitem(ARCHITECTURES, "cnn3", lambda: [Conv("conv1", 8, 29)])
    for file, text in zip(NAMES, (PARAMS, CLAIMS), strict=True):
        (tmp_path / file).write_text(text)
    said = refusal(tmp_path) or ""
    assert f"{STUDY}.variants.plain: expected what images of 28x28 pixels allow, as 'digits' has" in said
    assert "at least 29x29" in said


def test_the_plan_says_how_large_images_of_ones_own_must_be(tmp_path: Path) -> None:
    from pipeline.params.plan import PlannedSource

    for file, text in zip(NAMES, (PARAMS, CLAIMS), strict=True):
        (tmp_path / file).write_text(text)
    plan(tmp_path)
    source = PlannedSource.model_validate_json((tmp_path / "plan/sources/mine.json").read_text())
    assert (source.least_side, source.least_side_of) == (16, "studies.third.variants.all")  # LeNet-5's: 16, 12, 6, 2, 1
    shutil.rmtree(tmp_path / "plan")
