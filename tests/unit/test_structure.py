"""How the house is built: what may import what, how large things are, and who knows the names of files."""

import ast
import re
import statistics
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pipeline.dependencies import imported_modules, module_file, packages_of

ROOT = Path(__file__).parents[2]
PACKAGE = "pipeline"

# Rooms from low to high; a module imports from its own room and from lower ones. The longest name decides.
FOUNDATION = "errors files folders layout seeds processes backend command_line dependencies store"
FLOORS = (
    FOUNDATION.split(),
    ["metrics", "models.blocks", "models.architectures", "models.layer_counts"],
    ["params", "claims.vocabulary", "claims.check"],
    ["data"],
    ["models"],
    ["training"],
    ["evaluation"],
    ["statistics"],
    ["claims"],
    ["outputs"],
    ["writeups"],
    ["stages", "commands"],
)
CONTENT = "pipeline.writeups"

LIMITS = {
    "lines of pipeline/": 18_200,
    "lines of a file": 250,
    "lines of the median function": 6,
    "lines of a function, 90th percentile": 20,
    "lines of a function": 45,
    "signatures with untyped mappings": 30,
}

UNTYPED = re.compile(r"\b(Mapping|MutableMapping|dict)\[str, Any\]")

FILE_NAME = re.compile(r"\S*\.(json|csv|npz|npy|txt|html|svg|db|lock)")
FOLDERS = ["data", "evaluations", "metrics", "pictures", "plan", "plots", "report", "runs"]
FOLDERS += ["timings", "tracked", "verdicts", ".runs"]
IN_FOLDER = re.compile(rf"({'|'.join(map(re.escape, FOLDERS))})/\S*")
KNOWS_FILES = {
    "pipeline/layout.py": "the one list of paths",
    "pipeline/files.py": "temporary files, and the members of an archive",
    "pipeline/data/archive.py": "the members of an archive",
    "pipeline/data/sources.py": "names of archives on a mirror",
    "pipeline/dependencies.py": "names of modules",
}


@cache
def sources() -> dict[str, ast.Module]:
    """Syntax trees of the package, by path."""
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


def refuse(title: str, found: Iterable[str]) -> None:
    """Fail with every finding, one a line, where there is any."""
    if lines := list(found):
        pytest.fail("\n    ".join([f"{title}:", *lines]), pytrace=False)


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imports() -> dict[str, set[str]]:
    """Modules that each module needs before it can run; those for types count."""
    return {module: needed(module, ROOT) for module in map(module_of, sources())}


def needed(module: str, root: Path) -> set[str]:
    """What a module imports, with the packages on the way that it is not itself in."""
    named = imported_modules(module, root, type_checking=True)
    found = {one for target in named for one in (*packages_of(target), target)}
    own = {*packages_of(module), module} - named
    return {one for one in found - own if (file := module_file(one, root)) and _has_code(file)}


@cache
def _has_code(file: Path) -> bool:
    body = ast.parse(file.read_text("utf-8")).body
    return any(not isinstance(one, ast.Expr) for one in body)


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that reach each other."""
    reached = {start: _reached(graph, start) for start in graph}
    groups = {frozenset(other for other in far if start in reached[other]) for start, far in reached.items()}
    return [set(group) for group in groups if group]


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """What can be reached from a node by one step or more."""
    seen: set[str] = set()
    ahead = set(graph[start])
    while ahead:
        seen |= ahead
        ahead = {other for one in ahead for other in graph.get(one, ())} - seen
    return seen


def floor(module: str) -> int:
    """Height of a module's room; -1 where it has none. What the package itself runs comes before every room."""
    if module == PACKAGE:
        return 0
    inner = f"{module.removeprefix(PACKAGE)}."
    fits = [(len(room), height) for height, rooms in enumerate(FLOORS) for room in rooms if f".{room}." in inner]
    own = [(length, height) for length, height in fits if inner.startswith(tuple(f".{r}." for r in FLOORS[height]))]
    return max(own, default=(0, -1))[1]


