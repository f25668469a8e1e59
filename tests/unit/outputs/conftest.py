"""A made-up study in the shape of the files that the report is built from."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats

from pipeline.params.plan import Origin
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import StudyResults, VariantResults

if TYPE_CHECKING:
    from tests.unit.outputs.tracked_files import Files

Numbers = npt.NDArray[np.float64]
TREATMENTS = ("l1_conv1", "l2_conv1", "dropout", "batch_normalization", "early_stopping")
EFFECTS = (0.012, -0.001, 0.031, -0.033, 0.0)
VERDICTS = ("better", "undecided", "better and it matters", "worse and it matters", "equivalent")


MARGIN = 0.02
HALF_WIDTHS = {"": 0.0006, "simultaneous_": 0.0009, "new_images_": 0.0012, "peek_proof_": 0.0015}
"""Of the intervals: so narrow that every verdict follows from its figures, however few the repeats."""


@dataclass
class Parts:
    """What a stage reads from disk for one study; a test may replace the results."""

    results: StudyResults
    histories: dict[str, list[pd.DataFrame]]
    runs: pd.DataFrame
    summaries: dict[str, str]


def estimate(values: Numbers) -> Estimate:
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean)
    sd = float(values.std(ddof=1))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * sd / len(values) ** 0.5
    return Estimate(mean, sd, mean - half, mean + half, 0.7 * sd, 1.8 * sd)


def comparison(control: Numbers, treatment: Numbers, names: tuple[str, str], verdict: str, m: int) -> Comparison:
    d, n = treatment - control, len(control)
    mean = float(d.mean())
    halves = HALF_WIDTHS.items() if n > 1 else ()
    ends: dict[str, Any] = {}
    for name, half in halves:
        ends |= {f"{name}low": mean - half, f"{name}high": mean + half}
    decided = verdict.startswith(("better", "worse"))
    found = Comparison(
        control=names[0],
        treatment=names[1],
        metric="test_accuracy",
        higher_is_better=True,
        n=n,
        family_size=m,
        alpha=0.05,
        margin=MARGIN,
        differences=tuple(d.tolist()),
        control_mean=float(control.mean()),
        treatment_mean=float(treatment.mean()),
        control_diverged=0,
        treatment_diverged=0,
        wins=int((d > 0).sum()),
        ties=int((d == 0).sum()),
        losses=int((d < 0).sum()),
        p=2 / 2**n,
        p_smallest=2 / 2**n,
        p_adjusted=0.01 if decided else 1.0,
        estimate=mean,
        sd=float(d.std(ddof=1)) if n > 1 else None,
        equivalence_p_adjusted=0.01 if verdict == "equivalent" else None,
        minimum_detectable_effect=0.0009 if n > 1 else None,
        repeats_needed=14 if verdict == "undecided" else None,
        **ends,
    )
    assert n < 3 or found.verdict == verdict
    return found


def history(random: np.random.Generator, epochs: int, level: float) -> pd.DataFrame:
    epoch = np.arange(1, epochs + 1)
    noise = random.normal(0, 0.006, (4, epochs))
    return pd.DataFrame(
        {
            "epoch": epoch,
            "loss": 1.6 * np.exp(-epoch / 2) + 0.04 + abs(noise[0]),
            "accuracy": 1 - 0.6 * np.exp(-epoch / 2) - abs(noise[1]),
            "val_loss": 1.4 * np.exp(-epoch / 2) + 0.1 + abs(3 * noise[2]),
            "val_accuracy": level - 0.5 * np.exp(-epoch / 2) - abs(noise[3]),
        }
    )


def confusion(random: np.random.Generator, accuracy: float, classes: int) -> list[list[float]]:
    errors = random.gamma(0.5, 1, (classes, classes))
    np.fill_diagonal(errors, 0)
    errors *= (1 - accuracy) * 36 * classes / errors.sum()
    counts = errors + np.diag(36 - errors.sum(axis=1))
    return [[round(float(count), 1) for count in row] for row in counts]


def build(
    treatments: tuple[str, ...] = TREATMENTS,
    repeats: int = 10,
    stand_in: bool = True,
    name: str = "mnist_regularizers",
    question: str = "Does any of five regularisers beat none?",
    epochs: int = 8,
    classes: int = 10,
) -> Parts:
    """Study of those treatments against `none`; the effects and verdicts repeat every five treatments."""
    random = np.random.default_rng(7)
    names = ("none", *treatments)
    shared = random.normal(0, 0.004, repeats)
    effects = (0.0, *(EFFECTS[i % 5] for i in range(len(treatments))))
    values = {v: 0.955 + e + shared + random.normal(0, 0.004, repeats) for v, e in zip(names, effects, strict=True)}
    losses = {v: 0.2 - 2 * (a - 0.955) for v, a in values.items()}
    runs = pd.DataFrame(
        [
            {"variant": v, "repeat": r, "test_accuracy": values[v][r], "test_loss": losses[v][r]}
            for v in names
            for r in range(repeats)
        ]
    )
    variants = {
        v: VariantResults(
            kind="control" if v == "none" else "as_written",
            n=repeats,
            vary=None,
            held_out_anew=None,
            metrics={
                "test_accuracy": estimate(values[v]),
                "test_loss": estimate(losses[v]),
                "generalization_gap": estimate(0.99 - values[v]),
                "parameters": Estimate(93322.0, 0.0, 93322.0, 93322.0),
                "weight_norm": estimate(30 + values[v]),
                "stopped_epoch": Estimate(),
            },
            recall=[0.9] * classes,
            precision=[0.9] * classes,
            confusion=confusion(random, float(values[v].mean()), classes),
        )
        for v in names
    }
    origin = Origin(
        source="digits" if stand_in else "keras",
        stand_in=stand_in,
        description="scikit-learn's 1,797 handwritten digits enlarged to 28x28",
    )
    results = StudyResults(
        study=name,
        question=question,
        profile="quick" if stand_in else "full",
        metric="test_accuracy",
        higher_is_better=True,
        alpha=0.05,
        margin=MARGIN,
        control="none",
        repeats=repeats,
        looks=None,
        data={"mnist": origin},
        stand_in=stand_in,
        variants=variants,
        comparisons={
            v: comparison(values["none"], values[v], ("none", v), VERDICTS[i % 5], len(treatments))
            for i, v in enumerate(treatments)
        },
    )
    histories = {
        v: [history(random, epochs - (r % 4 if v == "early_stopping" else 0), 0.96) for r in range(repeats)]
        for v in names
    }
    summaries = {v: f'Model: "{v}"\n conv1 (Conv2D)  (None, 26, 26, 32)  320' for v in names}
    return Parts(results, histories, runs, summaries)


@pytest.fixture(scope="session")
def make_parts() -> Callable[..., Parts]:
    """Builder of made-up studies, see `build`."""
    return build


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The machine's own Chromium; tests that ask for it are skipped where it is missing, or what drives it."""
    if (chromium := shutil.which("chromium") or shutil.which("chromium-browser")) is None:
        pytest.skip("no chromium: apt-get install chromium")
    if missing := [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]:
        pytest.skip(f"no {' and '.join(missing)}: pip install -e '.[browser]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow store: its tables take seconds to create, so tests copy them."""
    from pipeline.outputs.tracking import mlflow_store

    root = tmp_path_factory.mktemp("store")
    with mlflow_store.open_store(f"sqlite:///{root / 'mlflow.db'}"):
        return root / "mlflow.db"


@pytest.fixture
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path
) -> "Files":
    """Files of a study in a working folder, and a checkout with an empty store; models are empty records.

    Saving real ones costs every test a second: a test of the models themselves asks for `real_models`.
    """
    from tests.unit.outputs.tracked_files import Files

    if "real_models" not in request.fixturenames:
        monkeypatch.setattr("pipeline.outputs.tracking.projection.log_model", lambda *_: "m-0")
    root = tmp_path / "a checkout"
    root.mkdir()
    shutil.copy(empty_store, root / "mlflow.db")
    monkeypatch.setenv("DVC_ROOT", str(root))
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return Files(work)


@pytest.fixture
def real_models() -> None:
    """Asked for by a test of the models themselves."""
