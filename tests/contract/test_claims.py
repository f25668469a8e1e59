"""Every declared claim is answered in both profiles: from columns and arrays as the evaluation really writes them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.claims.answering import TIMED_APART, answer_study, timed_variants
from pipeline.claims.answers import NOT_TESTABLE, VERDICTS, Answer
from pipeline.claims.ledger import rows
from pipeline.evaluation.evaluate import TrainedRun
from pipeline.evaluation.history import with_history
from pipeline.evaluation.table import table_row, variant_arrays
from pipeline.files import Arrays
from pipeline.params.plan import plan_comparison, plan_training
from pipeline.params.read import read
from pipeline.params.schema import Params

PARAMS = read(Path("params.yaml"))
E = 60  # test images of the made-up evaluation


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection() -> Iterator[None]:
    """statsmodels' multipletests collects garbage at every call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


def in_profile(profile: str) -> Params:
    return PARAMS.model_copy(update={"profile": profile})


def evaluated(params: Params, study: str) -> tuple[pd.DataFrame, dict[str, Arrays]]:
    """Made-up results of every run that the plan wants evaluated, in the form that the evaluation writes."""
    plan = plan_training(params, study)
    found, arrays = [], {}
    rng = np.random.default_rng(len(study))
    for name, planned in {**plan["variants"], **plan["derived"]}.items():
        task = params.tasks[planned["task"]]
        classes = len(task.classes) if task.classes else 10
        labels = (np.arange(E) % classes).astype(np.uint8)
        repeats = [made_up(rng, labels, classes) for _ in range(plan["repeats"])]
        found += [
            table_row(
                TrainedRun(
                    name, repeat, planned["task"], Path(), about(planned, task.split.kind != "none", rng)
                ),
                scalars(plan["shifts"], task.split.kind != "none", rng),
                test,
                labels,
                planned["threshold"],
            )
            for repeat, test in enumerate(repeats)
        ]
        arrays[name] = variant_arrays(repeats, labels, classes, planned["threshold"])
    return pd.DataFrame(found), arrays


def made_up(rng: np.random.Generator, labels: Any, classes: int) -> Arrays:
    predicted = np.where(rng.uniform(size=E) < 0.8, labels, rng.integers(classes, size=E)).astype(np.uint8)
    test: Arrays = {"predicted": predicted, "nll": rng.uniform(size=E).astype(np.float32)}
    return test | ({"positive": rng.uniform(size=E).astype(np.float32)} if classes == 2 else {})


def about(planned: Mapping[str, Any], validated: bool, rng: np.random.Generator) -> dict[str, Any]:
    columns = ["accuracy", "loss", *(["val_accuracy", "val_loss"] if validated else [])]
    history = pd.DataFrame({"epoch": [1, 2, 3], **{name: rng.uniform(size=3) for name in columns}})
    run = {
        **{
            "fingerprint": "f",
            "recipe": planned["recipe"],
            "seeds": {},
            "epochs_run": 3,
            "stopped_epoch": None,
        },
        **{"best_epoch": 2 if validated else None, "parameters": 100, "trainable_parameters": 90},
    }
    return with_history(run, history, 1000)


def scalars(shifts: list[int] | None, validated: bool, rng: np.random.Generator) -> dict[str, float]:
    names = ["test_loss", "train_accuracy", "train_loss", "weight_norm", "sparsity", "probability_sum_error"]
    names += ["val_accuracy", "val_loss"] if validated else []
    return {
        name: float(rng.uniform()) for name in [*names, *(f"test_accuracy_shift_{k}" for k in shifts or ())]
    }


def answers(profile: str) -> list[Answer]:
    params = in_profile(profile)
    found = []
    for name in params.studies:
        found += answer_study(plan_comparison(params, name), *evaluated(params, name))
    return found


@pytest.mark.parametrize("profile", PARAMS.profiles)
def test_every_claim_has_a_verdict_or_a_reason_in_both_scopes(profile: str) -> None:
    found = answers(profile)
    assert len({one.claim for one in found}) == 70
    assert len(found) == len({(one.claim, one.scope) for one in found}) == 140
    declared: dict[tuple[str, str], str] = {
        (name, scope): reason
        for study in PARAMS.studies.values()
        for name, claim in study.claims.items()
        for scope, reason in claim.not_testable.items()
    }
    for one in found:
        assert one.verdict in VERDICTS
        if one.verdict == NOT_TESTABLE:  # because it was declared so, never because something isn't recorded
            assert one.reason in (declared.get((one.claim, one.scope)), TIMED_APART)
        else:
            assert one.findings and one.deciding in one.findings
    assert len(rows(found)) == 140


@pytest.mark.parametrize("profile", PARAMS.profiles)
def test_every_claim_about_time_is_answered_from_times(profile: str) -> None:
    params, found = in_profile(profile), []
    for name in params.studies:
        plan = plan_comparison(params, name)
        rng = np.random.default_rng(1)
        columns = ("train_seconds", "inference_seconds", "seconds_per_update", "seconds_per_image")
        times = [
            {"variant": variant, "repeat": repeat, **{column: rng.uniform() for column in columns}}
            for variant in timed_variants(plan)
            for repeat in range(plan["repeats"])
        ]
        found += answer_study(plan, pd.DataFrame(times), {}, timed=True) if times else []
    apart = {
        (one.claim, one.scope) for one in answers(profile) if one.timed_apart or one.reason == TIMED_APART
    }
    assert {(one.claim, one.scope) for one in found} == apart
    assert not [one for one in found if one.verdict == NOT_TESTABLE]