def test_no_modules_import_each_other_in_a_circle() -> None:
    refuse("circles of imports", [", ".join(sorted(circle)) for circle in circles(imports())])


def test_every_module_has_a_room() -> None:
    with_code = [module_of(path) for path, tree in sources().items() if tree.body]
    refuse("modules that FLOORS does not place", [module for module in with_code if floor(module) < 0])


def test_nothing_imports_upward() -> None:
    upward = [
        f"{module} imports {target}"
        for module, targets in imports().items()
        for target in targets
        if floor(target) > floor(module) >= 0
    ]
    refuse("imports from a higher room", sorted(upward))


def test_the_engine_does_not_know_the_writeups() -> None:
    outside = {module: targets for module, targets in imports().items() if not _is_content(module)}
    known = [f"{module} imports {t}" for module, targets in outside.items() for t in targets if _is_content(t)]
    refuse("imports of content by the engine", sorted(known))


def _is_content(module: str) -> bool:
    return f"{module}.".startswith(f"{CONTENT}.")


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """Every function and method with its place."""
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def lengths() -> dict[str, int]:
    """Lines of every function, from `def` to its end, docstring included."""
    return {place: (node.end_lineno or 0) - node.lineno + 1 for place, node in functions()}


def lines(path: str) -> int:
    return len((ROOT / path).read_text("utf-8").splitlines())


def test_the_package_is_small() -> None:
    total = sum(lines(path) for path in sources())
    assert total <= LIMITS["lines of pipeline/"]


def test_every_file_is_one_idea() -> None:
    limit = LIMITS["lines of a file"]
    refuse(f"files over {limit} lines", [f"{lines(p)}: {p}" for p in sources() if lines(p) > limit])


def test_functions_are_short() -> None:
    every = list(lengths().values())
    assert statistics.median(every) <= LIMITS["lines of the median function"]
    assert np.percentile(every, 90) <= LIMITS["lines of a function, 90th percentile"]
    limit = LIMITS["lines of a function"]
    refuse(f"functions over {limit} lines", [f"{n}: {at}" for at, n in lengths().items() if n > limit])


def test_few_signatures_take_untyped_mappings() -> None:
    found, limit = untyped_signatures(sources()), LIMITS["signatures with untyped mappings"]
    if len(found) > limit:
        refuse(f"{len(found)} signatures take untyped mappings, {limit} may", found)


def untyped_signatures(trees: dict[str, ast.Module]) -> list[str]:
    """Functions that take or return `Mapping[str, Any]` or `dict[str, Any]`, be it by an alias."""
    aliases: set[tuple[str, str]] = set()
    while True:  # an alias may be made of another
        hidden = {path: _names_hidden(path, tree, aliases) for path, tree in trees.items()}
        more = {
            (module_of(path), name)
            for path, tree in trees.items()
            for name, value in _assigned(tree)
            if _is_untyped(value, hidden[path])
        }
        if more <= aliases:
            break
        aliases |= more
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, Function) and any(_is_untyped(one, hidden[path]) for one in _annotations(node))
    ]


def _names_hidden(path: str, tree: ast.Module, aliases: set[tuple[str, str]]) -> set[str]:
    """Names that stand for an untyped mapping in a module, defined or imported."""
    own = {name for module, name in aliases if module == module_of(path)}
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (node.module or "", alias.name) in aliases
    }
    return own | imported


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names that a module gives to expressions."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                yield target.id, node.value


def _is_untyped(annotation: ast.expr, hidden: set[str]) -> bool:
    if not isinstance(annotation, ast.Subscript | ast.Name | ast.BinOp | ast.Constant):
        return False
    text = ast.unparse(annotation).strip("'\"")
    return bool(UNTYPED.search(text)) or bool(hidden & set(re.findall(r"\w+", text)))


def _annotations(node: Function) -> list[ast.expr]:
    arguments = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    found = [one.annotation for one in arguments if one and one.annotation]
    return [*found, *([node.returns] if node.returns else [])]


