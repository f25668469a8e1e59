"""README, CONTRIBUTING and docs/ as tests read them: their examples, tables and commands."""

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"<!-- example: (.+?) -->\n```(\w+)\n(.*?)```\n", re.DOTALL)
TABLE = re.compile(r"<!-- (fields: \w+|metrics) -->\n((?:\|.*\n)+)")


@dataclass(frozen=True)
class Example:
    """A fenced block: what its marker says of the place it belongs to, its language, and its text."""

    document: str
    place: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}: {self.place}"


def read_examples() -> list[Example]:
    """Every marked example, in the order a reader meets them."""
    return [
        Example(path.name, *found) for path in DOCUMENTS for found in EXAMPLE.findall(path.read_text(encoding="utf-8"))
    ]


def read_tables() -> list[tuple[str, list[str]]]:
    """Marked tables: what each covers, and the names in backticks in the first column, in order."""
    found = [match for path in DOCUMENTS for match in TABLE.findall(path.read_text(encoding="utf-8"))]
    return [(about, _first_column(rows)) for about, rows in found]


def _first_column(table: str) -> list[str]:
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`(.+?)`", row.split("|")[1])]


def read_commands() -> list[list[str]]:
    """Words of every DVC command that the documents show as a line of its own."""
    lines = [line for path in DOCUMENTS for line in path.read_text(encoding="utf-8").splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("    dvc ")]


def read_overrides() -> list[str]:
    """What the commands of the documents give to `-S`."""
    return [value for words in read_commands() for option, value in pairwise(words) if option == "-S"]
