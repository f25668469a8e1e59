"""What a module imports is found by syntax, and code has one fingerprint on every supported Python."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.dependencies import code_fingerprint, import_closure, imported_modules

PLAIN = ["attic", "lazy", "only_for_types", "otherwise", "plain", "roof", "spare", "unused", "garden/shed"]
PLAIN += ["rooms/cellar", "rooms/init", "rooms/stairs", "rooms/unused"]
MODULES = {
    "house/__init__.py": '"""A house: no code, so no dependency."""\n',
    "house/entry.py": """
import json
import house.plain
from house import attic, VERSION
from house.rooms import hall
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import house.only_for_types
else:
    import house.otherwise

def later():
    try:
        from house.rooms.cellar import wine
    except ImportError:
        from .spare import wine
    return wine

class Thing:
    def lazily(self):
        import house.lazy
""",
    "house/rooms/__init__.py": "from house.rooms.init import ready\n",
    "house/rooms/hall.py": "from . import stairs\nfrom .. import roof\nfrom ..garden.shed import tools\n",
    **{f"house/{name}.py": "x = 1\n" for name in PLAIN},
    "json.py": "x = 1\n",
}
ROOMS = ["rooms/__init__", "rooms/cellar", "rooms/hall", "rooms/init", "rooms/stairs"]
CLOSURE = ["attic", "entry", "garden/shed", "lazy", "otherwise", "plain", "roof", *ROOMS, "spare"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Root of a small package with every way to import."""
    for name, text in MODULES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def files(names: Iterable[str]) -> list[str]:
    return [f"house/{name}.py" for name in names]


def test_every_way_to_import_is_followed(house: Path) -> None:
    assert import_closure("house.entry", house) == files(CLOSURE)


def test_a_closure_follows_modules_that_do_not_name_each_other(house: Path) -> None:
    (house / "house/plain.py").write_text("import house.spare\n")
    (house / "house/spare.py").write_text("import house.unused, house.plain\n")
    assert import_closure("house.plain", house) == files(["plain", "spare", "unused"])


@pytest.mark.parametrize(
    ("left", "gone"),
    [
        ("house.attic", ["attic"]),
        ("house.rooms.hall", ["garden/shed", "roof", "rooms/hall", "rooms/stairs"]),
        ("house.rooms", [*ROOMS, "garden/shed", "roof"]),
    ],
)
def test_what_is_left_is_neither_in_nor_followed(house: Path, left: str, gone: list[str]) -> None:
    assert set(CLOSURE) - set(gone) == {
        name.removeprefix("house/").removesuffix(".py") for name in import_closure("house.entry", house, [left])
    }


def test_a_name_that_only_begins_alike_is_not_left(house: Path) -> None:
    (house / "house/atti.py").write_text("x = 1\n")
    assert "house/attic.py" in import_closure("house.entry", house, ["house.atti"])


def test_an_init_with_code_is_a_dependency_of_all_below_it(house: Path) -> None:
    (house / "house/__init__.py").write_text("import house.unused\n")
    assert import_closure("house.garden.shed", house) == files(["__init__", "garden/shed", "unused"])


def test_a_name_that_is_no_module_is_refused(house: Path) -> None:
    with pytest.raises(ValueError, match=r"Received 'house\.missing'"):
        import_closure("house.missing", house)
    with pytest.raises(ValueError, match=r"Received 'house\.missing'"):
        import_closure("house.entry", house, ["house.missing"])


def test_imports_for_types_count_when_asked(house: Path) -> None:
    asked = imported_modules("house.entry", house, type_checking=True)
    assert asked - imported_modules("house.entry", house) == {"house.only_for_types"}


def test_what_a_from_names_is_a_module_or_its_package(house: Path) -> None:
    assert imported_modules("house.rooms.hall", house) == {
        "house.roof",
        "house.garden.shed",
        "house.rooms.stairs",
    }
    assert {"house", "house.attic", "house.spare"} <= imported_modules("house.entry", house)
    assert imported_modules("house.rooms", house) == {"house.rooms.init"}


MODULE = '''"""Module."""

class Thing:
    """A thing."""

    size = 3

async def wait(x):
    """Later."""
    return f"a {x!r:>{x}}" "b"

def double(x, by=2):
    """Twice."""
    return x * by

def nothing():
    """Only words."""
'''


