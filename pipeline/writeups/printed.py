"""`make printed`: the write-ups' printed figures beside ours, as a table in Markdown."""

from collections.abc import Iterator
from math import sqrt

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import read_identities
from pipeline.errors import UserError
from pipeline.files import read_table
from pipeline.params.plan import read_training
from pipeline.writeups.entries import PrintedRun, read_entries

HEADER = (
    "| row | study / variant | metric | printed | ours (mean of n) | n | difference | standard errors |\n"
    "|---|---|---|---|---|---|---|---|"
)


def compute_standard_error(one: float, other: float, images: int) -> float:
    """Standard error of the difference of two accuracies on as many images each, treated as independent.

    It covers the sampling of images only, not the spread over seeds, and is too large for runs on the same images.
    """
    return sqrt((one * (1 - one) + other * (1 - other)) / images)


def format_line(row: str, place: str, printed: PrintedRun, values: list[float]) -> str:
    """One line of the table; the standard error is that of one run on the images of the printed figure."""
    mean, theirs = sum(values) / len(values), printed.metrics[printed.compared]
    difference = mean - theirs
    errors = difference / compute_standard_error(mean, theirs, printed.images)
    figures = f"{theirs:.4f} | {mean:.4f} | {len(values)} | {difference:+.4f} | {errors:+.1f}"
    return f"| `{row}` | {place} | {printed.compared} | {figures} |"


def compare_rows() -> Iterator[str]:
    """A line for every printed row that a planned study runs, in the studies' order, each row once."""
    left = dict(read_entries("printed.yaml", PrintedRun))
    for study, plan in read_training().items():
        table = layout.evaluated_runs(study)
        if not table.is_file():
            raise UserError(f"{table}: expected every planned study to be evaluated; run `dvc repro` first.")
        runs = read_table(table)
        for variant, planned in plan.variants.items():
            for row in sorted({*planned.rows} & left.keys()):
                printed = left.pop(row)
                values = runs.loc[runs["variant"] == variant, printed.compared].tolist()
                yield format_line(row, f"{study} / {variant}", printed, values)


def main() -> None:
    """Print the table; refuse stand-in data, on which the comparison would mean nothing."""
    if any(identity.stand_in for identity in read_identities().values()):
        raise UserError(f"{layout.IDENTITIES}: expected real data; run with profile=full first.")
    print("\n".join([HEADER, *compare_rows()]))


if __name__ == "__main__":
    run(main)
