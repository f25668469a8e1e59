"""Stage track: runs, comparisons and models into MLflow; nothing here can change a result."""

from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.backend import start_tensorflow
from pipeline.command_line import run
from pipeline.files import write_json
from pipeline.outputs.tracking import track as project


def track() -> None:
    """Bring MLflow up to date with every planned study; write tracked/receipt.json."""
    studies = [path.stem for path in sorted((layout.PLAN / "training").glob("*.json"))]
    figures = {study: sorted((layout.PLOTS / study).glob("*.svg")) for study in studies}
    receipt = project(studies, _rebuild, figures=figures)
    write_json(layout.RECEIPT, receipt)
    for study, counts in receipt.items():
        print(
            f"{study}: {counts['added']} added to MLflow, {counts['runs']} there, {counts['models']} loadable models"
        )


def _rebuild(folder: Path) -> Any:
    start_tensorflow()
    from pipeline.models.predict import rebuild

    return rebuild(folder)


if __name__ == "__main__":
    run(track)
