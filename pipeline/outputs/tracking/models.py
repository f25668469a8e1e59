"""A loadable model for a run: what `mlflow.pyfunc.load_model` predicts is what the run's weights predict."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput

if TYPE_CHECKING:
    import keras
    from mlflow.models import ModelSignature

NAME = "model"
REQUIREMENTS = ("keras", "tensorflow", "numpy")


def log_model(client: MlflowClient, run_id: str, build: Callable[[], "keras.Model"]) -> str:
    """Log the model of a finished MLflow run and return its id; what a killed process left of one is deleted.

    It loads as `models:/<id>` and `runs:/<run>/model`, without an optimizer.
    """
    run = client.get_run(run_id)
    experiment_id = run.info.experiment_id
    for leftover in client.search_logged_models([experiment_id], filter_string=f"source_run_id = '{run_id}'"):
        client.delete_logged_model(leftover.model_id)
    # Created here, because log_model alone would put it into the default experiment.
    created = client.create_logged_model(experiment_id, NAME, run_id, params=run.data.params)
    _save(client.tracking_uri, created.model_id, build())
    client.log_outputs(run_id, [LoggedModelOutput(created.model_id, step=0)])
    return str(created.model_id)


def _save(uri: str, model_id: str, model: "keras.Model") -> None:
    import keras
    import mlflow.keras as flavor

    bare = keras.Model(model.inputs, model.outputs, name=model.name)  # never compiled: no optimizer, no state
    with _global_store(uri):
        flavor.log_model(
            bare,
            model_id=model_id,
            signature=_describe_signature(bare),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )


def _describe_signature(model: "keras.Model") -> "ModelSignature":
    """Shapes and dtypes of inputs and outputs; cheaper than an example, which MLflow would predict."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    def describe(tensors: "list[keras.KerasTensor]") -> Schema:
        return Schema([TensorSpec(np.dtype(one.dtype), (-1, *one.shape[1:])) for one in tensors])

    return ModelSignature(describe(model.inputs), describe(model.outputs))


@contextmanager
def _global_store(uri: str) -> Iterator[None]:
    """MLflow's global store for a while: `log_model` knows no other."""
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)