def of(source: str, folder: Path, name: str = "module.py") -> str:
    (folder / name).write_text(source, encoding="utf-8")
    return code_fingerprint([name], folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Module."""', '"""Another text."""\n'),
        ('"""Module."""', ""),
        ('"""A thing."""', '"""A thing,\n\n    described at length.\n    """'),
        ('    """Later."""\n', ""),
        ('    """Twice."""\n', "    # twice\n"),
        ('"""Only words."""', "pass"),
        ("return x * by", "return (x  *  by)  # a comment"),
        ("def double(x, by=2)", "\n\n\ndef double(\n    x,\n    by=2,\n)"),
        ('f"a {x!r:>{x}}" "b"', "f'a {x!r:>{x}}b'"),
        ("size = 3", "size = 0x3"),
        ("\n", "\r\n"),
    ],
)
def test_wording_and_layout_cost_nothing(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODULE
    assert of(MODULE.replace(old, new), tmp_path) == of(MODULE, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size = 3", "size = 4"),
        ("size = 3", "size = 3.0"),
        ("size = 3", 'size = "3"'),
        ("size = 3", "size: int = 3"),
        ("by=2", "by=3"),
        ("by=2", "*, by=2"),
        ("x * by", "by * x"),
        ("x * by", "x * by if x else None"),
        ("double", "twice"),
        ("async ", ""),
        ("!r", "!s"),
        ('"b"', '"c"'),
        ('"""Twice."""', 'x = """Twice."""'),
        ("    return x * by", '    "Twice."\n    return x * by + 0'),
    ],
)
def test_any_change_of_the_code_counts(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODULE
    assert of(MODULE.replace(old, new), tmp_path) != of(MODULE, tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(**{'a': 1})", "f(a=1)"),
        ("x[1:]", "x[:1]"),
        ("{**a, 'b': c}", "{'b': c, **a}"),
        ("'a', 'b'", "'ab',"),
        ("['a', 'b']", "'a', 'b'"),
        ("f'{x}'", "x"),
        ("f'{x}'", "'{x}'"),
        ("f'{x}{y}'", "f'{x} {y}'"),
        ("b'a'", "'a'"),
        ("1", "True"),
        ("0.0", "-0.0"),
        ("None", "..."),
        ("x = None", "x = 'None'"),
        ("def f(*, a=None, b): f", "def f(*, a, b=None): f"),
        ("match x:\n case None: y", "match x:\n case True: y"),
    ],
)
def test_syntax_that_differs_little_differs(tmp_path: Path, one: str, other: str) -> None:
    assert of(one, tmp_path) != of(other, tmp_path)


def test_a_modules_name_counts_and_the_order_of_modules_and_the_place_do_not(tmp_path: Path) -> None:
    assert of(MODULE, tmp_path, "a.py") != of(MODULE, tmp_path, "b.py")
    (tmp_path / "b.py").write_text("x = 1")
    one = code_fingerprint(["a.py", "b.py"], tmp_path)
    assert code_fingerprint(["b.py", "a.py", "b.py"], tmp_path) == one
    shutil.copytree(tmp_path, tmp_path / "elsewhere")
    assert code_fingerprint(["a.py", "b.py"], tmp_path / "elsewhere") == one


# Every construct that the supported Pythons share; those whose trees they write down differently come first.
EVERYTHING = r'''"""Docstring."""
text = f"" "a" f"{x}" 'b' f"{y}" ""
text = f"{x:}" f"{x!r:>{w}.{p}f}" f"{x=}" f"a{x = !s:>10}b" rf"\d{x}\{y}" f"{x:{'>'}{w}}" f"{x:{{}}}"
text = f"{{}}{d['k']:%H:%M}\N{DIGIT ONE}{x}\n" f"{(y := 1)}" f'{"a" "b"}' f"{f'{x}'}" f"""{
    x
}""" "é\x00\U0001fae8\ud800"
numbers = 1_000, 0x10, 1e400, -0.0, 1j, 1.1, True, None, ..., b"\xff" b"a", u"u"

@decorate(1, *a, **b)
class C(Base, metaclass=Meta):
    """Docstring."""
    __slots__ = ()
    x: int
    y: "list[int]" = [1, *z]

    async def f(self, a, /, b: int = 1, *c, d, e=2, **g) -> None:
        """Docstring."""
        async with a as b, c: pass
        async for x in y: await z
        else: continue_ = [x async for x in y if z if w]
        yield

def f():
    global text
    def g():
        nonlocal_ = lambda x, /, y=1, *z, w, v=2, **k: (yield)
        yield from nonlocal_
    with (open("a") as b, c): pass
    try: raise E from e
    except (A, B) as e: raise
    except C: pass
    else: assert a, "b"
    finally: del a[1:2, ::3, *b], c.d
    try: pass
    except* E: pass
    for i, (j, *k) in {1: 2, **a}.items():
        if not i and j or k: break
        elif i < j <= k is not None not in l: continue
    while i @ j // k ** ~l << 1: i >>= 1; j @= 2
    return {x: y for x, y in z} | {x for x in y} | {1, 2}, (x for x in y), a if b else c

match x:
    case {"a": 1, **rest} | C(a, b=-1.5) | [1, *_, None] as whole if whole: pass
    case "a" "b" | D.e | (1 + 2j): pass
    case _: x: int = 3
import a.b as c, d
from .. import e
from .f import *
'''
GOLDEN = "5807a026bbf4ffc745f3632805c4a740a631904578b56f154b701ce6ee33593c"


def test_fingerprint_of_every_construct_is_what_every_python_finds(tmp_path: Path) -> None:
    assert of(EVERYTHING, tmp_path) == GOLDEN


def interpreter(version: str) -> str | None:
    """Command of another Python, or None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for one in (str(path) for path in found if path):
        if subprocess.run([one, "--version"], capture_output=True).returncode == 0:
            return one
    return None


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_python_finds_the_same_fingerprints(repository: Path, version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    every = sorted(path.relative_to(repository).as_posix() for path in (repository / "pipeline").rglob("*.py"))
    code = (
        "import sys; from pathlib import Path; from pipeline.dependencies import code_fingerprint\n"
        "for name in sys.argv[1:]: print(code_fingerprint([name], Path.cwd()))"
    )
    printed = subprocess.run(
        [python, "-B", "-c", code, *every], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split()
    ours = [code_fingerprint([name], repository) for name in every]
    assert [name for name, a, b in zip(every, ours, printed, strict=True) if a != b] == []


def test_finding_dependencies_needs_no_library(repository: Path) -> None:
    tree = ast.parse((repository / "pipeline/dependencies.py").read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [getattr(node, "module", None) or node.names[0].name for node in nodes]
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)
