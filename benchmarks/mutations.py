"""What a mutant is: one changed expression or statement of a file, and every one that a file has."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the bytes from `start` to `end` become `new`."""

    path: str
    line: int
    start: int
    end: int
    first: int  # line of its statement
    last: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split())[:110] for text in (self.old, self.new))
        return f"{self.path}:{self.line}: {old} -> {new}"


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """Every mutant of a file, in the order of its text."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found, tree = [], ast.parse(source)
    for node in _code(tree):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        texts = dict.fromkeys(ast.unparse(ast.fix_missing_locations(one)) for one in _changed(node))
        first, last = _statement(tree, node)
        found += [
            Mutant(path, node.lineno, start, end, first, last, old, f"({new})" if _inner(node) else new)
            for new in texts
        ]
    return found


def _statement(tree: ast.Module, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """First and last line of the statement that a node is in; of one with a body, the node's own lines."""
    within = [
        one for one in ast.walk(tree) if isinstance(one, ast.stmt) and _lines(one)[0] <= node.lineno <= _lines(one)[1]
    ]
    inner = min(within, key=lambda one: _lines(one)[1] - _lines(one)[0])
    return _lines(node if hasattr(inner, "body") else inner)


def _lines(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _inner(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Name)


def _code(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Expressions and statements that run: no annotation, docstring, decorator, import, or piece of an f-string."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "type_params", "bases", "format_spec"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or _is_text(node) or isinstance(node, ast.Import | ast.ImportFrom):
                continue
            if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
                continue
            if isinstance(node, ast.expr | ast.stmt):
                yield node
            if isinstance(node, ast.JoinedStr):
                yield from (inner for piece in node.values for inner in _code(piece))
            elif not (isinstance(node, ast.Assign) and "TypeVar" in ast.unparse(node.value)):
                yield from _code(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """A node's mutants."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in COMPARED:
            yield _with(node, ops=[COMPARED[type(op)](), *node.ops[1:]])
        case ast.BinOp(op=op) if type(op) in COMPUTED and "TypeVar" not in ast.unparse(node):
            yield _with(node, op=COMPUTED[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield ast.Constant(value * 2 or 1.0)
        case ast.Constant(value=str(value)):
            yield ast.Constant(f"{value}X")
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(NAMES[name])
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) and node.generators[0].ifs:
        every = deepcopy(node)
        every.generators[0].ifs = every.generators[0].ifs[1:]
        yield every
    if isinstance(node, ast.If | ast.While):
        return


def _with(node: ast.AST, **changes: object) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), **changes})
