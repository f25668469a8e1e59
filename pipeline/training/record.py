"""The files of one finished run: written for the run store, and read by whoever comes after."""

from pipeline import layout
from pipeline.files import read_model
from pipeline.params.recipe import Recipe, Search
from pipeline.params.section import Name, Section
from pipeline.seeds import Seeds


class FinishedRun(Section):
    """What run.json says of a finished run, whatever a study calls it; `code` is that of training."""

    fingerprint: str
    recipe_fingerprint: str
    recipe: Recipe
    search: Search | None
    trials: dict[str, dict[str, float]] | None
    seeds: Seeds
    input_shape: tuple[int, ...]
    classes: int
    epochs_run: int
    stopped_epoch: int | None
    best_epoch: int | None
    parameters: int
    trainable_parameters: int
    weights_digest: str
    versions: dict[str, str]
    code: str


class StudyRun(FinishedRun):
    """A finished run under the name that a study gives it; runs/<study>/<variant>/<repeat>/run.json."""

    study: Name
    variant: Name
    repeat: int
    task: Name


class Seconds(Section):
    """Wall time of a run's `fit`, and whether tracing was part of it; in no hashed file."""

    train_seconds: float
    traced: bool


def read_run(study: str, variant: str, repeat: int) -> StudyRun:
    """What run.json says of a study's run."""
    return read_model(layout.run_folder(study, variant, repeat) / layout.RUN, StudyRun)