def test_only_the_layout_knows_the_names_of_files() -> None:
    found = [
        f"{path}:{line} {text!r}"
        for path, tree in sources().items()
        if path not in KNOWS_FILES
        for line, text in file_names(tree)
        if not _is_shipped(text)
    ]
    refuse("names of files that belong into layout.py", found)


def file_names(tree: ast.Module) -> list[tuple[int, str]]:
    """Texts that name a file or a folder of the project, f-strings' pieces included, and what `/` joins to a path."""
    joined = {
        id(side)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        for side in (node.left, node.right)
    }
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in loose
        if id(node) in joined or FILE_NAME.fullmatch(node.value) or IN_FOLDER.fullmatch(node.value)
    ]


@cache
def _shipped() -> frozenset[str]:
    """Names of the files and folders that lie in the package, as templates do."""
    every = [path for path in (ROOT / PACKAGE).rglob("*") if path.suffix not in (".py", ".pyc")]
    return frozenset(path.name for path in every if not any(path.glob("*.py")))


def _is_shipped(text: str) -> bool:
    return Path(text).name in _shipped()


def test_every_exception_is_needed() -> None:
    layout_apart = [path for path in KNOWS_FILES if path != "pipeline/layout.py"]
    refuse("needs no exception", [path for path in layout_apart if not file_names(sources()[path])])


# The questions themselves, asked of code whose answers are known.


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e"}}
    assert sorted(map(sorted, circles(graph))) == [["b", "c"], ["e"]]


def test_a_package_that_its_own_modules_import_from_is_a_circle(tmp_path: Path) -> None:
    texts = {"__init__": "from box.inner import x", "inner": "from box import y", "other": "import box.inner"}
    (tmp_path / "box").mkdir()
    for name, text in texts.items():
        (tmp_path / f"box/{name}.py").write_text(text)
    assert needed("box.inner", tmp_path) == {"box"}
    assert needed("box", tmp_path) == needed("box.other", tmp_path) == {"box.inner"}


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("pipeline.errors", "pipeline.metrics"),
        ("pipeline.models.blocks", "pipeline.params.plan"),
        ("pipeline.params.plan", "pipeline.models.build"),
        ("pipeline.claims.check", "pipeline.data.splits"),
        ("pipeline.statistics.paired", "pipeline.claims.answers"),
        ("pipeline.outputs.report.data", "pipeline.writeups"),
        ("pipeline.writeups.data", "pipeline.stages.plan"),
    ],
)
def test_rooms_lie_above_each_other(low: str, high: str) -> None:
    assert 0 <= floor(low) < floor(high)


def test_a_module_without_a_room_is_found() -> None:
    assert floor("pipeline.attic") == floor("pipeline.dataset") == -1


def test_untyped_signatures_are_found_behind_aliases() -> None:
    one = "Row = dict[str, Any]\nRows = list[Row]\nNumber = int | float\ndef a(x: Rows): ...\ndef b(x: Number): ..."
    other = """
from pipeline.one import Rows as Table
def c(x: int) -> "Callable[[Table], None]": ...
def d(*x: Mapping[str, Any]): ...
def e(x: dict[str, int], Rows: int): ...
"""
    trees = {"pipeline/one.py": ast.parse(one), "pipeline/other.py": ast.parse(other)}
    assert [found.split()[1] for found in untyped_signatures(trees)] == ["a", "c", "d"]


def test_names_of_files_are_found() -> None:
    code = """
'''Writes weights.npz.'''
a = "run.json"
b = f"{name}.csv"
c = folder / "studies" / f"{name}_{c}"
d = "metrics/summary"
e = "expected run.json"
f = "runs", "a/b", ".gitignore"
"""
    assert [text for _, text in sorted(file_names(ast.parse(code)))] == [
        "run.json",
        ".csv",
        "studies",
        "metrics/summary",
    ]
