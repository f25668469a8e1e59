"""What one run is given, and what it leaves behind; without TensorFlow, so that who sends or receives it needs none."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pipeline.data.images import Examples, Scaling
from pipeline.data.splits import split_examples
from pipeline.files import Arrays
from pipeline.params.recipe import Recipe
from pipeline.params.task import Split

Weights = dict[str, npt.NDArray[np.float32]]
"""By `layer/variable`."""
Tell = Callable[[int], None]
"""Is told, as work goes on, how many images have been done since the last time."""


def untold(images: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class TrainingData:
    """What training may see of a task, unscaled; equal when digests are equal."""

    digest: str  # SHA-256 over the digests of everything in it; after a division, with its seed
    classes: int
    train: Examples = field(compare=False, repr=False)
    validation: Examples | None = field(compare=False, repr=False)
    scaling: Scaling = field(compare=False, repr=False)
    split: Split | None = field(default=None, compare=False)  # how each repeat divides `train`, then all development

    def divide(self, seed: int) -> "TrainingData":
        """Train and validation examples of the repeat whose stream `split` has this seed; needs a `split`."""
        assert self.split is not None
        train, validation = split_examples(self.train, self.split, seed)
        return replace(self, digest=f"{self.digest}/{seed}", train=train, validation=validation, split=None)


@dataclass(frozen=True)
class Start:
    """What a run starts from instead of drawn weights; without an optimizer's variables its own begins anew."""

    weights: Weights
    optimizer: Arrays | None = None


@dataclass(frozen=True)
class RunResult:
    """What a finished run leaves behind.

    `history` has one row an epoch: `epoch` (from 1), `loss`, `accuracy`, and `val_loss`, `val_accuracy` where there is
    a validation set. `loss` includes penalties and, like `accuracy`, is Keras's running mean over the epoch. `trials`
    are a search's in order: `trial`, the hyperparameters, and the epoch that the trial is scored by with its
    `val_accuracy` and `val_loss`. `optimizer` has the variables of Keras's optimizer that belong to the weights.
    """

    recipe: Recipe  # of a search, that of its best trial
    weights: Weights
    history: tuple[dict[str, float], ...]
    stopped_epoch: int | None  # epoch (from 1) after which early stopping ended the run
    best_epoch: int | None  # epoch of the smallest `val_loss`
    input_shape: tuple[int, ...]
    classes: int
    parameters: int  # all weights; below, those that training changes
    trainable_parameters: int
    summary: str  # Keras's
    train_seconds: float  # wall time of `fit`, with tracing where `traced`; never part of a hashed file
    traced: bool
    processor: str  # of the machine that trained it; never part of a hashed file either
    trials: tuple[dict[str, float], ...] = ()
    optimizer: Arrays = field(default_factory=dict)

    @property
    def epochs_run(self) -> int:
        """Epochs that were trained, the stopped one included."""
        return len(self.history)
