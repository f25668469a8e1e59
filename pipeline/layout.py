"""Where every stage's files lie, relative to the working folder; the one place that knows a file's name."""

import re
from pathlib import Path

PARAMS = Path("params.yaml")
DECLARED_CLAIMS = Path("claims.yaml")
LOCKED = Path("requirements.lock")
PLAN = Path("plan")
TASK_PLAN = PLAN / "tasks.json"
EXECUTION_PLAN = PLAN / "execution.json"
UNSELECTED = PLAN / "unselected.json"
RAW = Path("data/raw")
TASKS = Path("data/tasks")
SPLITS = Path("data/splits")
SCALING = Path("data/scaling")
IDENTITIES = Path("data/identities.json")
TRAINED = Path(".runs/trained")
EVALUATED = Path(".runs/evaluated")
KEPT = Path(".runs/kept")
UNFINISHED = Path(".runs/unfinished")  # outputs of stages that are under way, and what workers tell
DIGESTS = "digests.json"  # of the files of whatever a store holds, beside them
RUNS = Path("runs")
EVALUATIONS = Path("evaluations")
METRICS = Path("metrics")
DATA_METRICS = METRICS / "data.json"
SUMMARY = METRICS / "summary.json"
STUDY_METRICS = METRICS / "studies"
CLAIMS = METRICS / "claims.csv"
VERDICTS = Path("verdicts")  # what DVC shows as metrics
EXERCISES = METRICS / "exercises.json"
TIMINGS = Path("timings")
TIMING_RECEIPT = TIMINGS / "receipt.json"
TIMING_CLAIMS = TIMINGS / "claims.csv"
TIMING_PAGE = TIMINGS / "index.html"
PAGES = Path("pages")
PRINTED = PAGES / "printed.json"  # what texts printed of their runs
PICTURES = Path("pictures")
PLOTS = Path("plots")  # what DVC draws
REPORT = Path("report")
TRACKED = Path("tracked")
RECEIPT = TRACKED / "receipt.json"
RECORD = Path("results/full")
CAUSES = Path("results/causes.yaml")  # why a printed figure is far from ours, as far as we know
PICTURE_OF_RECORD = Path("results/printed.svg")
MLFLOW = Path("mlflow.db")
MLFLOW_ARTIFACTS = Path("mlartifacts")
STATISTICS = "statistics.json"  # of a variant, in MLflow

# Where a killed process may leave what it had begun.
WRITTEN_INTO = (Path(), Path("data"), METRICS, TIMINGS, TRACKED, UNFINISHED, TRAINED, EVALUATED, KEPT)

# Names of pages and files beside those of studies, which no study may have.
RESERVED = ("claims", "data", "exercises", "index", "receipt", "rows", "timings")

# Files of a finished run in the run store; and in runs/, of all runs of a variant, with runs.json in place of run.json.
RUN = "run.json"
VARIANT_RUNS = "runs.json"
HISTORY = "history.csv"
TRIALS = "trials.csv"
MODEL_SUMMARY = "summary.txt"
# Of a run, and in the run store alone.
WEIGHTS = "weights.npz"
OPTIMIZER = "optimizer.npz"  # only where another run goes on with it
SECONDS = "seconds.json"

# What is kept of a study beside files that lie elsewhere too.
TIMES = "times.json"
STUDY_PAGE = "page.html"
DATA_PAGE, ROWS_PAGE = "data.html", "rows.html"
ADVISORIES = "advisories"  # about what requirements.lock pins

# Files of an evaluation in its store.
EVALUATION = "evaluation.json"
ANSWERS = "answers.npz"

# Files of a recorded study, beside its claims, its answers and its pictures.
DECLARED = "declared.json"
DECLARED_TRAINING = "training.json"
RECORDED_RESULTS = "results.json"
RECORDED_RUNS = "runs.csv"
PROVENANCE = "provenance.json"
RECORDED_PRINTED = "printed.csv"


def mlflow_lock(database: Path) -> Path:
    """Lock of an MLflow store, beside its database."""
    return database.with_name(f".{database.stem}.lock")


def source_plan(data_set: str) -> Path:
    """What `download` is to fetch for a data set."""
    return PLAN / "sources" / f"{data_set}.json"


def training_plan(study: str) -> Path:
    """Every run of a study, resolved."""
    return PLAN / "training" / f"{study}.json"


def comparison_plan(study: str) -> Path:
    """What is compared in a study, and how it is worded."""
    return PLAN / "comparison" / f"{study}.json"


def raw_array(data_set: str, array: str) -> Path:
    """An array of a data set: x_train, y_train, x_test or y_test."""
    return RAW / data_set / f"{array}.npy"


def raw_source(data_set: str) -> Path:
    """Where a data set's arrays came from, with their digests."""
    return RAW / data_set / "source.json"


def task_rows(task: str) -> Path:
    """Which rows of a data set's arrays a task uses, and the class of each."""
    return TASKS / f"{task}.npz"


def task_split(task: str) -> Path:
    """Which of a task's development images train and which validate."""
    return SPLITS / f"{task}.npz"


def task_scaling(task: str) -> Path:
    """Scaling statistics of a task."""
    return SCALING / f"{task}.npz"


def variant_runs(study: str, variant: str) -> Path:
    """Files of a variant's runs."""
    return RUNS / study / variant


def evaluated_runs(study: str) -> Path:
    """What every run of a study reached, one row a run."""
    return EVALUATIONS / study / "runs.csv"


def evaluated_images(study: str, variant: str) -> Path:
    """What a variant's runs said of each test image."""
    return EVALUATIONS / study / f"{variant}.npz"


def study_metrics(study: str) -> Path:
    """Statistics of a study."""
    return STUDY_METRICS / f"{study}.json"


def study_verdicts(study: str) -> Path:
    """Accuracies and verdicts of a study, in few words for DVC's tables."""
    return VERDICTS / f"{study}.json"


def claims_verdicts() -> Path:
    """How many claims got each verdict; no study has such a name."""
    return VERDICTS / "all-claims.json"


def study_plot(kind: str, study: str) -> Path:
    """Table of one kind of a study's plots by DVC: curves, forest or confusion."""
    return PLOTS / kind / f"{study}.csv"


def plot_table(kind: str) -> str:
    """Name of one kind of a study's plots where all kinds lie together."""
    return f"{kind}.csv"


def study_pictures(study: str) -> Path:
    """Pictures of a study."""
    return PICTURES / study


def recorded(study: str) -> Path:
    """What is recorded of a study for good; its page lies beside it."""
    return RECORD / study


def further_pages() -> list[Path]:
    """Pages that other stages than `report` made for the report."""
    return sorted(PAGES.glob("*.html"))


def study_page(study: str) -> str:
    """Name of a study's page in report/."""
    return f"{re.sub(r'[^a-z0-9_]+', '-', study.lower()).strip('-') or 'study'}.html"


def picture(section: str, number: int) -> str:
    """Name of one of a study's pictures."""
    return f"{section}_{number}.svg"
