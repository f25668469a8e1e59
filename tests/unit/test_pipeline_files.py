"""dvc.yaml: what its stages name exists, nothing that can change a result is left out, and DVC stays quick."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.dependencies import module_file
from tests.declared_stages import (
    Stage,
    code_of,
    in_order,
    is_within,
    list_by_stage,
    read_stages,
    superfluous_code,
    undeclared_code,
    undeclared_writes,
)

Stages = dict[str, Stage]


@pytest.fixture
def stages(repository: Path) -> Stages:
    return read_stages(repository)


@pytest.fixture
def ignored(repository: Path) -> list[str]:
    """Folders and files that git ignores, as .gitignore names them from the root."""
    lines = (repository / ".gitignore").read_text().split()
    return [line.strip("/") for line in lines if line.startswith("/")]


def test_dvc_repro_stays_quick(stages: Stages) -> None:
    """102 stages cost 23 s without work, 46 cost 2 to 3 s."""
    assert len(stages) < 60


def test_every_command_runs_the_module_of_the_stages_name_with_its_key(stages: Stages, repository: Path) -> None:
    for name, stage in stages.items():
        stage_name, _, key = name.partition("@")
        legal = [f"pipeline.stages.{stage_name}", f"pipeline.{stage_name}"]
        assert stage.cmd in [f"python -m {module} {key}".rstrip() for module in legal]
        assert module_file(stage.module, repository)


def test_every_dependency_exists_or_is_an_output_of_another_stage(stages: Stages, repository: Path) -> None:
    written = {path for stage in stages.values() for path in stage.outputs}
    missing = {
        (name, path)
        for name, stage in stages.items()
        for path in stage.deps
        if not is_within(path, written) and not any(is_within(output, [path]) for output in written)
        if not (repository / path).exists()
    }
    assert missing == set()


def test_no_stage_depends_on_what_it_writes(stages: Stages) -> None:
    for stage in stages.values():
        assert not [path for path in stage.deps if is_within(path, stage.outputs)]


def test_every_output_has_one_stage(stages: Stages) -> None:
    written = [path for stage in stages.values() for path in stage.outputs]
    for place, path in enumerate(written):
        assert not is_within(path, written[:place] + written[place + 1 :])


def test_every_stage_depends_on_the_code_that_it_runs(stages: Stages, repository: Path) -> None:
    missing = {name: undeclared_code(stage, repository) for name, stage in stages.items()}
    if listing := list_by_stage(missing):
        pytest.fail(f"deps that dvc.yaml lacks\n{listing}", pytrace=False)


def test_no_stage_depends_on_code_that_it_does_not_run(stages: Stages, repository: Path) -> None:
    extra = {name: superfluous_code(stage, repository) for name, stage in stages.items()}
    if listing := list_by_stage(extra):
        pytest.fail(f"deps of dvc.yaml that change nothing\n{listing}", pytrace=False)


@pytest.mark.parametrize("kind", ["train", "evaluate"])
def test_a_librarys_version_is_a_dependency_of_what_computes_with_it(stages: Stages, kind: str) -> None:
    of_kind = [stage for name, stage in stages.items() if name.partition("@")[0] == kind]
    assert of_kind
    assert all("requirements.lock" in stage.deps for stage in of_kind)


def test_only_plan_reads_params(stages: Stages) -> None:
    """As a file: DVC would copy every value that it tracks as a parameter into dvc.lock."""
    for name in ("params.yaml", "claims.yaml"):
        assert {one for one, stage in stages.items() if is_within(name, stage.deps)} == {"plan"}
    assert not [name for name, stage in stages.items() if stage.params]


def test_every_profile_fetches_the_data_sets_that_download_goes_through(params: dict[str, Any]) -> None:
    chosen = [set(profile["data"]) for profile in params["profiles"].values()]
    assert all(one == chosen[0] for one in chosen)


def test_git_ignores_what_dvc_keeps(stages: Stages, ignored: list[str]) -> None:
    kept = [
        path
        for stage in stages.values()
        for path, options in stage.outputs.items()
        if options.get("cache", True) and not is_within(path, ignored)
    ]
    assert kept == []


def test_one_small_summary_is_what_dvc_shows_as_metrics(stages: Stages) -> None:
    """Of every other figure `dvc exp show` would make a column: 26,105 were measured."""
    assert {path for stage in stages.values() for path in stage.metrics} == {"verdicts"}


def test_git_keeps_the_metrics_that_dvc_does_not(stages: Stages, ignored: list[str]) -> None:
    outputs = {path: options for stage in stages.values() for path, options in stage.outputs.items()}
    kept = {path: options for path, options in outputs.items() if path.split("/")[0] in ("metrics", "verdicts")}
    assert {"verdicts", "metrics/data.json", "metrics/summary.json"} <= kept.keys()
    assert all(options.get("cache") is False for options in kept.values())
    assert not [path for path in kept if is_within(path, ignored)]


def test_what_has_a_part_for_every_study_persists(stages: Stages) -> None:
    """DVC would delete the parts of studies that are not selected; it keeps what a stage of all data sets writes."""
    persisting = {
        path for stage in stages.values() for path, options in stage.outputs.items() if options.get("persist")
    }
    reading = [stage for stage in stages.values() if "plan/unselected.json" in stage.deps]
    written = {path for stage in reading for path in stage.outputs} - {"data/tasks", "metrics/summary.json"}
    assert persisting == written
    assert {"runs", "evaluations", "metrics/studies", "metrics/claims.csv", "verdicts", "report"} <= persisting


def test_bytecode_in_a_dependency_reruns_nothing(repository: Path) -> None:
    assert "__pycache__" in (repository / ".dvcignore").read_text().split()


TINY = {
    "tiny/__init__.py": "",
    "tiny/run.py": "from tiny.pages import render\nfrom tiny.sums import add\n",
    "tiny/sums.py": "def add(): ...\n",
    "tiny/unused.py": "x = 1\n",
    "tiny/pages/__init__.py": "from tiny.pages.render import render\n",
    "tiny/pages/render.py": "render = 1\n",
    "tiny/pages/templates/page.html": "<p>",
    "tiny/whole/__init__.py": "",
    "tiny/whole/__main__.py": "import tiny.sums\n",
}
DEPS = ("data", "tiny/run.py", "tiny/sums.py", "tiny/pages")
TINY_STAGE = Stage("run", "python -m tiny.run", DEPS, {"out": {}, "runs/first": {}}, {"figures.json": {}}, {})


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Root of a package of few modules, and a page's template."""
    for name, text in TINY.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_dependencies_that_cover_the_code_lack_nothing(tiny: Path) -> None:
    assert undeclared_code(TINY_STAGE, tiny) == superfluous_code(TINY_STAGE, tiny) == []


