"""README and docs say what is so: links, paths, commands, tables of fields and metrics, examples that are read."""

import ast
import importlib
import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from pydantic import BaseModel
from ruamel.yaml import YAML

from pipeline import metrics
from pipeline.models.architectures import ARCHITECTURES
from pipeline.params.planning import make_plan
from pipeline.params.read import read
from tests.documents import DOCUMENTS, ROOT, Example, read_examples, read_overrides, read_tables

SECTIONS = (
    "pipeline.params.recipe",
    "pipeline.params.task",
    "pipeline.params.schema",
    "pipeline.claims.vocabulary",
)
TOP = (
    "pipeline",
    "tests",
    "docs",
    "results",
    "benchmarks",
    ".ci",
    ".github",
    "params.yaml",
    "claims.yaml",
    "dvc.yaml",
    "metrics",
)
WIDEST = 160
LARGEST_PICTURE = 150_000  # bytes
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def section(name: str) -> type[BaseModel]:
    """The class of a section of params.yaml."""
    modules = [importlib.import_module(one) for one in SECTIONS]
    found: type[BaseModel] = next(getattr(one, name) for one in modules if hasattr(one, name))
    return found


def prose(path: Path) -> list[str]:
    """Lines of a document without its tables and without what is generated."""
    text = re.sub(r"<!-- verdicts.*?end of verdicts -->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [line for line in text.splitlines() if not line.startswith("|")]


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


@each_document
def test_no_line_of_prose_is_too_wide(path: Path) -> None:
    assert [line for line in prose(path) if len(line) > WIDEST] == []


@each_document
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_pictures_are_small_and_shown() -> None:
    pictures = {path: path.stat().st_size for path in (ROOT / "docs/images").iterdir()}
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS))
    assert {path.name for path in pictures} == {Path(link).name for link in shown if "images/" in link}
    assert max(pictures.values()) <= LARGEST_PICTURE


def test_every_document_is_linked_from_the_readme() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {str(path.relative_to(ROOT)) for path in DOCUMENTS if path.name != "README.md"} <= set(links)


@each_document
def test_every_path_exists(path: Path) -> None:
    """In backticks, from the root, without a placeholder."""
    words = re.findall(r"`([\w./-]+)`", path.read_text(encoding="utf-8"))
    paths = [word for word in words if word.split("/")[0] in TOP and ("/" in word or "." in word)]
    assert [word for word in paths if not (ROOT / word).exists()] == []


@each_document
def test_every_module_that_is_run_exists(path: Path) -> None:
    for name in re.findall(r"python -m (pipeline[\w.]*)", path.read_text(encoding="utf-8")):
        place = ROOT.joinpath(*name.split("."))
        assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), name


def makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


@each_document
def test_every_make_target_exists(path: Path) -> None:
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert named <= set(re.findall(r"^([a-z-]+):", makefile(), flags=re.MULTILINE))


def test_make_help_names_every_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", makefile(), flags=re.MULTILINE)) - {"help", "setup"}
    assert targets == set(re.findall(r"make ([a-z-]+)", "".join(re.findall(r"@echo.*", makefile()))))


def test_every_target_runs_a_module_that_exists() -> None:
    for name in re.findall(r"python -m (pipeline[\w.]+)", makefile()):
        assert ROOT.joinpath(*name.split(".")).with_suffix(".py").is_file(), name


@pytest.mark.parametrize("override", read_overrides())
def test_every_override_is_accepted_changes_few_lines_and_can_be_planned(override: str, tmp_path: Path) -> None:
    """By DVC's own code, which refuses a key that is not there; those that are cheap are run in tests/end_to_end."""
    shutil.copy(ROOT / "claims.yaml", tmp_path)
    path = Path(shutil.copy(ROOT / "params.yaml", tmp_path))
    before = path.read_text(encoding="utf-8").splitlines()
    apply_overrides(str(path), [override])
    assert 0 < len(set(path.read_text(encoding="utf-8").splitlines()) ^ set(before)) <= 4
    assert make_plan(read(path)).training


def test_there_are_tables_of_what_params_may_hold() -> None:
    of = {"RecipeFields", "Variant", "Task", "Study", "Source", "Profile", "Claim", "Condition", "Operand", "Execution"}
    assert {about for about, _ in read_tables()} == {"metrics", *(f"fields: {name}" for name in of)}


@pytest.mark.parametrize(("about", "names"), read_tables())
def test_a_table_names_everything_and_nothing_else(about: str, names: list[str]) -> None:
    if about == "metrics":
        expected = [*metrics.METRICS, *metrics.NUMBERED]
    else:
        expected = list(section(about.partition(": ")[2]).model_fields)
    assert sorted(re.sub(r"_<\w+>$", "", name) for name in names) == sorted(expected)


def test_the_table_of_fields_names_every_architecture() -> None:
    row = re.search(r"^\| `architecture` \|.*", (ROOT / "docs/variants.md").read_text(), flags=re.MULTILINE)
    assert row and set(ARCHITECTURES) <= set(re.findall(r"\w+", row[0]))


def test_every_yaml_block_is_an_example() -> None:
    """So that none is left out of tests/end_to_end/test_examples.py."""
    for path in DOCUMENTS:
        fenced = re.findall(r"^```(?:yaml|python)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(fenced) == len([one for one in read_examples() if one.document == path.name])


@pytest.mark.parametrize("example", read_examples(), ids=str)
def test_every_example_can_be_read(example: Example) -> None:
    if example.language == "yaml":
        assert isinstance(YAML(typ="safe").load(example.text), dict)
    elif not example.place.startswith("row of "):
        assert ast.parse(example.text).body
