"""What importing a module runs, and a fingerprint of code: by syntax alone, with the standard library alone.

Nothing is imported to find out, so that a fingerprint costs no TensorFlow and any supported Python computes it.
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# What says nothing that the rest of a syntax tree does not, and differs between versions of Python.
DIFFERS_BETWEEN_PYTHONS = {"ctx", "kind", "type_comment"}


def import_closure(entry: str, root: Path, leave: Collection[str] = ()) -> list[str]:
    """Files, relative to `root` and sorted, of a module and of all that it imports from its own package.

    Imports inside functions count, and so do the `__init__` files of packages on the way. Those under
    `if TYPE_CHECKING:` do not, nor do modules without a statement, which can change nothing. Imports by a computed
    name are not seen.

    Parameters
    ----------
    entry : str
        Dotted name of the module.
    root : Path
        Folder that holds the top package.
    leave : collection of str
        Modules, or packages with all that is in them, that are left out and not followed.

    Raises
    ------
    ValueError
        When `entry` or a name in `leave` is no module below `root`.
    """
    for name in (entry, *leave):
        if module_file(name, root) is None:
            raise ValueError(f"Expected a module below {root}. Received {name!r}.")
    seen: set[str] = set()
    ahead = {*packages_of(entry), entry}
    while ahead:
        seen |= ahead
        named = {found for module in ahead for found in imported_modules(module, root)}
        run = {one for module in named for one in (*packages_of(module), module)}
        ahead = {one for one in run if not any(_is_within(one, left) for left in leave)} - seen
    files = {file for module in seen if (file := module_file(module, root)) and _parse(file).body}
    return sorted(file.relative_to(root).as_posix() for file in files)


def imported_modules(module: str, root: Path, type_checking: bool = False) -> set[str]:
    """Dotted names of the modules of its own package that a module imports.

    `from package import name` names the module `package.name` where there is one, or else `package`.

    Parameters
    ----------
    type_checking : bool
        Whether what is under `if TYPE_CHECKING:` counts.
    """
    file = module_file(module, root)
    if file is None:
        return set()
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    named: set[str] = set()
    for node in _imports(_parse(file), type_checking):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        else:
            source = _source(node, package)
            inner = {alias.name: f"{source}.{alias.name}" for alias in node.names}
            named |= {one if module_file(one, root) else source for one in inner.values()}
    return {one for one in named if _is_within(one, module.split(".")[0]) and module_file(one, root)}


def packages_of(module: str) -> list[str]:
    """Dotted names of the packages that a module is in, outermost first."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def module_file(module: str, root: Path) -> Path | None:
    """File of a module or of a package's `__init__`, or None where there is none."""
    place = root.joinpath(*module.split("."))
    files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
    return next((file for file in files if file.is_file()), None)


def fingerprint_code(entries: Iterable[str], leave: Collection[str] = (), root: Path = ROOT) -> str:
    """SHA-256 (hex) of the code of some modules and of all that they import; see `import_closure`."""
    return code_fingerprint({file for entry in entries for file in import_closure(entry, root, leave)}, root)


def code_fingerprint(files: Iterable[str], root: Path) -> str:
    """SHA-256 (hex) of the syntax of files, which are named relative to `root`.

    Equal on Python 3.11 to 3.13. Comments, layout, docstrings and `pass` do not count; a file's name does.
    """
    syntax = {name: _syntax(_parse(root / name)) for name in sorted(set(files))}
    return hashlib.sha256(ascii(syntax).encode()).hexdigest()


def _parse(file: Path) -> ast.Module:
    return _parse_source(file.read_bytes())


@cache
def _parse_source(source: bytes) -> ast.Module:
    tree = ast.parse(source)
    tree.body = [statement for statement in tree.body if not _does_nothing(statement)]
    return tree


def _imports(tree: ast.Module, type_checking: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    ahead: list[ast.AST] = [tree]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and not type_checking and _asks_for_type_checking(node.test):
            ahead += node.orelse
        else:
            ahead += (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr))


def _asks_for_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _source(node: ast.ImportFrom, package: str) -> str:
    """Absolute name of what `from` names; every dot after the first goes up by one package."""
    outer = package.split(".")
    start = outer[: len(outer) + 1 - node.level] if node.level else []
    return ".".join([*start, *([node.module] if node.module else [])])


def _is_within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _syntax(value: Any) -> Any:
    """A syntax tree as tuples, lists and words whose text is equal for equal code."""
    if isinstance(value, list):
        return [_syntax(one) for one in value if not _does_nothing(one)]
    if isinstance(value, ast.Constant):
        return ("Constant", type(value.value).__name__, ascii(value.value))
    if isinstance(value, ast.JoinedStr):
        return ("JoinedStr", [_syntax(piece) for piece in _pieces(value)])
    if not isinstance(value, ast.AST):
        return value
    fields = {name: _syntax(field) for name, field in ast.iter_fields(value) if _counts(name, field)}
    return (type(value).__name__, sorted(fields.items()))


def _counts(name: str, field: Any) -> bool:
    """Whether a field says anything; an empty one may not exist on another Python."""
    return field is not None and field != [] and name not in DIFFERS_BETWEEN_PYTHONS


def _does_nothing(node: Any) -> bool:
    loose = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass) or (loose and isinstance(node.value.value, str))


def _pieces(node: ast.JoinedStr) -> Iterator[ast.expr]:
    """Pieces of an f-string, with neighbouring texts as one and none empty: Pythons divide them differently."""
    for is_text, group in groupby(node.values, lambda piece: isinstance(piece, ast.Constant)):
        if not is_text:
            yield from group
        elif text := "".join(ast.literal_eval(piece) for piece in group):
            yield ast.Constant(text)
