"""Declared searches: what is proposed, which trial wins, what is read, and how often a model is compiled."""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.models.build import build
from pipeline.params.recipe import Recipe
from pipeline.seeds import Seeds, derive, repeat_seeds
from pipeline.training import run, tuner
from pipeline.training.data import RunResult, Start, Tell, TrainingData, Weights
from pipeline.training.recipes import apply_hyperparameters
from pipeline.training.record import _choose_trials
from pipeline.training.work import Job, perform
from tests.contract.declared import BY_NAME, Case, distinct
from tests.contract.tiny import data_of, same, short

pytestmark = pytest.mark.filterwarnings("ignore:(currentThread|getName)")  # Keras Tuner's
SEARCHED = distinct(lambda case: (case.traced, str(case.variant.search)), lambda case: case.variant.search is not None)
HYPERPARAMETERS = ("units", "learning_rate", "unused")


def grid_of_rates(case: Case) -> bool:
    """Whether a search tries as many trials as there are rates, and nothing else."""
    search = case.variant.search
    alone = search and not search.units and not search.unused
    return bool(search and alone and len(search.learning_rate or ()) == search.trials)


def tunable(case: Case) -> bool:
    """Whether a search is over the number of units."""
    return bool(case.variant.search and case.variant.search.units)


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Recipe]]:
    """Recipes of the trials, which are not trained: their score is drawn from their seeds."""
    asked: list[Recipe] = []

    def score(recipe: Recipe, seeds: Seeds, data: TrainingData, best_by: str | None, tell: Tell) -> RunResult:
        asked.append(recipe)
        accuracy = derive(seeds.weights) % 5 / 5  # one of few, so that trials tie
        first = derive(seeds.order) % 5 / 5
        history = (
            {"epoch": 1, "val_accuracy": first, "val_loss": 2.0},
            {"epoch": 2, "val_accuracy": accuracy, "val_loss": 1.0},
        )
        weights: Weights = {}
        return RunResult(
            recipe=recipe,
            weights=weights,
            history=history,
            stopped_epoch=None,
            best_epoch=1,
            input_shape=(1,),
            classes=2,
            parameters=0,
            trainable_parameters=0,
            summary="",
            train_seconds=1.0,
            traced=True,
            processor="a processor",
        )

    monkeypatch.setattr(tuner, "train", score)
    yield asked


def searched(case: Case, repeat: int = 0, **changes: Any) -> RunResult:
    assert case.variant.search
    declared = case.variant.search.model_copy(update=changes)
    return tuner.search(short(case.recipe), declared, repeat_seeds(repeat), data_of(case, "search"))


def proposals(result: RunResult) -> list[dict[str, float]]:
    return [{name: trial[name] for name in HYPERPARAMETERS if name in trial} for trial in result.trials]


@pytest.mark.parametrize("case", SEARCHED)
@pytest.mark.usefixtures("untrained")
def test_same_seed_gives_the_same_trials_and_another_seed_others(case: Case) -> None:
    one, again, *others = (proposals(searched(case, repeat)) for repeat in (0, 0, 1, 2, 3, 4))
    assert one == again
    assert any(other != one for other in others)


@pytest.mark.parametrize("case", SEARCHED)
def test_trials_are_as_many_as_declared_distinct_and_inside_the_space(case: Case, untrained: list[Recipe]) -> None:
    declared = case.variant.search
    assert declared
    result = searched(case)
    assert [trial["trial"] for trial in result.trials] == list(range(1, declared.trials + 1))
    found = proposals(result)
    assert len({tuple(one.values()) for one in found}) == declared.trials
    for one, recipe in zip(found, untrained, strict=True):
        for name in ("units", "unused"):
            allowed = getattr(declared, name)
            assert (name in one) == (allowed is not None)
            assert not allowed or one[name] in range(allowed.minimum, allowed.maximum + 1, allowed.step)
        assert "learning_rate" not in one or one["learning_rate"] in (declared.learning_rate or ())
        base = short(case.recipe)
        assert recipe.units == one.get("units", base.units)
        assert recipe.optimizer.learning_rate == one.get("learning_rate", base.optimizer.learning_rate)
        rest = {"units": base.units, "optimizer": base.optimizer}
        assert recipe.model_copy(update=rest) == base


