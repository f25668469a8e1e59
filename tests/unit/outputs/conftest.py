"""A made-up study in the shape of the files that the report is built from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats

Numbers = npt.NDArray[np.float64]
TREATMENTS = ("l1_conv1", "l2_conv1", "dropout", "batch_normalization", "early_stopping")
EFFECTS = (0.012, -0.001, 0.031, -0.033, 0.0)
VERDICTS = ("better", "undecided", "better and it matters", "worse and it matters", "equivalent")


@dataclass(frozen=True)
class Parts:
    """What a stage reads from disk for one study."""

    metrics: dict[str, Any]
    histories: dict[str, list[pd.DataFrame]]
    runs: pd.DataFrame
    summaries: dict[str, str]


def estimate(values: Numbers) -> dict[str, float | None]:
    mean, sd = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None
    if sd is None:
        return {"mean": mean, **dict.fromkeys(("sd", "low", "high", "sd_low", "sd_high"))}
    half = float(stats.t.ppf(0.975, len(values) - 1)) * sd / len(values) ** 0.5
    return {
        "mean": mean,
        "sd": sd,
        "low": mean - half,
        "high": mean + half,
        "sd_low": 0.7 * sd,
        "sd_high": 1.8 * sd,
    }


def comparison(
    control: Numbers, treatment: Numbers, names: tuple[str, str], verdict: str, m: int
) -> dict[str, Any]:
    d, n = treatment - control, len(control)
    se = float(d.std(ddof=1)) / n**0.5 if n > 1 else None
    narrow, wide = (float(stats.t.ppf(1 - 0.025 / k, max(n - 1, 1))) for k in (1, m))
    mean = float(d.mean())
    around = {k: None if se is None else mean + w * se for k, w in (("low", -narrow), ("high", narrow))}
    around |= {
        f"simultaneous_{k}": None if se is None else mean + w * se
        for k, w in (("low", -wide), ("high", wide))
    }
    around |= {
        f"{name}_{k}": None if se is None else mean + factor * w * se
        for name, factor in (("new_images", 1.3), ("peek_proof", 1.6))
        for k, w in (("low", -wide), ("high", wide))
    }
    return {
        "control": names[0],
        "treatment": names[1],
        "metric": "test_accuracy",
        "n": n,
        "control_mean": float(control.mean()),
        "treatment_mean": float(treatment.mean()),
        "estimate": mean,
        **around,
        "wins": int((d > 0).sum()),
        "ties": int((d == 0).sum()),
        "losses": int((d < 0).sum()),
        "p": 2 / 2**n,
        "p_adjusted": min(1.0, m * 2 / 2**n),
        "p_smallest": 2 / 2**n,
        "minimum_detectable_effect": None if se is None else 3 * se,
        "repeats_needed": 14 if verdict == "undecided" else None,
        "family_size": m,
        "alpha": 0.05,
        "margin": 0.02,
        "verdict": verdict,
        "differences": d.tolist(),
        "sentence": f"{names[1]} against {names[0]}: {verdict} over {n} repeats.",
    }


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
    values = {
        v: 0.955 + e + shared + random.normal(0, 0.004, repeats) for v, e in zip(names, effects, strict=True)
    }
    losses = {v: 0.2 - 2 * (a - 0.955) for v, a in values.items()}
    runs = pd.DataFrame(
        [
            {"variant": v, "repeat": r, "test_accuracy": values[v][r], "test_loss": losses[v][r]}
            for v in names
            for r in range(repeats)
        ]
    )
    variants = {
        v: {
            "kind": "control" if v == "none" else "as_written",
            "n": repeats,
            "vary": None,
            "held_out_anew": None,
            "metrics": {
                "test_accuracy": estimate(values[v]),
                "test_loss": estimate(losses[v]),
                "generalization_gap": estimate(0.99 - values[v]),
                "parameters": {"mean": 93322.0, "sd": 0.0, "low": 93322.0, "high": 93322.0},
                "weight_norm": estimate(30 + values[v]),
                "stopped_epoch": {"mean": None, "sd": None, "low": None, "high": None},
            },
            "recall": [0.9] * classes,
            "precision": [0.9] * classes,
            "confusion": confusion(random, float(values[v].mean()), classes),
        }
        for v in names
    }
    comparisons = {
        v: comparison(values["none"], values[v], ("none", v), VERDICTS[i % 5], len(treatments))
        for i, v in enumerate(treatments)
    }
    metrics = {
        "study": name,
        "question": question,
        "profile": "quick" if stand_in else "full",
        "metric": "test_accuracy",
        "higher_is_better": True,
        "alpha": 0.05,
        "looks": None,
        "margin": 0.02,
        "control": "none",
        "repeats": repeats,
        "stand_in": stand_in,
        "data": {
            "mnist": {
                "source": "digits" if stand_in else "keras",
                "stand_in": stand_in,
                "description": "scikit-learn's 1,797 handwritten digits enlarged to 28x28",
            }
        },
        "variants": variants,
        "comparisons": comparisons,
    }
    histories = {
        v: [history(random, epochs - (r % 4 if v == "early_stopping" else 0), 0.96) for r in range(repeats)]
        for v in names
    }
    summaries = {v: f'Model: "{v}"\n conv1 (Conv2D)  (None, 26, 26, 32)  320' for v in names}
    return Parts(metrics, histories, runs, summaries)


@pytest.fixture(scope="session")
def make_parts() -> Callable[..., Parts]:
    """Builder of made-up studies, see `build`."""
    return build
