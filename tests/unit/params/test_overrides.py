"""params.yaml is rewritten, by `dvc exp run -S` and by `make looks`, and no line changes but that of a value."""

import difflib
import itertools
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from pipeline.commands.looks import look_until_decided
from pipeline.errors import UserError
from pipeline.params.read import read

VARIANTS = "studies.mnist_regularizers.variants"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    shutil.copy("claims.yaml", tmp_path)
    return Path(shutil.copy("params.yaml", tmp_path))


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def changed_lines(path: Path, before: str) -> tuple[list[str], list[str]]:
    """Lines that are gone, and those that came, without their indentation."""
    lines = list(difflib.unified_diff(before.splitlines(), path.read_text(encoding="utf-8").splitlines(), n=0))[2:]
    return tuple([line[1:].strip() for line in lines if line[0] == sign] for sign in "-+")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("override", "gone", "came"),
    [
        ("profile=full", r"profile: quick #.*", [r"profile: full +#.*"]),
        ("select=[mnist_optimizers]", r"select: all #.*", [r"select: +#.*", r"- mnist_optimizers"]),
        ("protocol.alpha=0.01", r"alpha: 0.05 #.*", [r"alpha: 0.01 +#.*"]),
        (f"{VARIANTS}.l2_conv1.l2.amount=0.01", r"l2: .*0\.001, .*", [r"l2: \{amount: 0.01, layers: first_conv\}"]),
        (f"{VARIANTS}.dropout.dropout=0.5", r"dropout: 0.25", [r"dropout: 0.5"]),
        ("profiles.quick.caps.trials=7", r"caps: .*trials: \d+\}.*", [r"caps: .*trials: 7\}.*"]),
        ("studies.mnist_longer_training.treatments=[e15]", r"- batch_norm_e15|- early_stopping_p2", []),
        (f"+{VARIANTS}.dropout_half.dropout=0.5", None, [r"dropout_half:", r"dropout: 0.5"]),
        ("+protocol.looks=[8,12]", None, [r"looks:", "- 8", "- 12"]),
        ("~studies.mnist_longer_training.variants.none.place.line", r"place: .*", [r"place: \{write_up: '000'\}"]),
    ],
)
def test_an_override_changes_the_lines_of_its_value_and_no_other(
    path: Path, override: str, gone: str | None, came: list[str]
) -> None:
    before = path.read_text(encoding="utf-8")
    apply_overrides(str(path), [override])
    old, new = changed_lines(path, before)
    assert all(gone and re.fullmatch(gone, line) for line in old), old
    assert len(new) == len(came), new
    assert all(re.fullmatch(pattern, line) for pattern, line in zip(came, new, strict=True)), new


def test_an_override_of_what_is_there_changes_no_byte(path: Path) -> None:
    before = path.read_bytes()
    apply_overrides(str(path), ["profile=quick", f"{VARIANTS}.l2_conv1.l2.amount=0.001"])
    assert path.read_bytes() == before


def test_an_override_changes_one_value_and_nothing_else(path: Path) -> None:
    expected = load(path)
    expected["studies"]["mnist_regularizers"]["variants"]["l2_conv1"]["l2"]["amount"] = 0.01
    apply_overrides(str(path), [f"{VARIANTS}.l2_conv1.l2.amount=0.01"])
    assert load(path) == expected
    assert read(path).studies["mnist_regularizers"].claims


def test_params_yaml_is_kept_readable(path: Path) -> None:
    """Whatever stands in it: no anchors, which DVC copies out, and no text so long that DVC wraps it."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if re.search(r": [&*]\w| $", line)] == []
    assert [line for line in lines if len(line.partition("#")[0]) > 80] == []
    pairs = itertools.pairwise(lines)
    assert [line for line, after in pairs if line.lstrip().startswith("- ") and not after] == []  # it goes with a list


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("+selct=[mnist_optimizers]", "selct: unknown key. Did you mean 'select'?"),
        ("+protocol.looks_=[8]", "protocol.looks_: unknown key. Did you mean 'looks'?"),
        (f"+{VARIANTS}.dropout.dropuot=0.5", f"{VARIANTS}.dropout.dropuot: unknown key. Did you mean 'dropout'?"),
        ("+studies.mnist_optimizer.control=sgd", "received none. Did you mean 'mnist_optimizers'?"),
        ("+studies.mnist_optimizers.claims={}", "studies.mnist_optimizers.claims: expected in "),
        ("select=[mnist_optimiser]", "'mnist_optimiser' is not declared. Did you mean 'mnist_optimizers'?"),
    ],
)
def test_a_mistyped_key_or_name_is_refused_with_the_nearest_legal_one(path: Path, override: str, said: str) -> None:
    """DVC itself refuses a key that is not there, and advises to add it by `+`: so it comes to the plan."""
    if override.startswith("+"):
        with pytest.raises(InvalidArgumentError):
            apply_overrides(str(path), [override[1:]])
    apply_overrides(str(path), [override])
    with pytest.raises(UserError) as caught:
        read(path)
    assert said in str(caught.value)


def test_looks_change_the_looks_and_nothing_else(path: Path) -> None:
    apply_overrides(str(path), ["+protocol.looks=[8,12]"])
    before, expected = path.read_text(encoding="utf-8"), load(path)
    expected["profiles"]["quick"]["studies"]["mnist_cnn2"] = {"look": 2}
    look_until_decided(path, lambda: None, lambda: {"mnist_cnn2"})
    assert load(path) == expected
    assert changed_lines(path, before) == ([], ["mnist_cnn2:", "look: 2"])


def test_looks_are_for_what_is_selected(path: Path) -> None:
    apply_overrides(str(path), ["+protocol.looks=[8,12]", "select=[mnist_optimizers]"])
    before = path.read_bytes()
    look_until_decided(path, lambda: None, lambda: {"mnist_cnn2"})
    assert path.read_bytes() == before
