"""`make printed`: the write-ups' printed accuracies beside ours, as a table in Markdown."""

from collections.abc import Iterator

from pipeline import layout
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import read_json, read_table
from pipeline.writeups.printed import PRINTED, Printed, standard_error

HEADER = (
    "| row | study / variant | metric | printed | ours (mean of n) | n | difference | standard errors |\n"
    "|---|---|---|---|---|---|---|---|"
)


def line(row: str, place: str, printed: Printed, values: list[float]) -> str:
    """One line of the table; the standard error is that of one run on the images of the printed figure."""
    mean = sum(values) / len(values)
    difference = mean - printed.accuracy
    errors = difference / standard_error(mean, printed.accuracy, printed.images)
    figures = f"{printed.accuracy:.4f} | {mean:.4f} | {len(values)} | {difference:+.4f} | {errors:+.1f}"
    return f"| `{row}` | {place} | {printed.metric} | {figures} |"


def lines() -> Iterator[str]:
    """A line for every printed accuracy whose row a planned study runs, in the studies' order, each row once."""
    seen: set[str] = set()
    for path in sorted((layout.PLAN / "training").glob("*.json")):
        plan = read_json(path)
        table = layout.EVALUATIONS / path.stem / "runs.csv"
        if not table.is_file():
            raise UserError(f"{table}: expected every planned study to be evaluated; run `dvc repro` first.")
        runs = read_table(table)
        for variant, planned in plan["variants"].items():
            rows = [planned["row"]] if isinstance(planned["row"], str) else planned["row"] or []
            for row in set(rows) & set(PRINTED) - seen:
                seen.add(row)
                values = runs.loc[runs["variant"] == variant, PRINTED[row].metric].tolist()
                yield line(row, f"{path.stem} / {variant}", PRINTED[row], values)


def main() -> None:
    """Print the table; refuse stand-in data, on which the comparison would mean nothing."""
    for path in sorted(layout.DIGESTS.glob("*.json")):
        if any(identity["stand_in"] for identity in read_json(path).values()):
            raise UserError(f"{path}: expected real data; run with profile=full first.")
    print("\n".join([HEADER, *lines()]))


if __name__ == "__main__":
    run(main)
