"""dvc.yaml: what its stages name exists, nothing that can change a result is left out, and DVC stays quick."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.evaluation.evaluate import EVALUATION_CODE
from pipeline.training.fingerprint import TRAINING_CODE

COMMAND = "python -m pipeline.stages."
Stages = dict[str, dict[str, Any]]


def expanded(declared: dict[str, Any], params: dict[str, Any]) -> Stages:
    """Stages by name, with a `foreach` over a section of params.yaml written out."""
    stages: Stages = {}
    for name, stage in declared.items():
        if "foreach" not in stage:
            stages[name] = stage
            continue
        section: Any = params
        for part in stage["foreach"].removeprefix("${").removesuffix("}").split("."):
            section = section[part]
        for key in section:
            stages[f"{name}@{key}"] = _filled(stage["do"], key)
    return stages


def _filled(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {_filled(name, key): _filled(inner, key) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, key) for inner in value]
    return value.replace("${key}", key).replace("${item}", key) if isinstance(value, str) else value


def named(entries: Iterable[str | dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Paths of a list of outputs, with their options."""
    return {
        path: options or {}
        for entry in entries
        for path, options in (entry if isinstance(entry, dict) else {entry: {}}).items()
    }


def outputs(stage: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return named([*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])])


def within(path: str, folders: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)


def module(stage: dict[str, Any]) -> str:
    return str(stage["cmd"].split()[2])


@pytest.fixture
def stages(repository: Path, params: dict[str, Any]) -> Stages:
    file = YAML(typ="safe", pure=True).load((repository / "dvc.yaml").read_text())
    return expanded(file["stages"], params)


@pytest.fixture
def ignored(repository: Path) -> list[str]:
    """Folders and files that git ignores, as .gitignore names them from the root."""
    lines = (repository / ".gitignore").read_text().split()
    return [line.strip("/") for line in lines if line.startswith("/")]


def test_dvc_repro_stays_quick(stages: Stages) -> None:
    """102 stages cost 23 s without work, 46 cost 2 to 3 s."""
    assert len(stages) < 60


def test_every_command_is_a_stage_module_with_its_key(stages: Stages, repository: Path) -> None:
    for name, stage in stages.items():
        stage_name, _, key = name.partition("@")
        assert stage["cmd"] == f"{COMMAND}{stage_name} {key}".rstrip()
        assert (repository / "pipeline" / "stages" / f"{stage_name}.py").is_file()


def test_every_dependency_exists_or_is_an_output_of_another_stage(stages: Stages, repository: Path) -> None:
    written = {path for stage in stages.values() for path in outputs(stage)}
    missing = {
        (name, path)
        for name, stage in stages.items()
        for path in stage["deps"]
        if not within(path, written) and not any(within(output, [path]) for output in written)
        if not (repository / path).exists()
    }
    assert missing == set()


def test_no_stage_depends_on_what_it_writes(stages: Stages) -> None:
    for stage in stages.values():
        assert not [path for path in stage["deps"] if within(path, outputs(stage))]


def test_every_output_has_one_stage(stages: Stages) -> None:
    written = [path for stage in stages.values() for path in outputs(stage)]
    for place, path in enumerate(written):
        assert not within(path, written[:place] + written[place + 1 :])


def test_every_stage_depends_on_its_own_module(stages: Stages) -> None:
    lacking = {
        name
        for name, stage in stages.items()
        if not within(module(stage).replace(".", "/") + ".py", stage["deps"])
    }
    assert lacking == set()


@pytest.mark.parametrize(("kind", "files"), [("train", TRAINING_CODE), ("evaluate", EVALUATION_CODE)])
def test_what_enters_a_fingerprint_is_a_dependency(stages: Stages, kind: str, files: tuple[str, ...]) -> None:
    of_kind = [stage for name, stage in stages.items() if name.partition("@")[0] == kind]
    assert of_kind
    for stage in of_kind:
        assert [name for name in files if not within(f"pipeline/{name}", stage["deps"])] == []
        assert "requirements.lock" in stage["deps"]  # the libraries' versions


def test_only_plan_reads_params(stages: Stages, params: dict[str, Any]) -> None:
    assert {name for name, stage in stages.items() if "params" in stage} == {"plan"}
    assert set(stages["plan"]["params"]) == set(params)
    assert not [name for name, stage in stages.items() if within("params.yaml", stage["deps"])]


def test_every_profile_fetches_the_data_sets_that_download_goes_through(params: dict[str, Any]) -> None:
    chosen = [set(profile["data"]) for profile in params["profiles"].values()]
    assert all(one == chosen[0] for one in chosen)


def test_git_ignores_what_dvc_keeps(stages: Stages, ignored: list[str]) -> None:
    kept = [
        path
        for stage in stages.values()
        for path, options in outputs(stage).items()
        if options.get("cache", True) and not within(path, ignored)
    ]
    assert kept == []


def test_git_keeps_the_metrics_that_dvc_does_not(stages: Stages, ignored: list[str]) -> None:
    metrics = {path: on for stage in stages.values() for path, on in named(stage.get("metrics", [])).items()}
    assert {"metrics/data.json", "metrics/summary.json"} <= metrics.keys()
    assert all(options.get("cache") is False for options in metrics.values())
    assert not [path for path in metrics if within(path, ignored)]


def test_bytecode_in_a_dependency_reruns_nothing(repository: Path) -> None:
    assert "__pycache__" in (repository / ".dvcignore").read_text().split()
