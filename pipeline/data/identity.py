"""Identity of a task: what it is made of, and the digests of what training and evaluation are given."""

from collections.abc import Mapping

from pipeline import layout
from pipeline.data.images import Examples, Scaling
from pipeline.data.splits import is_per_repeat, split_indices
from pipeline.files import digest, hash_json, read_model
from pipeline.params.plan import PlannedSource
from pipeline.params.section import Section
from pipeline.params.task import Preparation, Split


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


def identify(task: Preparation, source: PlannedSource, parts: Mapping[str, Examples], scaling: Scaling) -> Identity:
    """Identity of a task by its parts: train, test, and validation where there is one.

    Where each repeat splits the development images, train is all of them.
    """
    about = {name: _identify_part(one) for name, one in parts.items()}
    split = task.split if is_per_repeat(task.split) else None
    if split:
        about |= _divide(about["train"], parts["train"], split)
    scaled = {name: digest(array) for name, array in scaling.to_arrays().items()}
    classes = _name_classes(task, parts)
    train, validation, test = about["train"], about.get("validation"), about["test"]
    seen = [train.model_dump(), validation and validation.model_dump(), scaled, len(classes)]
    return Identity(
        data_set=task.data,
        source=source.name,
        stand_in=source.stand_in,
        classes=classes,
        groups=task.classes,
        validation_is_test=task.split.kind == "test",
        split_per_repeat=split,
        train=train,
        validation=validation,
        test=test,
        scaling=scaled,
        training_digest=hash_json([*seen, split and split.model_dump()]),
        test_digest=hash_json([test.model_dump(), scaled]),
    )


def _identify_part(examples: Examples) -> Part:
    """A part by the digest of the array that it is chosen from, and of the choice."""
    images = examples.images
    x, y = hash_json([images.digest, digest(images.rows)]), digest(examples.labels)
    return Part(n=len(examples), shape=list(images.shape[1:]), x=x, y=y)


def _divide(about: Part, development: Examples, split: Split) -> dict[str, Part]:
    """Train and validation as any seed divides them: the number of images does not depend on it."""
    seeded = split.model_copy(update={"seed": 0})
    chosen = split_indices(development.labels, seeded, "a task split per repeat")
    sizes = zip(("train", "validation"), map(len, chosen), strict=True)
    return {part: about.model_copy(update={"n": n}) for part, n in sizes}


def _name_classes(task: Preparation, parts: Mapping[str, Examples]) -> list[str]:
    """Names of the classes: the source's labels, those of a merged class joined by a plus."""
    if task.classes is not None:
        return ["+".join(map(str, group)) for group in task.classes]
    return [str(label) for label in range(1 + max(int(one.labels.max()) for one in parts.values()))]