@pytest.mark.parametrize("case", SEARCHED)
@pytest.mark.parametrize("rule", ["last_epoch", "best_epoch"])
def test_best_trial_is_the_first_of_highest_val_accuracy_of_the_scored_epoch(
    case: Case, rule: str, untrained: list[Recipe]
) -> None:
    for repeat in range(5):
        untrained.clear()
        result = searched(case, repeat, scored_by=rule)
        scores = [trial["val_accuracy"] for trial in result.trials]
        best = scores.index(max(scores))
        assert result.recipe == untrained[best]
        accuracies = [row["val_accuracy"] for row in result.history]
        scored = accuracies.index(max(accuracies)) if rule == "best_epoch" else -1
        assert (accuracies[scored], result.history[scored]["epoch"]) == (max(scores), result.trials[best]["epoch"])
        assert result.history[scored]["val_loss"] == result.trials[best]["val_loss"]
        kept = _choose_trials(result.trials)
        assert kept == {"best": proposals(result)[best], "last": proposals(result)[-1]}
        assert result.train_seconds == len(scores)


@pytest.mark.parametrize("case", distinct(lambda case: (case.traced, str(case.variant.search)), grid_of_rates))
@pytest.mark.usefixtures("untrained")
def test_search_over_learning_rates_alone_covers_them(case: Case) -> None:
    for repeat in range(10):
        rates = {trial["learning_rate"] for trial in searched(case, repeat).trials}
        assert case.variant.search
        assert rates == set(case.variant.search.learning_rate or ())


@pytest.mark.parametrize("case", distinct(lambda case: "the first", tunable))
def test_unused_hyperparameter_is_read_by_nothing(case: Case) -> None:
    recipe = case.recipe
    applied = [apply_hyperparameters(recipe, {"units": 150, "unused": unused}) for unused in (10, 100)]
    assert applied[0] == applied[1] == recipe.model_copy(update={"units": 150})


@pytest.mark.parametrize("case", distinct(lambda case: "the first", grid_of_rates))
def test_trials_that_differ_in_learning_rate_only_share_a_compiled_model(case: Case) -> None:
    assert case.variant.search
    before = run._compiled.cache_info()
    result = searched(case)
    after = run._compiled.cache_info()
    trials = case.variant.search.trials
    assert len(result.trials) == trials
    assert (after.misses - before.misses, after.hits - before.hits) == (1, trials - 1)
    assert result.traced
    assert not searched(case).traced


@pytest.mark.parametrize("case", distinct(lambda case: "the first", tunable))
@pytest.mark.parametrize("rule", ["last_epoch", "best_epoch"])
def test_trials_have_streams_of_their_own_and_the_winner_is_kept_as_trained(case: Case, rule: str) -> None:
    result = searched(case, trials=3, scored_by=rule)
    trial = max(result.trials, key=lambda one: one["val_accuracy"])
    streams = {name: derive(seed, "trial", int(trial["trial"])) for name, seed in repeat_seeds(0).to_dict().items()}
    ended = result.recipe.model_copy(update={"epochs": int(trial["epoch"])})
    short_one = run.train(ended, Seeds(**streams), data_of(case, "search"))
    assert same(short_one.weights, result.weights)
    assert same(short_one.optimizer, result.optimizer)
    alone = run.train(result.recipe, Seeds(**streams), data_of(case, "search"))
    assert alone.history == result.history
    model = build(result.recipe, case.shape, case.classes)
    assert alone.parameters == result.parameters == model.count_params()
    assert result.trials == searched(case, trials=3, scored_by=rule).trials


def tuned_from(case: Case) -> Hashable:
    """What a variant takes from a search: which trial, with its weights or without, of which network."""
    taken = case.variant.trial_of
    return taken and (taken.which, case.variant.warm_start is None, case.recipe.architecture)


@pytest.mark.parametrize("case", distinct(tuned_from, tuned_from))
def test_trial_of_a_search_gives_units_and_rate_and_fits_its_weights(case: Case) -> None:
    assert case.variant.trial_of
    parent = BY_NAME[f"{case.study}/{case.variant.trial_of.variant}"]
    found = searched(parent, trials=2)
    chosen = (_choose_trials(found.trials) or {})[case.variant.trial_of.which]
    start = Start(found.weights, found.optimizer) if case.variant.warm_start else None
    job = Job(short(case.recipe), None, repeat_seeds(0), data_of(case, "search"), chosen, start)
    result = perform(job)
    assert result.recipe == apply_hyperparameters(short(case.recipe), chosen)
    assert result.recipe.units == chosen.get("units", case.recipe.units)
    assert replace(result, weights={}).history


@pytest.mark.parametrize("case", SEARCHED[:1])
def test_search_without_validation_images_is_refused(case: Case) -> None:
    nothing = replace(data_of(case), validation=None)
    assert case.variant.search
    with pytest.raises(Exception, match="validation set to select on"):
        tuner.search(case.recipe, case.variant.search, repeat_seeds(0), nothing)
