"""Every declared claim is answered in every profile: from columns and arrays as the evaluation really writes them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.claims.answers import TIMED_APART, Answer, answer_study, timed_variants
from pipeline.claims.ledger import make_ledger
from pipeline.claims.verdicts import NOT_TESTABLE, VERDICTS
from pipeline.metrics import METRICS
from pipeline.params.planning import plan_comparison
from pipeline.params.read import read
from pipeline.params.schema import Params
from tests.contract.evaluated import evaluate_study

PARAMS = read(Path("params.yaml"))
DECLARED = {
    (name, scope): claim
    for study in PARAMS.studies.values()
    for name, claim in study.claims.items()
    for scope in (*claim.tests, *claim.not_testable)
}


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection() -> Iterator[None]:
    """statsmodels' multipletests collects garbage at every call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


def in_profile(profile: str) -> Params:
    return PARAMS.model_copy(update={"profile": profile})


def answers(profile: str) -> list[Answer]:
    params = in_profile(profile)
    found = []
    for name in params.studies:
        found += answer_study(plan_comparison(params, name), *evaluate_study(params, name))
    return found


@pytest.mark.parametrize("profile", PARAMS.profiles)
def test_every_claim_has_a_verdict_or_a_reason_in_each_of_its_scopes(profile: str) -> None:
    found = answers(profile)
    assert sorted((one.claim, one.scope) for one in found) == sorted(DECLARED)
    for one in found:
        assert one.verdict in VERDICTS
        if one.verdict == NOT_TESTABLE:  # because it was declared so, never because something isn't recorded
            declared = DECLARED[one.claim, one.scope].not_testable.get(one.scope)
            assert one.reason in (declared, TIMED_APART)
        else:
            assert one.findings and one.deciding in one.findings
    rows = make_ledger(found)
    assert len(rows) == len(DECLARED)
    assert np.median([len(row.sentence.partition(". ")[0].split()) for row in rows]) <= 14  # words
    assert np.median([len(row.sentence.split()) for row in rows]) <= 45


def test_no_title_ends_a_sentence() -> None:
    """What follows a full stop is folded on a page."""
    titles = [own.get("title") for study in PARAMS.studies.values() for own in study.variants.values()]
    titles += [study.title for study in PARAMS.studies.values()]
    assert not [one for one in titles if ". " in f"{one} "]


@pytest.mark.parametrize("profile", PARAMS.profiles)
def test_every_claim_about_time_is_answered_from_times(profile: str) -> None:
    params, found = in_profile(profile), []
    for name in params.studies:
        plan = plan_comparison(params, name)
        rng = np.random.default_rng(1)
        columns = [name for name, metric in METRICS.items() if metric.timed]
        times = [
            {"variant": variant, "repeat": repeat, **{column: rng.uniform() for column in columns}}
            for variant in timed_variants(plan)
            for repeat in range(plan.repeats)
        ]
        found += answer_study(plan, pd.DataFrame(times), {}, timed=True) if times else []
    apart = {(one.claim, one.scope) for one in answers(profile) if one.elsewhere or one.reason == TIMED_APART}
    assert {(one.claim, one.scope) for one in found} == apart
    assert not [one for one in found if one.verdict == NOT_TESTABLE]
