"""Stage track: runs, comparisons and models into MLflow; nothing here can change a result."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import layout
from pipeline.backend import start_tensorflow
from pipeline.command_line import run
from pipeline.data.tasks import read_scaling
from pipeline.files import read_arrays, read_json, write_json
from pipeline.outputs.tracking.models import take_pixels
from pipeline.outputs.tracking.projection import update_mlflow
from pipeline.params.plan import read_unselected
from pipeline.training.study_runs import StudyRun

if TYPE_CHECKING:
    import keras


def track() -> None:
    """Bring MLflow up to date with every planned study; write tracked/receipt.json."""
    receipts = update_mlflow(_rebuild)
    before = read_json(layout.RECEIPT) if layout.RECEIPT.exists() else {}
    kept = {study: one for study, one in before.items() if study in read_unselected().studies}
    write_json(layout.RECEIPT, kept | {study: receipt.declared() for study, receipt in receipts.items()})
    for study, one in receipts.items():
        print(f"{study}: {one.added} added to MLflow, {one.runs} there, {one.models} loadable models")
    if absent := sum(one.absent for one in receipts.values()):
        print(
            f"{absent} models are absent, as .runs/ lacks their weights: "
            "`dvc repro --single-item --force train track` makes them."
        )


def _rebuild(run: StudyRun, weights: Path) -> "keras.Model":
    start_tensorflow()
    from pipeline.models.predict import rebuild

    model = rebuild(run.recipe, run.input_shape, run.classes, read_arrays(weights))
    return take_pixels(model, read_scaling(run.task))


if __name__ == "__main__":
    run(track)
