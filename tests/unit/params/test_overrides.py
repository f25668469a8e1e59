"""params.yaml survives being rewritten: by `dvc exp run -S` and by `make looks`."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from pipeline.commands.looks import look_until_decided
from pipeline.params.read import read

AMOUNT = "studies.mnist_regularizers.variants.l2_conv1.l2.amount"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy("params.yaml", tmp_path))


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def test_an_override_changes_one_value_and_nothing_else(path: Path) -> None:
    """DVC merges the whole file: an alias of a block of items, for one, comes out as no YAML at all."""
    expected = load(path)
    expected["studies"]["mnist_regularizers"]["variants"]["l2_conv1"]["l2"]["amount"] = 0.01
    apply_overrides(str(path), [f"{AMOUNT}=0.01"])
    assert load(path) == expected
    assert read(path).studies["mnist_regularizers"].claims


def test_looks_change_the_looks_and_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  alpha: 0.05", "  looks: [8, 12]\n  alpha: 0.05", 1), encoding="utf-8")
    expected = load(path)
    expected["profiles"]["quick"]["studies"]["mnist_cnn2"] = {"look": 2}
    look_until_decided(path, lambda: None, lambda: {"mnist_cnn2"})
    assert load(path) == expected
