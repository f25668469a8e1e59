"""A task: how its images are chosen from a data set, split and scaled, and when accuracies on it are equal."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.params.recipe import Count, Fraction, whole_or
from pipeline.params.section import Name, Section

Label = Annotated[int, Field(ge=0, le=255)]


class Split(Section):
    """How the development images are divided into train and validation.

    `tail` and `shuffled` hold a fraction out, `none` trains on every image, and `test` validates on a copy of the
    test images, as one write-up did. With `seed: repeat` each repeat shuffles by a seed of its own.
    """

    kind: Literal["tail", "shuffled", "none", "test"]
    fraction: Fraction | None = None
    seed: Annotated[int | Literal["repeat"], whole_or("repeat", 0, 2**32 - 1)] | None = None
    stratified: bool = False

    @model_validator(mode="after")
    def _fields_of_kind(self) -> Self:
        if (self.kind in ("tail", "shuffled")) != (self.fraction is not None):
            raise ValueError("expected a 'fraction' with kinds 'tail' and 'shuffled', and with no other")
        if (self.kind == "shuffled") != (self.seed is not None):
            raise ValueError("expected a 'seed' with kind 'shuffled' and with no other")
        if self.stratified and self.kind != "shuffled":
            raise ValueError("expected 'stratified' only with kind 'shuffled'")
        return self


class Scaling(Section):
    """Pixels / 255, or each pixel standardised by its mean and sd over the images it is fitted on."""

    method: Literal["unit", "standardize"]
    fit_on: Literal["train", "development"] | None = None

    @model_validator(mode="after")
    def _fitted_where_standardized(self) -> Self:
        if (self.method == "standardize") != (self.fit_on is not None):
            raise ValueError("expected 'fit_on' with method 'standardize' and with no other")
        return self


class Preparation(Section):
    """How a task's images are chosen from a data set: classes, split, scaling.

    `classes` groups the source's labels: each group becomes one class, and labels in no group are left out.
    """

    data: Name
    classes: Annotated[list[Annotated[list[Label], Field(min_length=1)]], Field(min_length=2)] | None = None
    sorted_by_class: bool = False
    limit: Count | None = None
    split: Split
    scaling: Scaling

    @model_validator(mode="after")
    def _one_scaling_for_every_split(self) -> Self:
        if self.split.seed == "repeat" and self.scaling.fit_on == "train":
            raise ValueError(
                "expected scaling by 'method: unit' or 'fit_on: development' with 'seed: repeat': "
                "the train images differ with the repeat, and the scaling is one for all"
            )
        return self


class Task(Preparation):
    """A prepared data set, and the margin within which accuracies on it are equal."""

    margin: Fraction
