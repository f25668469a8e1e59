"""A newcomer's way: every example of README and docs applied to a copy, then the write-ups taken out, as documented.

The tests go on from one another, in the order they are written.
"""

import json
import re
import shutil
from functools import reduce
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from tests.documents import ROOT, Example, read_examples
from tests.end_to_end.conftest import Checkout, copy_repository

OWN = ("four_vs_nine", "bars")  # studies of the examples
DECLARED = ("tests/contract/test_declarations.py", "tests/contract/test_claims.py")


def apply(example: Example, checkout: Checkout) -> None:
    """Put an example where its marker says that it belongs."""
    kind, _, rest = example.place.partition(" ")
    if kind == "script":
        (checkout.folder / rest).write_text(example.text)
        checkout.succeed("python", rest)
    elif kind == "function":
        module = checkout.folder / rest.removeprefix("in ")
        insert(module, example.text + "\n\n", before="ARCHITECTURES")
    elif kind == "row":
        table, _, path = rest.removeprefix("of ").partition(" in ")
        insert(checkout.folder / path, example.text, after=table)
    else:
        declare(example, checkout)


def insert(path: Path, text: str, before: str = "", after: str = "") -> None:
    """Insert text before, or after, the line that starts with a word."""
    lines = path.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith(before or after))
    lines.insert(place if before else place + 1, text)
    path.write_text("".join(lines))


def declare(example: Example, checkout: Checkout) -> None:
    """Add entries to a section of params.yaml, or to a study's of claims.yaml."""
    params = checkout.params()
    file, _, study = example.place.partition(".")
    keys = ["studies", study, "claims"] if file == "claims" else example.place.split(".")
    section: dict[str, Any] = reduce(lambda found, key: found.setdefault(key, {}), keys, params)
    added = YAML(typ="safe").load(example.text)
    assert not added.keys() & section.keys()
    section.update(added)
    checkout.write_params(params)


def pin(checkout: Checkout, source: str) -> None:
    """Run into the lines of SHA-256 that a first download prints, and paste them."""
    refused = checkout.run("python", "-m", "pipeline.stages.download", source)
    found = dict(re.findall(r"^\s+(\w+): ([0-9a-f]{64})$", refused.stderr, flags=re.MULTILINE))
    assert refused.returncode == 1 and len(found) == 4, refused.stderr
    params = checkout.params()
    params["sources"][source]["sha256"] = found
    checkout.write_params(params)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy of the repository with every example in it."""
    checkout = copy_repository(tmp_path_factory.mktemp("extended"))
    for example in read_examples():
        apply(example, checkout)
    checkout.succeed("python", "-m", "pipeline.stages.plan")
    pin(checkout, "bars")
    return checkout


def planned(checkout: Checkout, part: str) -> dict[str, dict[str, Any]]:
    """Plans of every study, by its name."""
    paths = (checkout.folder / "plan" / part).glob("*.json")
    return {path.stem: json.loads(path.read_text()) for path in paths}


def check_declared(checkout: Checkout, *tests: str) -> None:
    """Run the checks of whatever is declared in a copy, as it declares it."""
    checkout.succeed("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


def test_every_example_is_planned(extended: Checkout) -> None:
    before = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    checkout = extended
    checkout.succeed("python", "-m", "pipeline.stages.plan")
    training, comparison = planned(checkout, "training"), planned(checkout, "comparison")
    assert training.keys() == {*before["studies"], *OWN}
    assert {"dropout_half", "augmented"} <= training["mnist_regularizers"]["variants"].keys()
    assert "mine-1" in comparison["mnist_regularizers"]["claims"]
    assert training["four_vs_nine"]["repeats"] == 8
    assert [one["name"] for one in training["four_vs_nine"]["variants"]["tiny"]["recipe"]["blocks"]] == [
        "conv1",
        "dense1",
    ]


@pytest.mark.slow
def test_whatever_is_declared_is_checked_with_the_examples(extended: Checkout) -> None:
    check_declared(extended, *DECLARED)


@pytest.fixture(scope="module")
def bare(extended: Checkout) -> Checkout:
    """The copy without the write-ups, by the steps of docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders, stages, _ = re.findall(r"^\d\. (.+)", text.partition("<!-- removal -->")[2], flags=re.MULTILINE)
    for name in re.findall(r"`(.+?)`", folders):
        shutil.rmtree(extended.folder / name)
    stage, output, reader = re.findall(r"`(.+?)`", stages)
    _remove_stage(extended.folder / "dvc.yaml", stage, output, reader)
    params = extended.params()
    params["studies"] = {name: params["studies"][name] for name in OWN}
    for profile in params["profiles"].values():
        profile["studies"] = {name: one for name, one in profile["studies"].items() if name in OWN}
    extended.write_params(params)
    return extended


def _remove_stage(path: Path, stage: str, output: str, reader: str) -> None:
    declared = YAML(typ="safe", pure=True).load(path.read_text())
    del declared["stages"][stage]
    declared["stages"][reader]["deps"].remove(output)
    with path.open("w") as out:
        YAML(typ="safe").dump(declared, out)


@pytest.mark.slow
def test_whatever_is_declared_is_checked_without_the_write_ups(bare: Checkout) -> None:
    bare.succeed("python", "-m", "pipeline.stages.plan")
    check_declared(bare, "tests/contract")


@pytest.mark.slow
def test_studies_of_ones_own_reach_a_verdict_without_the_write_ups(bare: Checkout) -> None:
    bare.commit()
    bare.succeed("dvc", "repro")
    summary = json.loads((bare.folder / "metrics/summary.json").read_text())
    assert summary["studies"].keys() == set(OWN)
    verdicts = summary["studies"]["four_vs_nine"]["verdicts"]
    assert verdicts.keys() == {"tiny", "tiny_dropout"}
    assert {verdict.split()[0] for verdict in verdicts.values()} <= {
        "better",
        "worse",
        "equivalent",
        "undecided",
    }
    claims = pd.read_csv(bare.folder / "metrics/claims.csv")
    answer = claims[claims["id"] == "own-1"].iloc[0]
    assert answer["verdict"] in {"supported", "refuted", "equivalent", "undecided"}
    for study in OWN:
        assert any((bare.folder / "report").rglob(f"{study}.html"))
