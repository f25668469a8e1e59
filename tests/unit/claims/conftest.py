"""A small study with made-up measurements, and claims asked of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.claims.answers import Answer, answer_study
from pipeline.claims.vocabulary import Claim
from pipeline.files import Arrays
from pipeline.params.plan import ComparisonPlan
from pipeline.params.section import validate
from pipeline.statistics.comparison import Comparison

N_TEST = 1000
Ask = Callable[..., Answer]


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection() -> Iterator[None]:
    """statsmodels' multipletests collects garbage at every call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


def plan(claims: Mapping[str, Any], repeats: int = 10, **changes: Any) -> ComparisonPlan:
    stated: dict[str, Any] = {
        "study": "tiny",
        "question": "Is it?",
        "profile": "quick",
        "alpha": 0.05,
        "looks": None,
        "margin": 0.02,
        "margins": {"test_loss": 0.01, "epochs_run": 0.4},
        "control": "none",
        "treatments": [],
        "variants": {},
        "claims": {name: validate(Claim, one, "params.yaml", lambda _: "") for name, one in claims.items()},
        "repeats": repeats,
        "data": {},
    }
    return ComparisonPlan(**stated | changes)


def table(columns: Mapping[str, Mapping[str, Any]], repeats: int = 10) -> pd.DataFrame:
    """Rows of runs.csv from metric -> variant -> values over repeats (or one for all)."""
    variants = list(dict.fromkeys(v for by_variant in columns.values() for v in by_variant))
    rows = []
    for variant in variants:
        for repeat in range(repeats):
            row: dict[str, Any] = {"variant": variant, "repeat": repeat, "val_accuracy": 0.9}
            for metric, by_variant in columns.items():
                value = by_variant.get(variant, np.nan)
                row[metric] = value if np.isscalar(value) else value[repeat]
            rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture
def ask() -> Ask:
    """The answer in scope `controlled` to one test, over given measurements."""

    def asked(
        test: Any,
        columns: Mapping[str, Mapping[str, Any]],
        repeats: int = 10,
        arrays: Mapping[str, Arrays] | None = None,
        **changes: Any,
    ) -> Answer:
        declared = plan({"C000-01": {"says": "It is so.", "controlled": test}}, repeats, **changes)
        (found,) = answer_study(declared, table(columns, repeats), arrays or {})
        return found

    return asked


def paired(answer: Answer) -> Comparison:
    """The comparison that decided."""
    assert answer.deciding is not None and isinstance(answer.deciding.result, Comparison)
    return answer.deciding.result
