"""How a variant is trained: its recipe, and what it takes from other variants. No table of architectures."""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from pipeline.models.blocks import Block
from pipeline.params.section import CLAIM_ID, Name, Places, Section, Title, name_among
from pipeline.seeds import STREAMS

Fraction = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
LARGEST = 2**31 - 1
Count = Annotated[int, Field(ge=1, le=LARGEST)]
Epochs = Annotated[int, Field(ge=1, le=10_000)]  # the order of every epoch's images is drawn before the first
Units = Annotated[int, Field(ge=1, le=2**16)]
MOST_EXAMPLES = 10**9  # of all updates: four gigabytes of indices
INITIALIZERS = ("glorot_uniform", "he_normal", "random_normal", "random_uniform", "zeros")
OF_TASK = ("classes", "split", "scaling")  # what a variant has by its task
Initializer = Annotated[str, name_among(INITIALIZERS)]
BiasInitializer = Annotated[str, name_among((*INITIALIZERS, "layer_glorot_uniform"))]  # the last by the layer's fans
Kind = Literal["as_written", "as_specified", "control"]


def _rate_alone(value: object) -> object:
    return {"rate": value} if isinstance(value, float | int) and not isinstance(value, bool) else value


def _variant_alone(value: object) -> object:
    return {"variant": value} if isinstance(value, str) else value


def whole_or(word: str, minimum: int, maximum: int = LARGEST) -> PlainValidator:
    """Validator that accepts a whole number from a minimum to a maximum, or one word."""

    def check(value: object) -> object:
        if value == word:
            return value
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise ValueError(f"expected a whole number from {minimum}, or {word}")
        if value > maximum:
            raise ValueError(f"expected a whole number of at most {maximum}, or {word}")
        return value

    return PlainValidator(check)


def _rows(value: object) -> object:
    every = value if isinstance(value, list) and value else [value]
    if value is not None and not all(isinstance(one, str) and re.fullmatch(CLAIM_ID, one) for one in every):
        raise ValueError("expected the id of a row, or a list of ids")
    return value


class Optimizer(Section):
    """A Keras optimizer by its Keras name."""

    name: Annotated[str, name_among(("adam", "rmsprop", "sgd"))]
    learning_rate: Positive


class Penalty(Section):
    """An L1 or L2 penalty on kernels: of the first convolution, or of every layer."""

    amount: Annotated[float, Field(gt=0, le=1e30)]  # of float32
    layers: Literal["first_conv", "all"]


class Dropout(Section):
    """Dropout and the hidden layers that it follows; a bare number is the rate."""

    rate: Fraction
    after: Literal["last_conv_and_dense", "last_conv", "dense", "hidden"] = "last_conv_and_dense"


class Augmentation(Section):
    """Random changes of every training image, in the units of Keras's preprocessing layers."""

    rotation: Fraction | None = None  # of a full turn, to either side
    zoom: Fraction | None = None
    translation: Fraction | None = None  # of height and width
    flip: Literal["horizontal", "vertical", "horizontal_and_vertical"] | None = None


class StepDecay(Section):
    """Learning rate multiplied by `factor` after every `epochs` epochs."""

    factor: Fraction
    epochs: Epochs


class EarlyStopping(Section):
    """Keras's EarlyStopping callback."""

    monitor: Literal["val_loss", "val_accuracy", "loss", "accuracy"] = "val_loss"
    patience: Annotated[int, Field(ge=0, le=LARGEST)]
    restore_best_weights: bool = False


class RecipeFields(Section):
    """Everything that says how one variant is trained; a variant's field replaces its study's."""

    library: Literal["keras", "numpy"] = "keras"
    architecture: Name
    units: Units | None = None
    padding: Literal["valid", "same"] = "valid"
    pooling: bool = True
    loss: Literal["sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"] = (
        "sparse_categorical_crossentropy"
    )
    loss_reduction: Literal["mean", "sum"] = "mean"
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: BiasInitializer = "zeros"
    optimizer: Optimizer
    batch_size: Annotated[int | Literal["full"], whole_or("full", 1)]
    epochs: Epochs
    updates: Count | None = None
    sampling: Literal["epochs", "with_replacement"] = "epochs"
    l1: Penalty | None = None
    l2: Penalty | None = None
    dropout: Annotated[Dropout | None, BeforeValidator(_rate_alone)] = None
    batch_normalization: bool = False
    augmentation: Augmentation | None = None
    step_decay: StepDecay | None = None
    early_stopping: EarlyStopping | None = None


class Recipe(RecipeFields):
    """A recipe with its architecture as blocks, so that training depends on no table of architectures."""

    blocks: tuple[Block, ...]


INFERABLE = (*RecipeFields.model_fields, "learning_rate", "threshold", "search", "warm_start", *OF_TASK)


class Range(Section):
    """Whole numbers from `minimum` to `maximum`, both included, by `step`."""

    minimum: Units
    maximum: Units
    step: Units

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError("expected a 'minimum' that is not above the 'maximum'")
        return self


class Search(Section):
    """A random search by Keras Tuner over a variant's recipe; the best trial by `val_accuracy` wins.

    By `best_epoch`, as Keras Tuner itself does, a trial counts as its best epoch and has the weights of that epoch.
    """

    trials: Annotated[int, Field(ge=1, le=10_000)]
    scored_by: Literal["last_epoch", "best_epoch"] = "last_epoch"
    units: Range | None = None
    learning_rate: Annotated[list[Positive], Field(min_length=1, max_length=1000)] | None = None
    unused: Range | None = None  # declared to the tuner and read by nothing, as one write-up did

    @model_validator(mode="after")
    def _something_to_search(self) -> Self:
        if self.units is None and self.learning_rate is None:
            raise ValueError("expected 'units' or 'learning_rate' to search over")
        return self


class TrialOf(Section):
    """The hyperparameters of a trial of another variant's search, in the same repeat."""

    variant: Name
    which: Literal["best", "last"] = "best"


class Merged(Section):
    """Another variant's predictions, merged into this variant's classes; nothing is trained."""

    variant: Name
    rule: Literal["argmax", "sum"] = "argmax"


class WarmStart(Section):
    """Another variant's weights of the same repeat to start from; `continued` goes on with its optimizer, too.

    A second `fit` of the same Keras model does that: momentums and the count of updates are the model's.
    """

    variant: Name
    optimizer: Literal["fresh", "continued"] = "fresh"


class Variant(Section):
    """What a variant says about itself, beside its recipe.

    `inferred` names what the variant's text does not say, and `place` is where the text has the variant.
    """

    title: Title | None = None
    kind: Kind = "control"
    row: Annotated[str | list[str] | None, PlainValidator(_rows)] = None
    task: Name | None = None
    threshold: Fraction | None = None
    search: Search | None = None
    trial_of: TrialOf | None = None
    warm_start: Annotated[WarmStart | None, BeforeValidator(_variant_alone)] = None
    merged: Merged | None = None
    vary: list[Annotated[str, name_among(STREAMS)]] | None = None  # streams that repeats differ in; all of them
    inferred: list[Annotated[str, name_among(INFERABLE)]] = Field(default_factory=list)
    place: Places = Field(default_factory=list)
