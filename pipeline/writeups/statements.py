"""What the write-ups say, statement by statement, with the claims that ask it or the reason why none does."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.command_line import run
from pipeline.params.section import ClaimId, Places, Section
from pipeline.writeups.entries import read_entries

LENGTHS = {"000": 466, "001": 810, "002": 1150, "003": 223, "004": 345}
"""Lines of each write-up's text."""

FILE = "statements.yaml"
HEAD = """# Statements

What the five write-ups say of learning, cost and size, in our own words, and which [claims](claims.md) ask it.
Written by `python -m pipeline.writeups.statements`. A line is that of the write-up's text; what a summary says again
is counted again. Definitions, procedure, the wording of tasks, tables, and what a single log shows are left out.
"""
Text = Annotated[str, Field(min_length=1)]


class Statement(Section):
    """An assertion of a write-up: where, in our own words, and the claims that ask it or why none does."""

    id: str
    place: Annotated[Places, Field(min_length=1)]
    says: Text
    claims: list[ClaimId] = Field(default_factory=list)
    reason: Text | None = None

    @model_validator(mode="after")
    def _claims_or_a_reason(self) -> Self:
        if bool(self.claims) == bool(self.reason):
            raise ValueError("expected 'claims' or a 'reason', and not both")
        return self

    @property
    def write_up(self) -> str:
        """Number of the write-up."""
        return self.id[:3]


def read_statements() -> dict[str, Statement]:
    """Every statement by its id, in the order of the texts."""
    return read_entries(FILE, Statement)


def format_statements(statements: Mapping[str, Statement]) -> str:
    """All statements as a Markdown document: how many of each write-up, then each of them."""
    by_write_up = {one: [s for s in statements.values() if s.write_up == one] for one in LENGTHS}
    counts = [_format_counts(name, found) for name, found in by_write_up.items()]
    counts.append(_format_counts("all", statements.values()))
    tables = [_format_table(name, found) for name, found in by_write_up.items()]
    return "\n".join([HEAD, _format_rows(("write-up", "statements", "with a claim", "with a reason"), counts), *tables])


def _format_counts(name: str, statements: Iterable[Statement]) -> tuple[str, ...]:
    claimed = [bool(one.claims) for one in statements]
    return name, str(len(claimed)), str(sum(claimed)), str(len(claimed) - sum(claimed))


def _format_table(write_up: str, statements: Iterable[Statement]) -> str:
    rows = [(one.id, _format_lines(one), one.says, _format_cover(one)) for one in statements]
    return f"## Write-up {write_up}\n\n{_format_rows(('statement', 'line', 'says', 'asked by, or why not'), rows)}"


def _format_lines(statement: Statement) -> str:
    return ", ".join(str(place.line) for place in statement.place)


def _format_cover(statement: Statement) -> str:
    return ", ".join(statement.claims) if statement.claims else f"none: {statement.reason}"


def _format_rows(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(columns)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


def print_statements() -> None:
    """Print the document."""
    print(format_statements(read_statements()), end="")


if __name__ == "__main__":
    run(print_statements)
