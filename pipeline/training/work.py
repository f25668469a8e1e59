"""What a worker does with one job: a training, or a search, from what earlier runs left."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.params.recipe import Recipe, Search
from pipeline.seeds import Seeds
from pipeline.training.data import RunResult, Start, Tell, TrainingData, untold
from pipeline.training.recipes import apply_hyperparameters, count_image_passes, traced_part


@dataclass(frozen=True)
class Job:
    """What a worker is sent; `hyperparameters` and `start` come from other runs of the same repeat."""

    recipe: Recipe
    search: Search | None
    seeds: Seeds
    data: TrainingData
    hyperparameters: dict[str, float] | None = None
    start: Start | None = None

    @property
    def image_passes(self) -> int:
        """Images that will be trained on at the most."""
        passes = count_image_passes(self.recipe, self.recipe.epochs, len(self.data.train))
        return passes * (self.search.trials if self.search else 1)

    @property
    def trace(self) -> Hashable:
        """What is traced: a worker traces once for jobs in which it is equal."""
        units = (self.hyperparameters or {}).get("units")
        searched = self.seeds if self.search and self.search.units else None  # every search traces its own
        split = self.seeds.split if self.data.split else None  # the images are part of the graph
        return traced_part(self.recipe), self.data.digest, split, units, searched


def perform(job: Job, tell: Tell = untold) -> RunResult:
    """Result of a job; `tell` is told of every epoch's images."""
    data = _divide(job.data, job.seeds.split) if job.data.split else job.data
    if job.search:
        from pipeline.training.tuner import search

        return search(job.recipe, job.search, job.seeds, data, tell)
    recipe = apply_hyperparameters(job.recipe, job.hyperparameters or {})
    if recipe.library == "numpy":
        from pipeline.training.by_hand import train_by_hand

        return train_by_hand(recipe, job.seeds, data, job.start, tell)
    from pipeline.training.run import train

    return train(recipe, job.seeds, data, job.start, tell=tell)


@lru_cache(maxsize=1)
def _divide(data: TrainingData, seed: int) -> TrainingData:
    """A repeat's own split, one at a time: a traced model keeps its images, and few runs share these."""
    from pipeline.training.run import release

    release()
    return data.divide(seed)
