"""`make readme`: the README's verdict table, written from the committed metrics so that no figure is typed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.analysis.power import smallest_n_that_can_reject
from pipeline.errors import UserError
from pipeline.files import read_json, write_text
from pipeline.outputs.figures.verdicts import VERDICTS
from pipeline.stages.command import run

README = Path("README.md")
BEGIN, END = "<!-- verdicts: make readme -->\n", "<!-- end of verdicts -->\n"


def verdict_lines(studies: Sequence[Mapping[str, Any]]) -> str:
    """Markdown table: the studies with repeats enough for the exact test to decide, and how many have fewer.

    Studies that compare nothing have no verdict to show.
    """
    studies = [study for study in studies if study["comparisons"]]
    rows = ["| question | n | treatment: verdict, against the control |", "|---|---|---|"]
    shown = [study for study in studies if _can_decide(study)]
    rows += [f"| {s['question']} (`{s['control']}`) | {s['repeats']} | {_verdicts(s)} |" for s in shown]
    fewer = sorted({study["repeats"] for study in studies if not _can_decide(study)})
    if fewer:
        rows.append(
            f"| {len(studies) - len(shown)} more studies, in the report | {', '.join(map(str, fewer))} "
            "| fewer repeats than the exact test needs to tell a difference |"
        )
    return "\n".join(rows) + "\n"


def _can_decide(study: Mapping[str, Any]) -> bool:
    return int(study["repeats"]) >= smallest_n_that_can_reject(len(study["comparisons"]), study["alpha"])


def _verdicts(study: Mapping[str, Any]) -> str:
    return "; ".join(f"**{verdict}**: {', '.join(names)}" for verdict, names in by_verdict(study).items())


def by_verdict(study: Mapping[str, Any]) -> dict[str, list[str]]:
    """Treatments of a study by the verdict on them, best verdicts first; verdicts without any are left out."""
    found = {name: one["verdict"] for name, one in study["comparisons"].items()}
    groups = {verdict: [name for name, one in found.items() if one == verdict] for verdict in VERDICTS}
    return {verdict: names for verdict, names in groups.items() if names}


def with_verdicts(readme: str, table: str) -> str:
    """The README's text with its verdict table replaced.

    Raises
    ------
    UserError
        When the two markers are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"{README}: expected the lines {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}{table}{END}{after}"


def main() -> None:
    """Rewrite the table from metrics/."""
    names = read_json(layout.METRICS / "summary.json")["studies"]
    table = verdict_lines([read_json(layout.study_metrics(name)) for name in names])
    write_text(README, with_verdicts(README.read_text("utf-8"), table))


if __name__ == "__main__":
    run(main)
