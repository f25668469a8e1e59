"""Declared runs: every variant in every repeat, and fingerprints that change only with what they name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.identity import Identity
from pipeline.files import read_model, write_model
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Place
from pipeline.seeds import repeat_seeds
from pipeline.training.runs import DeclaredRun, Parent, declare_runs
from tests.builders import build_identity, build_plan

IDENTITIES = {
    "mnist": build_identity(training_digest="a"),
    "other": build_identity(training_digest="b"),
}
PLACE = Place(write_up="000", line=233)
Key = tuple[str, int]


def plan(repeats: int = 3, caps: dict[str, int] | None = None, **changes: dict[str, Any]) -> TrainingPlan:
    """A plan of the variants none, l1, twin and elsewhere; changes are to variants' recipes."""
    recipes: dict[str, dict[str, Any]] = {
        "none": {},
        "l1": {"l1": {"amount": 0.001, "layers": "all"}},
        "twin": {},
        "elsewhere": {},
    }
    variants = {
        name: {
            "task": "other" if name == "elsewhere" else "mnist",
            "recipe": {**recipe, **changes.get(name, {})},
        }
        for name, recipe in recipes.items()
    }
    return build_plan(variants, repeats=repeats, caps=caps)


def fingerprints(declared: TrainingPlan, identities: Mapping[str, Identity] = IDENTITIES) -> dict[Key, str]:
    return {(run.variant, run.repeat): run.fingerprint for run in declare_runs(declared, identities)}


def changed_variants(before: dict[Key, str], after: dict[Key, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {variant for variant, repeat in before if before[variant, repeat] != after[variant, repeat]}


def test_every_variant_is_run_in_every_repeat_with_the_repeats_seeds() -> None:
    runs = declare_runs(plan(), IDENTITIES)
    assert [(run.variant, run.repeat) for run in runs] == [
        (variant, repeat) for variant in ("none", "l1", "twin", "elsewhere") for repeat in range(3)
    ]
    assert all(run.seeds == repeat_seeds(run.repeat) for run in runs)
    assert runs[3].recipe.model_dump(exclude_none=True)["l1"] == {"amount": 0.001, "layers": "all"}
    assert {run.variant: run.task for run in runs}["elsewhere"] == "other"


def test_the_same_recipe_on_the_same_task_is_the_same_run() -> None:
    found = fingerprints(plan())
    for repeat in range(3):
        assert found["twin", repeat] == found["none", repeat]
    assert len(set(found.values())) == 9  # none and twin, l1, elsewhere


def test_repeats_of_a_variant_share_their_recipes_fingerprint_only() -> None:
    runs = [run for run in declare_runs(plan(), IDENTITIES) if run.variant == "l1"]
    assert len({run.recipe_fingerprint for run in runs}) == 1
    assert len({run.fingerprint for run in runs}) == 3


def test_a_changed_amount_changes_its_own_variant_only() -> None:
    after = fingerprints(plan(l1={"l1": {"amount": 0.002, "layers": "all"}}))
    assert changed_variants(fingerprints(plan()), after) == {"l1"}


def test_changed_data_change_the_variants_on_that_task_only() -> None:
    after = fingerprints(plan(), {**IDENTITIES, "other": build_identity(training_digest="c")})
    assert changed_variants(fingerprints(plan()), after) == {"elsewhere"}


def test_more_repeats_leave_the_others_as_they_are() -> None:
    before, after = fingerprints(plan(repeats=3)), fingerprints(plan(repeats=5))
    assert after.items() > before.items()
    assert len(after) == 20


def test_labels_study_and_profile_name_no_run() -> None:
    labels = {"kind": "as_written", "row": "mnist_cnn", "inferred": ["l1"], "place": [PLACE]}
    variants = {name: one.model_copy(update=labels) for name, one in plan().variants.items()}
    other = {"study": "another", "profile": "full", "variants": variants}
    renamed = plan().model_copy(update=other)
    assert fingerprints(renamed) == fingerprints(plan())


def test_a_field_left_at_its_default_is_the_same_as_written_out() -> None:
    written_out = {"dropout": None, "batch_normalization": False}
    assert fingerprints(plan(none=written_out)) == fingerprints(plan())


SEARCH = {"trials": 10, "units": None, "learning_rate": [0.1, 0.01], "unused": None}


def related(repeats: int = 2, caps: dict[str, int] | None = None, **changes: dict[str, Any]) -> TrainingPlan:
    """A plan in which `child` is declared before the variants that it starts from; changes are to variants."""
    variants: dict[str, dict[str, Any]] = {
        "child": {"warm_start": "none", "trial_of": {"variant": "search", "which": "last"}},
        "search": {"search": SEARCH},
        "none": {"recipe": {"epochs": 7}},
    }
    planned = {name: {**own, **changes.get(name, {})} for name, own in variants.items()}
    return build_plan(planned, repeats=repeats, caps=caps)


def runs_of(declared: TrainingPlan) -> dict[Key, DeclaredRun]:
    return {(run.variant, run.repeat): run for run in declare_runs(declared, IDENTITIES)}


def test_a_cap_is_part_of_a_run_only_where_it_cuts_it() -> None:
    before, after = fingerprints(plan()), fingerprints(plan(caps={"image_passes": 5000}))
    assert after == before
    cut = fingerprints(plan(caps={"image_passes": 4000}))
    assert changed_variants(before, cut) == {"none", "l1", "twin", "elsewhere"}
    four = {"epochs": 4}
    assert fingerprints(plan(none=four, l1=four, twin=four, elsewhere=four)) == cut


@pytest.mark.parametrize(("cap", "trials"), [(None, 10), (3, 3), (20, 10)])
def test_a_cap_on_trials_bounds_every_search(cap: int | None, trials: int) -> None:
    runs = runs_of(related(caps={} if cap is None else {"trials": cap}))
    search = runs["search", 0].search
    assert search is not None
    assert search.model_dump() == {**SEARCH, "trials": trials, "scored_by": "last_epoch"}
    assert runs["none", 0].search is None
    assert (runs["search", 0].fingerprint == runs_of(related())["search", 0].fingerprint) == (trials == 10)


def test_runs_are_in_the_plans_order_whichever_needs_which() -> None:
    assert list(runs_of(related())) == [(name, r) for name in ("child", "search", "none") for r in range(2)]


def test_a_run_starts_from_runs_of_its_own_repeat() -> None:
    runs = runs_of(related())
    for repeat in range(2):
        assert set(runs["child", repeat].parents) == {
            Parent(runs["none", repeat].fingerprint, "weights"),
            Parent(runs["search", repeat].fingerprint, "last"),
        }
        assert runs["none", repeat].parents == ()


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"none": {"recipe": {"epochs": 8}}}, {"none", "child"}),
        ({"search": {"search": {**SEARCH, "trials": 11}}}, {"search", "child"}),
        ({"search": {"search": {**SEARCH, "learning_rate": [0.1]}}}, {"search", "child"}),
        ({"child": {"warm_start": None}}, {"child"}),
        ({"child": {"warm_start": {"variant": "none", "optimizer": "continued"}}}, {"child"}),
        ({"search": {"search": {**SEARCH, "scored_by": "best_epoch"}}}, {"search", "child"}),
        ({"child": {"trial_of": {"variant": "search", "which": "best"}}}, {"child"}),
        ({"child": {"recipe": {"epochs": 8}}}, {"child"}),
    ],
)
def test_a_change_reaches_what_builds_on_it(changes: dict[str, Any], changed: set[str]) -> None:
    assert changed_variants(fingerprints(related()), fingerprints(related(**changes))) == changed


