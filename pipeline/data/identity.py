"""Identity of a task: the digests of what training and evaluation are given."""

import hashlib
from collections.abc import Mapping
from typing import Any

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
        Images `x` and labels `y` of train, test, and validation where there is one.
    scaling : dict of ndarray
        Scaling statistics.

    Returns
    -------
    dict
        `training_digest` covers train, validation, scaling and the number of classes: all that training can see;
        `test_digest` covers the test part and scaling.
    """
    about = {name: _part(content) for name, content in parts.items()}
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
        "train": about["train"],
        "validation": validation,
        "test": about["test"],
        "scaling": scaled,
        "training_digest": _hash([about["train"], validation, scaled, len(classes)]),
        "test_digest": _hash([about["test"], scaled]),
    }


def _part(content: Arrays) -> dict[str, Any]:
    return {
        "n": len(content["y"]),
        "shape": list(content["x"].shape[1:]),
        "x": digest(content["x"]),
        "y": digest(content["y"]),
    }


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _class_names(task: Mapping[str, Any], parts: Mapping[str, Arrays]) -> list[str]:
    """Names of the classes: the source's labels, those of a merged class joined by a plus."""
    if task["classes"] is not None:
        return ["+".join(map(str, group)) for group in task["classes"]]
    return [str(label) for label in range(1 + max(int(content["y"].max()) for content in parts.values()))]
