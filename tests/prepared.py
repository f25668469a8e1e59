"""Small data sets, prepared in the working folder by the stages themselves."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline import layout
from pipeline.data.sources import KEYS
from pipeline.files import Arrays, digest, write_arrays, write_model
from pipeline.params.plan import PlannedSource, TaskPlan, Unselected
from pipeline.params.task import Preparation
from pipeline.stages.download import download
from pipeline.stages.preprocess import preprocess
from pipeline.stages.split import split
from pipeline.stages.standardize import standardize


def noise(n_train: int, n_test: int, shape: Sequence[int], classes: int = 10) -> Arrays:
    """Arrays of a data set: images of noise, with labels from 0 in a scrambled order."""
    generator = np.random.default_rng(0)
    made: Arrays = {}
    for part, n in (("train", n_train), ("test", n_test)):
        made[f"x_{part}"] = generator.integers(0, 256, (n, *shape), dtype=np.uint8)
        made[f"y_{part}"] = generator.permutation(n).astype(np.uint8) % classes
    return {key: made[key] for key in KEYS}


def plan_data(data: Mapping[str, Arrays], tasks: Mapping[str, Preparation]) -> None:
    """Write the plan of data sets, which are files of their own, and of tasks."""
    for name, arrays in data.items():
        write_arrays(layout.RAW.parent / f"{name}.npz", arrays)
        source = {
            "name": f"my_{name}",
            "stand_in": False,
            "loader": "npz",
            "description": f"A small {name}",
            "path": str(layout.RAW.parent / f"{name}.npz"),
            "sha256": {key: digest(array) for key, array in arrays.items()},
        }
        write_model(layout.source_plan(name), PlannedSource.model_validate(source))
    write_model(layout.TASK_PLAN, TaskPlan(tasks=dict(tasks)))
    write_model(layout.UNSELECTED, Unselected())


def prepare(data: Mapping[str, Arrays], tasks: Mapping[str, Preparation]) -> None:
    """Download data sets and prepare tasks, stage by stage."""
    plan_data(data, tasks)
    for name in data:
        download(name)
    preprocess()
    split()
    standardize()
