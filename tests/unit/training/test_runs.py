"""Declared runs: every variant in every repeat, and fingerprints that change only with what they name."""

from typing import Any

import pytest

from pipeline.params.resolve import resolve_recipe
from pipeline.params.schema import Caps
from pipeline.seeds import repeat_seeds
from pipeline.training.runs import DeclaredRun, Parent, capped, declared_runs

RECIPE = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
}
IDENTITIES: dict[str, Any] = {
    "mnist": {"training_digest": "a", "train": {"n": 1000}},
    "other": {"training_digest": "b", "train": {"n": 1000}},
}
Key = tuple[str, int]


def plan(repeats: int = 3, **changes: dict[str, Any]) -> dict[str, Any]:
    """A plan of the variants none, l1, twin and elsewhere; changes are to variants' recipes."""
    recipes: dict[str, dict[str, Any]] = {
        "none": RECIPE,
        "l1": {**RECIPE, "l1": {"amount": 0.001, "layers": "all"}},
        "twin": RECIPE,
        "elsewhere": RECIPE,
    }
    variants = {
        name: {
            "kind": "control",
            "row": None,
            "task": "other" if name == "elsewhere" else "mnist",
            "search": None,
            "trial_of": None,
            "warm_start": None,
            "merged": None,
            "vary": None,
            "recipe": {**recipe, **changes.get(name, {})},
        }
        for name, recipe in recipes.items()
    }
    return {"study": "s", "profile": "quick", "repeats": repeats, "caps": {}, "variants": variants}


def fingerprints(declared: dict[str, Any], identities: dict[str, Any] = IDENTITIES) -> dict[Key, str]:
    return {(run.variant, run.repeat): run.fingerprint for run in declared_runs(declared, identities)}