def test_a_module_added_to_what_a_stage_imports_is_lacking(tiny: Path) -> None:
    (tiny / "tiny/sums.py").write_text("def add():\n    from tiny.unused import x\n    return x\n")
    assert undeclared_code(TINY_STAGE, tiny) == ["tiny/unused.py"]


def test_a_dependency_that_is_left_out_is_lacking_templates_too(tiny: Path) -> None:
    stage = replace(TINY_STAGE, deps=("data", "tiny/run.py"))
    pages = ["tiny/pages/__init__.py", "tiny/pages/render.py", "tiny/pages/templates/page.html"]
    assert undeclared_code(stage, tiny) == [*pages, "tiny/sums.py"]


def test_code_that_a_stage_does_not_run_is_superfluous(tiny: Path) -> None:
    stage = replace(TINY_STAGE, deps=(*DEPS, "tiny/unused.py", "tiny/whole"))
    assert superfluous_code(stage, tiny) == ["tiny/unused.py", "tiny/whole"]


def test_a_package_runs_its_main_module(tiny: Path) -> None:
    assert code_of("tiny.whole", tiny) == ["tiny/sums.py", "tiny/whole/__main__.py"]


def test_a_module_added_to_what_training_imports_is_lacking(tmp_path: Path, repository: Path, stages: Stages) -> None:
    shutil.copytree(repository / "pipeline", tmp_path / "pipeline")
    train = next(stage for name, stage in stages.items() if name.startswith("train"))
    before = undeclared_code(train, tmp_path)
    (tmp_path / "pipeline/luck.py").write_text("LUCK = 3\n")
    with (tmp_path / "pipeline/training/run.py").open("a") as module:
        module.write("\nfrom pipeline.luck import LUCK\n")
    assert set(undeclared_code(train, tmp_path)) - set(before) == {"pipeline/luck.py"}


def test_a_file_beside_a_stages_outputs_is_undeclared() -> None:
    declared = ["out/a.csv", "runs/first", "runs/first/b/c.npz", "figures.json"]
    assert undeclared_writes(TINY_STAGE, declared) == []
    surprising = ["runs/second/a", "outside", "out.csv", ".store/kept/a"]
    assert undeclared_writes(TINY_STAGE, [*declared, *surprising], [".store"]) == [
        "out.csv",
        "outside",
        "runs/second/a",
    ]


def test_stages_come_after_those_that_they_read(stages: Stages) -> None:
    first = Stage("first", "", (), {"out": {}}, {}, {})
    second = Stage("second", "", ("out/part",), {"all/part": {}}, {}, {})
    third = Stage("third", "", ("all",), {"end": {}}, {}, {})
    assert [one.name for one in in_order([third, second, first])] == ["first", "second", "third"]
    with pytest.raises(AssertionError, match="circle"):
        in_order([third, replace(second, deps=("end",))])
    assert in_order(stages.values())[0].name == "plan"
