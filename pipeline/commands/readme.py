"""`make readme`: the README's verdicts, written from the committed metrics so that no figure is typed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import read_json, write_text
from pipeline.outputs.figures.units import words
from pipeline.outputs.figures.verdicts import CLAIM_VERDICTS, VERDICTS
from pipeline.statistics.power import smallest_n_that_can_reject

Claims = Mapping[str, Mapping[str, int]]  # how many got each verdict, by scope
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


def claim_lines(claims: Claims, stand_in: bool) -> str:
    """Markdown table: how many claims of each scope got each verdict."""
    data = "stand-in data" if stand_in else "the write-ups' own data"
    rows = [
        f"| claims, on {data} | {' | '.join(CLAIM_VERDICTS)} |",
        "|---" * (1 + len(CLAIM_VERDICTS)) + "|",
    ]
    rows += [
        f"| {words(scope)} | {' | '.join(str(counts[verdict]) for verdict in CLAIM_VERDICTS)} |"
        for scope, counts in claims.items()
    ]
    return "\n".join(rows) + "\n"


def with_verdicts(readme: str, tables: str) -> str:
    """The README's text with its verdicts replaced.

    Raises
    ------
    UserError
        When the two markers are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"{README}: expected the lines {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}{tables}{END}{after}"


def tables(metrics: Path) -> str:
    """Both tables, of the verdicts on treatments and of those on claims, from a folder of metrics."""
    summary = read_json(metrics / "summary.json")
    studies = [read_json(metrics / "studies" / f"{name}.json") for name in summary["studies"]]
    return f"{verdict_lines(studies)}\n{claim_lines(summary['claims'], summary['stand_in'])}"


def main() -> None:
    """Rewrite the tables from metrics/."""
    write_text(README, with_verdicts(README.read_text("utf-8"), tables(layout.METRICS)))


if __name__ == "__main__":
    run(main)
