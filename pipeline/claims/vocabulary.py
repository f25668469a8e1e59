"""The vocabulary of claims: what a write-up says, as tests over recorded quantities. Data, never code."""

import math
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from pipeline.metrics import METRICS, MetricName
from pipeline.models.architectures import ARCHITECTURES, TUNABLE
from pipeline.params.section import Name, Places, Section, Text, name_among

LARGEST = 1e12  # of a number, so that none overflows where it is multiplied and squared
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Several = Annotated[list[Name], Field(min_length=2, max_length=1000)]
Size = Annotated[int, Field(ge=1, le=2**16)]  # of images, and of layers
Scope = Literal["as_written", "controlled"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
RELATIONS = ("above", "below", "equals", "differs_from")
ALONE = ("differ", "best_changes")
TIMED = [name for name, about in METRICS.items() if about.timed]


class Network(Section):
    """Parameters of an architecture that nobody trains: of all layers, or of one, or of a dense layer in its place."""

    architecture: Annotated[str, name_among(ARCHITECTURES)]
    input_shape: Annotated[list[Size], Field(min_length=3, max_length=3)]
    classes: Annotated[Size, Field(ge=2)] = 10
    units: Size | None = None
    pooling: bool = True
    layer: Name | None = None
    as_dense: bool = False

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.architecture in TUNABLE) != (self.units is not None):
            raise ValueError(f"expected 'units' with {' or '.join(TUNABLE)}, and with no other architecture")
        if self.as_dense and self.layer is None:
            raise ValueError("expected 'as_dense' with a 'layer'")
        return self


class SplitOf(Section):
    """Checksum of the indices that train in a shuffled split of n images."""

    n: Annotated[int, Field(ge=2, le=10_000_000)]
    fraction: Annotated[float, Field(gt=0, lt=1)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        if math.ceil(self.n * self.fraction) >= self.n:
            raise ValueError(f"expected a 'fraction' that leaves some of {self.n} images to train on")
        return self


class Operand(Section):
    """One value a repeat. A bare name is a variant, a bare number is itself.

    Exactly one of the fields `variant` to `split`; `metric` replaces the condition's, `times` multiplies.
    """

    variant: Name | None = None
    value: Number | None = None
    difference: Annotated[list[Name], Field(min_length=2, max_length=2)] | None = None  # first minus second
    lowest: Several | None = None  # of several variants, in each repeat
    highest: Several | None = None
    sd_over: Several | None = None  # standard deviation over several variants, in each repeat
    rank: Name | None = None  # 1 is the highest of `among`, ties share the mean rank
    deviation: Name | None = None  # distance from the variant's median over repeats
    spread: Name | None = None  # standard deviation over repeats; against a number only
    network: Network | None = None
    split: SplitOf | None = None
    among: Several | None = None
    metric: MetricName | None = None
    times: Annotated[float, Field(ge=1 / LARGEST, le=LARGEST)] = 1.0

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"expected exactly one of {', '.join(KINDS)}")
        if (self.rank is None) != (self.among is None):
            raise ValueError("expected 'among' with 'rank', and with nothing else")
        if self.rank is not None and self.rank not in (self.among or ()):
            raise ValueError(f"expected '{self.rank}' in 'among', where its rank is asked")
        return self

    @property
    def variants(self) -> list[str]:
        """Names of the variants that it is computed from."""
        one = [name for name in (self.variant, self.rank, self.deviation, self.spread) if name]
        several = (self.difference, self.lowest, self.highest, self.sd_over, self.among)
        return [*one, *(name for names in several for name in names or ())]


KINDS = tuple(name for name in Operand.model_fields if name not in ("among", "metric", "times"))


def _operand(value: object) -> object:
    if isinstance(value, str):
        return {"variant": value}
    return {"value": value} if isinstance(value, float | int) and not isinstance(value, bool) else value


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Operands = Annotated[
    list[Annotated[Operand, BeforeValidator(_operand)]], BeforeValidator(_listed), Field(min_length=1, max_length=100)
]


