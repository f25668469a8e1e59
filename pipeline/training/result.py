"""What a finished run leaves behind. Apart from the training, so that who receives it needs no TensorFlow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.params.recipe import Recipe

Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class RunResult:
    """What a finished run leaves behind.

    Attributes
    ----------
    recipe : Recipe
        What was trained; for a search, the recipe of its best trial.
    weights : dict of ndarray
        Final weights by `layer/variable`, float32.
    history : tuple of dict
        One row an epoch: `epoch` (from 1), `loss`, `accuracy`, and `val_loss`, `val_accuracy` where there is a
        validation set. `loss` includes penalties and, like `accuracy`, is Keras's running mean over the epoch.
    stopped_epoch, best_epoch : int or None
        Epoch (from 1) after which early stopping ended the run; epoch of the smallest `val_loss`.
    input_shape, classes : tuple of int, int
        What the model takes and how many classes it tells apart.
    parameters, trainable_parameters : int
        Counts over all weights, and over those that training changes.
    summary : str
        Keras's model summary.
    train_seconds : float
        Wall time of `fit`; includes tracing where `traced` is true. Never part of a hashed file.
    trials : tuple of dict
        A search's trials in order: `trial`, the hyperparameters, `val_accuracy`, `val_loss`. Empty otherwise.
    """

    recipe: Recipe
    weights: Weights
    history: tuple[dict[str, float], ...]
    stopped_epoch: int | None
    best_epoch: int | None
    input_shape: tuple[int, ...]
    classes: int
    parameters: int
    trainable_parameters: int
    summary: str
    train_seconds: float
    traced: bool
    trials: tuple[dict[str, float], ...] = ()

    @property
    def epochs_run(self) -> int:
        """Epochs that were trained, the stopped one included."""
        return len(self.history)
