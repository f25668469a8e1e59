"""Identity of a task: the digests of what training and evaluation are given."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pipeline.files import Arrays, canonical, digest


def identify(
    data_set: str, source: Mapping[str, Any], parts: Mapping[str, Arrays], scaling: Arrays
) -> dict[str, Any]:
    """Source, classes, and SHA-256 of every array of a task.

    Parameters
    ----------
    data_set : str
        Name of the data set.
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
    classes = 1 + max(int(content["y"].max()) for content in parts.values())
    validation = about.get("validation")
    return {
        "data_set": data_set,
        "source": source["name"],
        "stand_in": source["stand_in"],
        "classes": [str(label) for label in range(classes)],
        "train": about["train"],
        "validation": validation,
        "test": about["test"],
        "scaling": scaled,
        "training_digest": _hash([about["train"], validation, scaled, classes]),
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
