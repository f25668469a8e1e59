"""A loadable model for a run: what `mlflow.pyfunc.load_model` predicts is what the run's weights predict."""

import time
from collections.abc import Callable
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric

from pipeline.data.images import Scaling

if TYPE_CHECKING:
    import keras
    import numpy as np
    import numpy.typing as npt
    from mlflow.models import ModelSignature

REQUIREMENTS = ("keras", "tensorflow", "numpy")
HOW_TO = """Takes images as they are stored, pixels 0 to 255, uint8 or float:

    mlflow.pyfunc.load_model("models:/<Model ID>").predict(images)
"""


def log_model(client: MlflowClient, run_id: str, build: Callable[[], "keras.Model"]) -> str:
    """Log the model of a finished MLflow run and return its id; what a killed process left of one is deleted.

    It is named by study and variant, has the run's numbers, loads as `models:/<id>` and `runs:/<run>/<name>`, takes
    what `build` gives, and has no optimizer.
    """
    run = client.get_run(run_id)
    experiment_id, tags = run.info.experiment_id, run.data.tags
    for leftover in client.search_logged_models([experiment_id], filter_string=f"source_run_id = '{run_id}'"):
        client.delete_logged_model(leftover.model_id)
    # Created here, because log_model alone would put it into the default experiment.
    name = f"{tags['claimcheck.study']}-{tags['claimcheck.variant']}"
    own = {tag: value for tag, value in tags.items() if tag.startswith("claimcheck.")}
    own["mlflow.note.content"] = HOW_TO
    created = client.create_logged_model(experiment_id, name, run_id, tags=own, params=run.data.params)
    _save(client, run_id, created.model_id, build())
    client.log_outputs(run_id, [LoggedModelOutput(created.model_id, step=0)])
    _log_numbers(client, run_id, created.model_id, run.data.metrics)
    return str(created.model_id)


def take_pixels(model: "keras.Model", scaling: Scaling) -> "keras.Model":
    """A model of images as they are stored, pixels 0..255 of any number type, from one of scaled images."""
    import keras
    import numpy as np

    shape = model.inputs[0].shape[1:]
    offset, divisor = (np.broadcast_to(one, shape) for one in (scaling.offset, scaling.divisor))
    axes = tuple(range(1, len(shape) + 1))
    pixels = keras.Input(shape, name="pixels")
    scaled = keras.layers.Normalization(axes, mean=offset, variance=divisor**2, name="scaling")(pixels)
    return keras.Model(pixels, model(scaled), name=model.name)


def _log_numbers(client: MlflowClient, run_id: str, model_id: str, numbers: dict[str, float]) -> None:
    now = time.time_ns() // 1_000_000
    finals = {name: value for name, value in numbers.items() if not name.startswith("epoch/")}
    metrics = [Metric(name, value, now, 0, model_id=model_id, run_id=run_id) for name, value in finals.items()]
    client.log_batch(run_id, metrics=metrics)


def _save(client: MlflowClient, run_id: str, model_id: str, model: "keras.Model") -> None:
    """Save and upload: `log_model` would do both, in the global store, and predict the example by way of JSON."""
    import keras
    import mlflow.keras as flavor
    from mlflow.models import Model

    bare = keras.Model(model.inputs[0], model.outputs[0], name=model.name)  # never compiled: no optimizer, no state
    with TemporaryDirectory() as folder:
        flavor.save_model(
            bare,
            path=folder,  # which has to be there for an example
            mlflow_model=Model(f"models:/{model_id}", run_id, model_uuid=model_id, model_id=model_id),
            signature=_describe_signature(bare),
            input_example=_make_example(bare),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            metadata={"input": f"pixels 0..255, uint8 or float, of shape {bare.inputs[0].shape}"},
        )
        client.log_model_artifacts(model_id, folder)
    client.finalize_logged_model(model_id, "READY")


def _describe_signature(model: "keras.Model") -> "ModelSignature":
    """Arrays of any number type to probabilities: a tensor's dtype would have to be the input's, uint8 or float32."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    anything = TensorSpec(np.dtype("O"), (-1,))  # what MLflow passes on as it is
    out = model.outputs[0]
    return ModelSignature(Schema([anything]), Schema([TensorSpec(np.dtype(out.dtype), (-1, *out.shape[1:]))]))


def _make_example(model: "keras.Model") -> "npt.NDArray[np.uint8]":
    """One image, a ramp from black to white, as stored images are: uint8."""
    import numpy as np

    shape = model.inputs[0].shape[1:]
    return np.linspace(0, 255, int(np.prod(shape))).astype(np.uint8).reshape(1, *shape)
