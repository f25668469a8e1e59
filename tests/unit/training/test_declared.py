"""Declared runs: every variant in every repeat, and fingerprints that change only with what they name."""

from typing import Any

from pipeline.seeds import repeat_seeds
from pipeline.training.declared import declared_runs

RECIPE = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
}
IDENTITIES = {"mnist": {"training_digest": "a"}, "other": {"training_digest": "b"}}
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
            "recipe": {**recipe, **changes.get(name, {})},
        }
        for name, recipe in recipes.items()
    }
    return {"study": "s", "profile": "quick", "repeats": repeats, "variants": variants}


def fingerprints(declared: dict[str, Any], identities: dict[str, Any] = IDENTITIES) -> dict[Key, str]:
    return {(run.variant, run.repeat): run.fingerprint for run in declared_runs(declared, identities)}


def changed_variants(before: dict[Key, str], after: dict[Key, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {variant for variant, repeat in before if before[variant, repeat] != after[variant, repeat]}


def test_every_variant_is_run_in_every_repeat_with_the_repeats_seeds() -> None:
    runs = list(declared_runs(plan(), IDENTITIES))
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
    after = fingerprints(plan(), {**IDENTITIES, "other": {"training_digest": "c"}})
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
