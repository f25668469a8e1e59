"""The shape of params.yaml: what may be written where, and which values are legal."""

from collections import Counter
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipeline.claims.vocabulary import Claim
from pipeline.errors import LONGEST_NAME
from pipeline.metrics import MetricName
from pipeline.models.architectures import ARCHITECTURES, TUNABLE
from pipeline.params.recipe import LARGEST, MOST_EXAMPLES, Count, Fraction, RecipeFields, whole_or
from pipeline.params.section import ClaimId, Name, Named, Section, Text, Title, name_among
from pipeline.params.task import Task

BY_HAND = ("mlp", "cnn3")  # what pipeline/models/scratch builds
MODIFIERS = ("l1", "l2", "dropout", "batch_normalization", "augmentation", "step_decay", "early_stopping")
NOT_BY_HAND = ("padding", "pooling", "loss", *MODIFIERS)
MOST_REPEATS = 1000  # beyond which a difference is called out of reach
Repeats = Annotated[int, Field(ge=1, le=MOST_REPEATS)]
Margin = Annotated[float, Field(gt=0, le=1e12)]
Entry = Annotated[str, Field(max_length=2 * LONGEST_NAME + 1)]  # of `select`
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DeclaredRecipe(RecipeFields):
    """A recipe as it is declared: its architecture is a name of the table."""

    architecture: Annotated[str, name_among(ARCHITECTURES)]

    @model_validator(mode="after")
    def _units_where_asked(self) -> Self:
        if (self.architecture in TUNABLE) != (self.units is not None):
            raise ValueError(f"expected 'units' with {' or '.join(TUNABLE)}, and with no other architecture")
        return self

    @model_validator(mode="after")
    def _few_enough_examples(self) -> Self:
        batch = 1 if self.batch_size == "full" else self.batch_size
        if self.updates and self.updates * batch > MOST_EXAMPLES:
            raise ValueError(f"expected 'updates' of at most {MOST_EXAMPLES:,} images in all")
        return self

    @model_validator(mode="after")
    def _by_hand_what_is_built_by_hand(self) -> Self:
        unset = DeclaredRecipe.model_construct(architecture=self.architecture)
        if self.library == "keras":
            if self.loss_reduction != "mean":
                raise ValueError("expected 'loss_reduction: sum' only with 'library: numpy'")
            return self
        differ = [name for name in NOT_BY_HAND if getattr(self, name) != getattr(unset, name)]
        if differ or self.architecture not in BY_HAND or self.optimizer.name not in ("adam", "sgd"):
            raise ValueError(
                f"expected 'library: numpy' with {' or '.join(BY_HAND)}, adam or sgd, and without "
                f"{', '.join(differ) or 'any other change'}"
            )
        return self


class Source(Section):
    """Where raw arrays come from and the SHA-256 that identifies each of them."""

    loader: Literal["mnist", "cifar10", "digits", "pictures", "npz"]
    description: Text
    sha256: dict[Literal["x_train", "y_train", "x_test", "y_test"], Digest]
    path: Text | None = None
    stand_in_for: Name | None = None
    caveat: Text | None = None
    margin: Fraction | None = None

    @model_validator(mode="after")
    def _path_for_npz(self) -> Self:
        if (self.loader == "npz") != (self.path is not None):
            raise ValueError("expected a 'path' with loader 'npz' and none with any other loader")
        return self


class Study(Section):
    """One question: a task, a control variant, and treatments compared with it; without a list, all others."""

    title: Title | None = None
    question: Text
    task: Name
    shifts: Annotated[list[Annotated[int, Field(ge=0, le=LARGEST)]], Field(min_length=1, max_length=100)] | None = None
    model: dict[str, object]
    control: Name
    treatments: Annotated[list[Name], Field(max_length=1000)] | None = None
    variants: Named[dict[str, object]]
    claims: dict[ClaimId, Claim] = Field(default_factory=dict)  # of claims.yaml

    @model_validator(mode="after")
    def _titles_tell_variants_apart(self) -> Self:
        labels = {name: str(one.get("title") or name) for name, one in self.variants.items()}
        twice = [label for label, n in Counter(labels.values()).items() if n > 1]
        if twice:
            named = " and ".join(name for name, label in labels.items() if label == twice[0])
            raise ValueError(f"expected a title of its own for each variant, received {twice[0]!r} for {named}")
        return self


class Caps(Section):
    """Upper bounds that a profile puts on every run; none where absent."""

    image_passes: Count | None = None
    trials: Count | None = None


class ProfileStudy(Section):
    """What a profile changes for one study; `caps` replace the profile's, `look` counts from 1."""

    repeats: Repeats | None = None
    look: Count | None = None
    caps: Caps | None = None


class Profile(Section):
    """Which source each data set comes from, and how much is run."""

    data: Named[Name]
    repeats: Repeats
    caps: Caps = Caps()
    studies: Named[ProfileStudy] = Field(default_factory=dict)


class Protocol(Section):
    """What is fixed before any run; accuracies have the margin of their task.

    With `looks`, numbers of repeats that increase, every study is analysed at the first of them, and `make looks`
    gives the next one to studies that are still undecided; `repeats` then counts for nothing.
    """

    alpha: Fraction
    looks: Annotated[list[Repeats], Field(min_length=1)] | None = None
    margins: dict[MetricName, Margin] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _looks_increase(self) -> Self:
        looks = self.looks or []
        if any(later <= earlier for earlier, later in pairwise(looks)):
            raise ValueError("expected 'looks' that increase, such as [8, 12, 16, 20]")
        return self


def _list_selected(declared: Any) -> Any:
    if isinstance(declared, str) and declared != "all":
        raise ValueError(f"expected all, or a list such as [{declared}]")
    return None if declared == "all" else declared


class Execution(Section):
    """Where runs are trained and evaluated: no result depends on it, and nothing is trained again for it."""

    backend: Literal["loky", "dask"] = "loky"
    scheduler: Text = "tcp://127.0.0.1:8786"
    workers: Annotated[int | Literal["auto"], whole_or("auto", 1, 1024)] = "auto"


class Params(Section):
    """The whole of params.yaml and claims.yaml."""

    profile: Name
    select: Annotated[
        Annotated[list[Entry], Field(min_length=1, max_length=1000)] | None, BeforeValidator(_list_selected)
    ] = None  # studies, or variants as study.variant; None for all
    execution: Execution = Execution()
    protocol: Protocol
    profiles: Named[Profile]
    sources: Named[Source]
    tasks: Named[Task]
    studies: Annotated[Named[Study], Field(min_length=1)]

    @property
    def selected(self) -> dict[str, list[str]]:
        """Selected studies in the order of the file, each with the variants of it that are named; all where none is."""
        named = [entry.partition(".") for entry in (self.studies if self.select is None else self.select)]
        whole = {study for study, _, variant in named if not variant}
        return {
            one: [] if one in whole else [variant for study, _, variant in named if study == one]
            for one in self.studies
            if one in {study for study, _, _ in named}
        }
