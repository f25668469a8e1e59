"""Identity of a task: the digests of what training and evaluation are given."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pipeline.data.splits import is_per_repeat, split_indices
from pipeline.files import Arrays, canonical, digest


def identify(
    task: Mapping[str, Any], source: Mapping[str, Any], parts: Mapping[str, Arrays], scaling: Arrays
) -> dict[str, Any]:
    """Source, classes, and SHA-256 of every array of a task.

    Parameters
    ----------
    task : mapping
        The task's section of params.yaml.
    source : mapping
        Where its arrays came from.
    parts : mapping of str to dict of ndarray
        Images `x` and labels `y` of train, test, and validation where there is one. Where each repeat splits the
        development images, train is all of them.
    scaling : dict of ndarray
        Scaling statistics.

    Returns
    -------
    dict
        `training_digest` covers train, validation, scaling and the number of classes: all that training can see;
        `test_digest` covers the test part and scaling. `split_per_repeat` is how each repeat divides the images
        of train; `n` of train and validation is then the number after that, and their digests are of all.
    """
    about = {name: _part(content) for name, content in parts.items()}
    split = task["split"] if is_per_repeat(task["split"]) else None
    if split:
        about |= _divided(about["train"], parts["train"]["y"], split)
    scaled = {name: digest(array) for name, array in scaling.items()}
    classes = _class_names(task, parts)
    validation = about.get("validation")
    return {
        "data_set": task["data"],
        "source": source["name"],
        "stand_in": source["stand_in"],
        "classes": classes,
        "groups": task["classes"],
        "validation_is_test": task["split"]["kind"] == "test",
        "split_per_repeat": split,
        "train": about["train"],
        "validation": validation,
        "test": about["test"],
        "scaling": scaled,
        "training_digest": _hash(
            [about["train"], validation, scaled, len(classes), *([split] if split else [])]
        ),
        "test_digest": _hash([about["test"], scaled]),
    }


def _part(content: Arrays) -> dict[str, Any]:
    return {
        "n": len(content["y"]),
        "shape": list(content["x"].shape[1:]),
        "x": digest(content["x"]),
        "y": digest(content["y"]),
    }


def _divided(development: dict[str, Any], labels: Any, split: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Train and validation as any seed divides them: the number of images does not depend on it."""
    indices = split_indices(labels, {**split, "seed": 0}, "a task split per repeat")
    return {
        part: {**development, "n": len(chosen)}
        for part, chosen in zip(("train", "validation"), indices, strict=True)
    }


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _class_names(task: Mapping[str, Any], parts: Mapping[str, Arrays]) -> list[str]:
    """Names of the classes: the source's labels, those of a merged class joined by a plus."""
    if task["classes"] is not None:
        return ["+".join(map(str, group)) for group in task["classes"]]
    return [str(label) for label in range(1 + max(int(content["y"].max()) for content in parts.values()))]
