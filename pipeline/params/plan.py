"""The plan as typed objects, with its one writer and its one reader: all that later stages believe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from pipeline import layout
from pipeline.claims.vocabulary import Claim
from pipeline.files import read_model, write_model
from pipeline.metrics import MetricName
from pipeline.params.recipe import Kind, Recipe, Variant
from pipeline.params.schema import Caps, Execution, Source
from pipeline.params.section import ClaimId, Name, Named, Places, Section, Title
from pipeline.params.task import Preparation


class PlannedSource(Source):
    """The source of a data set in the chosen profile, with its name; whether it only stands in for the data set."""

    name: Name
    stand_in: bool
    needed: bool = True  # by a selected study
    least_side: int = 1  # in pixels, of images that are seen only when they are read
    least_side_of: str = ""  # the study that needs it


class PlannedVariant(Variant):
    """A variant with its task and its recipe."""

    task: Name
    recipe: Recipe

    @property
    def rows(self) -> list[str]:
        """Rows of a write-up's tables that it stands for."""
        return [self.row] if isinstance(self.row, str) else list(self.row or ())


class TrainingPlan(Section):
    """Every run of a study. A variant that merges another's predictions is not trained, only evaluated."""

    study: Name
    profile: Name
    repeats: int
    caps: Caps
    shifts: list[int] | None
    variants: Named[PlannedVariant]

    @property
    def trained(self) -> dict[str, PlannedVariant]:
        """Variants that are trained."""
        return {name: one for name, one in self.variants.items() if not one.merged}

    @property
    def derived(self) -> dict[str, PlannedVariant]:
        """Variants that are only evaluated."""
        return {name: one for name, one in self.variants.items() if one.merged}


class ComparedVariant(Section):
    """What a comparison must know of a variant."""

    title: Title | None = None
    kind: Kind
    inferred: list[str] = Field(default_factory=list)  # what the variant's text does not say
    place: Places = Field(default_factory=list)  # of the variant in the text
    vary: list[str] | None
    held_out_anew: float | None  # fraction of the development images to validate on, where each repeat draws its own
    fixed_length: bool = False  # whether the recipe fixes how long it trains: nothing stops it, no search chose it


class Origin(Section):
    """Where a task's images come from."""

    source: Name
    stand_in: bool
    description: str
    caveat: str | None = None  # said wherever results of it are


def find_caveats(data: Mapping[str, Origin]) -> list[str]:
    """What is to be said of a study's data, each with its source."""
    return sorted({f"{one.source}: {one.caveat}" for one in data.values() if one.caveat})


class ComparisonPlan(Section):
    """What is compared in a study, how, and in which words."""

    study: Name
    title: Title | None = None
    question: str
    profile: Name
    metric: MetricName = "test_accuracy"
    higher_is_better: bool = True
    alpha: float
    looks: list[int] | None
    margin: float
    margins: dict[MetricName, float]
    control: Name
    treatments: list[Name]
    variants: Named[ComparedVariant]
    claims: dict[ClaimId, Claim]
    repeats: int
    data: Named[Origin]


class TaskPlan(Section):
    """How every task is prepared, in the order of params.yaml."""

    tasks: Named[Preparation]


class Unselected(Section):
    """What is declared and not selected: it stays as earlier runs left it, if there were any."""

    studies: list[Name] = Field(default_factory=list)
    tasks: list[Name] = Field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """Everything that stage `plan` writes: where runs are made, sources by data set, tasks, each study's two parts.

    `unselected` is what is left out.
    """

    execution: Execution
    sources: dict[str, PlannedSource]
    tasks: dict[str, Preparation]
    training: dict[str, TrainingPlan]
    comparison: dict[str, ComparisonPlan]
    unselected: Unselected = field(default_factory=Unselected)


T = TypeVar("T", bound=Section)


def write_plan(plan: Plan, folder: Path) -> None:
    """Write one file for each part, so that a stage depends on no more than it reads."""
    files: dict[Path, Section] = {layout.TASK_PLAN: TaskPlan(tasks=plan.tasks), layout.UNSELECTED: plan.unselected}
    files |= {layout.EXECUTION_PLAN: plan.execution}
    files |= {layout.source_plan(name): source for name, source in plan.sources.items()}
    files |= {layout.training_plan(name): one for name, one in plan.training.items()}
    files |= {layout.comparison_plan(name): one for name, one in plan.comparison.items()}
    for path, part in files.items():
        write_model(folder / path.relative_to(layout.PLAN), part)


def read_source(data_set: str) -> PlannedSource:
    """The planned source of a data set."""
    return read_model(layout.source_plan(data_set), PlannedSource)


def read_tasks() -> dict[str, Preparation]:
    """Every planned task, by name."""
    return read_model(layout.TASK_PLAN, TaskPlan).tasks


def read_unselected() -> Unselected:
    """What is declared and not selected."""
    return read_model(layout.UNSELECTED, Unselected)


def read_execution() -> Execution:
    """Where runs are trained and evaluated."""
    return read_model(layout.EXECUTION_PLAN, Execution)


def read_training(root: Path = Path()) -> dict[str, TrainingPlan]:
    """What is trained, by study."""
    return _read_all(root / layout.training_plan("*"), TrainingPlan)


def read_comparison(root: Path = Path()) -> dict[str, ComparisonPlan]:
    """What is compared, by study."""
    return _read_all(root / layout.comparison_plan("*"), ComparisonPlan)


def _read_all(pattern: Path, model: type[T]) -> dict[str, T]:
    return {path.stem: read_model(path, model) for path in sorted(pattern.parent.glob(pattern.name))}
