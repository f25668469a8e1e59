"""metrics/studies/<study>.json and metrics/summary.json: one writer and one reader of each."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from pipeline.errors import UserError
from pipeline.files import read_json, write_json
from pipeline.statistics.results import StudyResults, Summary
from pipeline.statistics.wording import format_sentence

T = TypeVar("T")
RESULTS, SUMMARY = TypeAdapter(StudyResults), TypeAdapter(Summary)


def write_results(path: Path, results: StudyResults) -> None:
    """Write a study's results; every comparison says its verdict and its sentence behind its figures."""
    content = RESULTS.dump_python(results, mode="json")
    for name, one in results.comparisons.items():
        content["comparisons"][name] |= {"verdict": one.verdict, "sentence": format_sentence(one)}
    write_json(path, content)


def read_results(path: Path) -> StudyResults:
    """Read what `write_results` wrote; verdicts and sentences follow from the figures again.

    Raises
    ------
    UserError
        When it is not there, or holds something else.
    """
    return _read(path, RESULTS)


def write_summary(path: Path, summary: Summary) -> None:
    """Write the summary of all studies."""
    write_json(path, SUMMARY.dump_python(summary, mode="json"))


def read_summary(path: Path) -> Summary:
    """Read what `write_summary` wrote; see `read_results`."""
    return _read(path, SUMMARY)


def _read(path: Path, adapter: TypeAdapter[T]) -> T:
    content = read_json(path)
    try:
        return adapter.validate_python(content)
    except ValueError as error:
        raise UserError(f"{path}: expected this file as stage compare wrote it; {error}") from None
