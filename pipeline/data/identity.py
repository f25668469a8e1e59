"""Identity of a task: what it is made of, and the digests of what training and evaluation are given."""

from pipeline import layout
from pipeline.files import read_model
from pipeline.params.schema import Split
from pipeline.params.section import Section


class Part(Section):
    """Images of one part of a task: how many, their shape, and SHA-256 digests of images and labels."""

    n: int
    shape: list[int]
    x: str
    y: str


class Identity(Section):
    """Source, classes, and digests of everything in a task.

    `training_digest` covers train, validation, scaling and the number of classes: all that training can see;
    `test_digest` covers the test part and scaling. `split_per_repeat` is how each repeat divides the images of
    train; `n` of train and validation is then the number after that, and their digests are of all.
    """

    data_set: str
    source: str
    stand_in: bool
    classes: list[str]
    groups: list[list[int]] | None
    validation_is_test: bool
    split_per_repeat: Split | None
    train: Part
    validation: Part | None
    test: Part
    scaling: dict[str, str]
    training_digest: str
    test_digest: str


class Identities(Section):
    """Every task's identity, by name."""

    tasks: dict[str, Identity]


def read_identities() -> dict[str, Identity]:
    """Identity of every planned task."""
    return read_model(layout.IDENTITIES, Identities).tasks