def changed_variants(before: dict[Key, str], after: dict[Key, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {variant for variant, repeat in before if before[variant, repeat] != after[variant, repeat]}


def test_every_variant_is_run_in_every_repeat_with_the_repeats_seeds() -> None:
    runs = declared_runs(plan(), IDENTITIES)
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
    runs = [run for run in declared_runs(plan(), IDENTITIES) if run.variant == "l1"]
    assert len({run.recipe_fingerprint for run in runs}) == 1
    assert len({run.fingerprint for run in runs}) == 3


def test_a_changed_amount_changes_its_own_variant_only() -> None:
    after = fingerprints(plan(l1={"l1": {"amount": 0.002, "layers": "all"}}))
    assert changed_variants(fingerprints(plan()), after) == {"l1"}


def test_changed_data_change_the_variants_on_that_task_only() -> None:
    after = fingerprints(plan(), {**IDENTITIES, "other": {"training_digest": "c", "train": {"n": 1000}}})
    assert changed_variants(fingerprints(plan()), after) == {"elsewhere"}


def test_more_repeats_leave_the_others_as_they_are() -> None:
    before, after = fingerprints(plan(repeats=3)), fingerprints(plan(repeats=5))
    assert after.items() > before.items()
    assert len(after) == 20


def test_labels_study_and_profile_name_no_run() -> None:
    renamed = {**plan(), "study": "another", "profile": "full"}
    for variant in renamed["variants"].values():
        variant |= {"kind": "as_written", "row": "mnist_cnn"}
    assert fingerprints(renamed) == fingerprints(plan())


def test_a_field_left_at_its_default_is_the_same_as_written_out() -> None:
    written_out = {"dropout": None, "batch_normalization": False}
    assert fingerprints(plan(none=written_out)) == fingerprints(plan())


SEARCH = {"trials": 10, "units": None, "learning_rate": [0.1, 0.01], "unused": None}


def related(
    repeats: int = 2, caps: dict[str, int] | None = None, **changes: dict[str, Any]
) -> dict[str, Any]:
    """A plan in which `child` is declared before the variants that it starts from; changes are to variants."""
    absent = ("search", "trial_of", "warm_start", "merged", "vary")
    labels = {"task": "mnist", **dict.fromkeys(absent)}
    variants: dict[str, dict[str, Any]] = {
        "child": {"warm_start": "none", "trial_of": {"variant": "search", "which": "last"}},
        "search": {"search": SEARCH},
        "none": {"recipe": {**RECIPE, "epochs": 7}},
    }
    planned = {
        name: {**labels, "recipe": RECIPE, **own, **changes.get(name, {})} for name, own in variants.items()
    }
    return {"study": "s", "repeats": repeats, "caps": caps or {}, "variants": planned}


def runs_of(declared: dict[str, Any]) -> dict[Key, DeclaredRun]:
    return {(run.variant, run.repeat): run for run in declared_runs(declared, IDENTITIES)}


@pytest.mark.parametrize(
    ("recipe", "cap", "n", "expected"),
    [
        ({"epochs": 5}, None, 1000, {"epochs": 5}),
        ({"epochs": 5}, 5000, 1000, {"epochs": 5}),
        ({"epochs": 5}, 4999, 1000, {"epochs": 4}),
        ({"epochs": 5}, 2000, 1000, {"epochs": 2}),
        ({"epochs": 5}, 999, 1000, {"epochs": 1}),
        ({"epochs": 5}, 1, 1000, {"epochs": 1}),
        ({"updates": 100, "batch_size": 64}, 6400, 1000, {"updates": 100}),
        ({"updates": 100, "batch_size": 64}, 6399, 1000, {"updates": 99}),
        ({"updates": 100, "batch_size": 64}, 63, 1000, {"updates": 1}),
        ({"updates": 100, "batch_size": "full"}, 4000, 1000, {"updates": 4}),
        ({"updates": 100, "batch_size": "full"}, 999, 1000, {"updates": 1}),
        ({"updates": 3, "batch_size": 1, "epochs": 9}, 2, 1000, {"updates": 2, "epochs": 9}),
    ],
)
def test_a_cap_bounds_the_images_trained_on_but_leaves_one_step(
    recipe: dict[str, Any], cap: int | None, n: int, expected: dict[str, int]
) -> None:
    declared = resolve_recipe({**RECIPE, **recipe})
    found = capped(declared, Caps(image_passes=cap), n)
    assert found == declared.model_copy(update=expected)


def test_a_cap_is_part_of_a_run_only_where_it_cuts_it() -> None:
    before, after = fingerprints(plan()), fingerprints({**plan(), "caps": {"image_passes": 5000}})
    assert after == before
    cut = fingerprints({**plan(), "caps": {"image_passes": 4000}})
    assert changed_variants(before, cut) == {"none", "l1", "twin", "elsewhere"}
    four = {"epochs": 4}
    assert fingerprints(plan(none=four, l1=four, twin=four, elsewhere=four)) == cut


@pytest.mark.parametrize(("cap", "trials"), [(None, 10), (3, 3), (20, 10)])
def test_a_cap_on_trials_bounds_every_search(cap: int | None, trials: int) -> None:
    runs = runs_of(related(caps={} if cap is None else {"trials": cap}))
    search = runs["search", 0].search
    assert search is not None
    assert search.model_dump() == {**SEARCH, "trials": trials}
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
        ({"none": {"recipe": {**RECIPE, "epochs": 8}}}, {"none", "child"}),
        ({"search": {"search": {**SEARCH, "trials": 11}}}, {"search", "child"}),
        ({"search": {"search": {**SEARCH, "learning_rate": [0.1]}}}, {"search", "child"}),
        ({"child": {"warm_start": None}}, {"child"}),
        ({"child": {"trial_of": {"variant": "search", "which": "best"}}}, {"child"}),
        ({"child": {"recipe": {**RECIPE, "epochs": 8}}}, {"child"}),
    ],
)
def test_a_change_reaches_what_builds_on_it(changes: dict[str, Any], changed: set[str]) -> None:
    assert changed_variants(fingerprints(related()), fingerprints(related(**changes))) == changed


def test_a_parents_cap_reaches_its_child() -> None:
    """5 epochs of 1,000 images fit, the parent's 7 do not."""
    after = fingerprints(related(caps={"image_passes": 6000}))
    assert changed_variants(fingerprints(related()), after) == {"none", "child"}


def varying(*arms: list[str] | None) -> list[list[DeclaredRun]]:
    """Three repeats of one recipe for each list of streams that vary."""
    declared = plan()
    declared["variants"] = {
        f"arm{i}": {**declared["variants"]["none"], "vary": one} for i, one in enumerate(arms)
    }
    runs = declared_runs(declared, IDENTITIES)
    return [runs[3 * i : 3 * i + 3] for i in range(len(arms))]


def test_only_the_streams_that_vary_differ_between_repeats() -> None:
    for arm, vary in zip(
        varying([], ["noise"], ["order", "split"]), ([], ["noise"], ["order", "split"]), strict=True
    ):
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
    with pytest.raises(ValueError, match="circle"):
        declared_runs(related(none={"warm_start": "child"}), IDENTITIES)