def test_a_parents_cap_reaches_its_child() -> None:
    """5 epochs of 1,000 images fit, the parent's 7 do not."""
    after = fingerprints(related(caps={"image_passes": 6000}))
    assert changed_variants(fingerprints(related()), after) == {"none", "child"}


def test_a_fresh_start_takes_weights_and_a_continued_one_the_optimizer_too() -> None:
    short, fresh, continued = (
        runs_of(related(child={"warm_start": one}))["child", 1]
        for one in ("none", {"variant": "none"}, {"variant": "none", "optimizer": "continued"})
    )
    assert short == fresh
    assert {one.use for one in fresh.parents} == {"weights", "last"}
    assert {one.use for one in continued.parents} == {"weights", "optimizer", "last"}
    assert len({one.fingerprint for one in continued.parents}) == 2


def varying(*arms: list[str] | None) -> list[list[DeclaredRun]]:
    """Three repeats of one recipe for each list of streams that vary."""
    declared = build_plan({f"arm{i}": {"vary": one} for i, one in enumerate(arms)}, repeats=3)
    runs = declare_runs(declared, IDENTITIES)
    return [runs[3 * i : 3 * i + 3] for i in range(len(arms))]


def test_only_the_streams_that_vary_differ_between_repeats() -> None:
    for arm, vary in zip(varying([], ["noise"], ["order", "split"]), ([], ["noise"], ["order", "split"]), strict=True):
        assert [run.seeds for run in arm] == [repeat_seeds(repeat, vary) for repeat in range(3)]


def test_repeats_of_one_seed_are_runs_of_their_own() -> None:
    """Were they one run, that they agree would be no finding."""
    (arm,) = varying([])
    assert len({run.seeds for run in arm}) == 1
    assert len({run.fingerprint for run in arm}) == 3


def test_arms_share_the_first_repeat_and_no_other() -> None:
    arms = varying(None, [], ["weights"], ["order"], ["noise"], ["split"])
    assert len({arm[0].fingerprint for arm in arms}) == 1
    assert len({run.fingerprint for arm in arms for run in arm}) == 1 + 2 * len(arms)
    assert [one.fingerprint for one in varying(["weights", "order", "noise", "split"])[0]] == [
        one.fingerprint for one in arms[0]
    ]


def test_a_circle_ends_with_an_error_and_not_never() -> None:
    with pytest.raises(ValueError, match="cycle"):
        declare_runs(related(none={"warm_start": "child"}), IDENTITIES)


def test_what_is_only_evaluated_is_no_run() -> None:
    """A variant that merges another's predictions trains nothing."""
    variants: dict[str, dict[str, Any]] = {
        "ten": {},
        "four": {"task": "other", "merged": {"variant": "ten", "rule": "sum"}},
    }
    assert {run.variant for run in declare_runs(build_plan(variants), IDENTITIES)} == {"ten"}


def test_a_plan_read_again_declares_the_same_runs(tmp_path: Path) -> None:
    """Stages read plans from files: blocks, searches and kept fields come back as they were."""
    for declared in (plan(), related()):
        write_model(tmp_path / "plan.json", declared)
        again = read_model(tmp_path / "plan.json", TrainingPlan)
        assert again == declared
        assert declare_runs(again, IDENTITIES) == declare_runs(declared, IDENTITIES)
