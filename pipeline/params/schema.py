"""The shape of params.yaml: what may be written where, and which values are legal."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.models.architectures import ARCHITECTURES
from pipeline.params.names import Name, Named, name_among

Fraction = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Kind = Literal["as_written", "as_specified", "control"]


class Section(BaseModel):
    """A mapping of params.yaml: no unknown keys, no silent conversion, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Optimizer(Section):
    """A Keras optimizer by its Keras name."""

    name: Annotated[str, name_among(("adam", "rmsprop", "sgd"))]
    learning_rate: Positive


class Penalty(Section):
    """An L1 or L2 penalty on kernels: of the first convolution, or of every layer."""

    amount: Positive
    layers: Literal["first_conv", "all"]


class EarlyStopping(Section):
    """Keras's EarlyStopping callback."""

    monitor: Literal["val_loss", "val_accuracy", "loss", "accuracy"] = "val_loss"
    patience: Annotated[int, Field(ge=0)]
    restore_best_weights: bool = False


class Recipe(Section):
    """Everything that says how one variant is trained; a variant's field replaces its study's."""

    architecture: Annotated[str, name_among(ARCHITECTURES)]
    optimizer: Optimizer
    batch_size: Count
    epochs: Count
    l1: Penalty | None = None
    l2: Penalty | None = None
    dropout: Fraction | None = None
    batch_normalization: bool = False
    early_stopping: EarlyStopping | None = None


class Variant(Section):
    """What a variant says about itself, beside its recipe."""

    kind: Kind = "control"
    row: str | None = None
    task: Name | None = None


class Split(Section):
    """How the development images are divided into train and validation."""

    kind: Literal["tail", "shuffled"]
    fraction: Fraction
    seed: Annotated[int, Field(ge=0)] | None = None
    stratified: bool = False

    @model_validator(mode="after")
    def _seed_where_drawn(self) -> Self:
        if (self.kind == "shuffled") != (self.seed is not None):
            raise ValueError("expected a 'seed' with kind 'shuffled' and none with kind 'tail'")
        if self.stratified and self.kind == "tail":
            raise ValueError("expected 'stratified' only with kind 'shuffled'")
        return self


class Task(Section):
    """A prepared data set: source, split, scaling, and the margin within which accuracies count as equal."""

    data: Name
    split: Split
    scaling: Literal["unit"]
    margin: Fraction


class Source(Section):
    """Where raw arrays come from and the SHA-256 that identifies each of them."""

    loader: Literal["mnist", "digits", "npz"]
    description: str
    sha256: dict[Literal["x_train", "y_train", "x_test", "y_test"], Digest]
    path: str | None = None
    stand_in_for: Name | None = None
    margin: Fraction | None = None

    @model_validator(mode="after")
    def _path_for_npz(self) -> Self:
        if (self.loader == "npz") != (self.path is not None):
            raise ValueError("expected a 'path' with loader 'npz' and none with any other loader")
        return self


class Study(Section):
    """One question: a task, a control variant, and treatments compared with it."""

    question: str
    task: Name
    model: dict[str, object]
    control: Name
    treatments: Annotated[list[Name], Field(min_length=1)] | None = None
    variants: Named[dict[str, object]]


class ProfileStudy(Section):
    """What a profile changes for one study."""

    repeats: Count | None = None


class Profile(Section):
    """Which source each data set comes from, and how much is run."""

    data: Named[Name]
    repeats: Count
    studies: Named[ProfileStudy] = {}


class Protocol(Section):
    """What is fixed before any run."""

    alpha: Fraction


class Params(Section):
    """The whole of params.yaml."""

    profile: str
    protocol: Protocol
    profiles: Named[Profile]
    sources: Named[Source]
    tasks: Named[Task]
    studies: Named[Study]