class Condition(Section):
    """A relation that has to hold between every `of` and every operand it is set against.

    Or `differ`: some two of these variants differ; or `best_changes`: the best of the first variants is not the
    one in its place among the second. `margin`: what counts as equal, in the metric's unit.
    """

    metric: MetricName = "test_accuracy"
    of: Operands | None = None
    above: Operands | None = None
    below: Operands | None = None
    equals: Operands | None = None
    differs_from: Operands | None = None
    differ: Several | None = None
    best_changes: Annotated[list[Several], Field(min_length=2, max_length=2)] | None = None
    margin: Annotated[float, Field(ge=0, le=LARGEST)] | None = None

    @model_validator(mode="after")
    def _one_relation(self) -> Self:
        relations, alone = ([name for name in names if getattr(self, name) is not None] for names in (RELATIONS, ALONE))
        if self.of is not None and (len(relations) != 1 or alone):
            raise ValueError(f"expected 'of' with exactly one of {', '.join(RELATIONS)}")
        if self.of is None and (relations or len(alone) != 1):
            raise ValueError("expected 'of' with a relation, or 'differ', or 'best_changes'")
        return self

    @model_validator(mode="after")
    def _sides_fit(self) -> Self:
        if self.of and any(one.spread for one in self.of):
            rivals = self.above or self.below
            if rivals is None or any(one.value is None or one.value <= 0 for one in rivals):
                raise ValueError("expected a 'spread' to be above or below a number greater than 0")
        if any(one.spread for name in RELATIONS for one in getattr(self, name) or ()):
            raise ValueError("expected a 'spread' only in 'of'")
        if self.best_changes and len({len(group) for group in self.best_changes}) > 1:
            raise ValueError("expected as many variants in both groups of 'best_changes', in the same order")
        return self

    @property
    def relation(self) -> str:
        """Name of the relation."""
        return next(name for name in (*RELATIONS, *ALONE) if getattr(self, name) is not None)

    @property
    def against(self) -> list[Operand]:
        """What every `of` is set against; empty for `differ` and `best_changes`."""
        return getattr(self, self.relation) if self.of else []

    @property
    def variants(self) -> list[str]:
        """Names of all variants it speaks of."""
        groups = [*(one.variants for one in self.operands), self.differ or (), *(self.best_changes or ())]
        return [name for group in groups for name in group]

    @property
    def operands(self) -> list[Operand]:
        """Every operand of the relation."""
        return [*(self.of or ()), *self.against]

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics it reads."""
        return [self.metric, *(one.metric for one in self.operands if one.metric)]


Conditions = Annotated[list[Condition], BeforeValidator(_listed), Field(min_length=1, max_length=100)]


class Claim(Section):
    """A statement in our own words, the single-run figures it rested on, and its test in either scope.

    `as_written` asks the write-up's own variants, `controlled` those that isolate the one factor; all conditions
    of a test have to hold. `not_testable` says why nothing recorded can answer it in a scope. `place` is where the
    text says it; a `question` is what the task or we ask, and no statement of the text.
    """

    says: Annotated[Text, Field(min_length=1)]
    place: Places = Field(default_factory=list)
    question: bool = False
    printed: dict[Text, Number] = Field(default_factory=dict)
    as_written: Conditions | None = None
    controlled: Conditions | None = None
    not_testable: dict[Scope, Annotated[Text, Field(min_length=1)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_test_or_a_reason(self) -> Self:
        if not self.tests and not self.not_testable:
            raise ValueError("expected 'as_written', 'controlled', or the reason why it is 'not_testable'")
        for scope in self.tests:
            if scope in self.not_testable:
                raise ValueError(f"expected a test or a reason in the scope {scope}, not both")
        return self

    @property
    def where(self) -> str:
        """Its places as text, such as ``000:458; 000:466``; a question says that it is one."""
        return "; ".join([*(["a question"] if self.question else []), *map(str, self.place)])

    @property
    def tests(self) -> dict[str, list[Condition]]:
        """The tests that are declared, by scope."""
        return {scope: test for scope in SCOPES if (test := getattr(self, scope)) is not None}
