"""Where every stage's files lie, relative to the working folder; the one list of paths."""

from pathlib import Path

PARAMS = Path("params.yaml")
PLAN = Path("plan")
RAW = Path("data/raw")
PREPARED = Path("data/tasks")
SPLITS = Path("data/splits")
STANDARDIZED = Path("data/standardized")
IDENTITIES = Path("data/identities.json")
RUNS = Path("runs")
TIMINGS = Path("timings")
TIMING_RECEIPT = TIMINGS / "receipt.json"
EVALUATIONS = Path("evaluations")
METRICS = Path("metrics")
EXERCISES = METRICS / "exercises.json"
CLAIMS = METRICS / "claims.csv"
PLOTS = Path("plots")
REPORT = Path("report")
RECEIPT = Path("tracked/receipt.json")

# Files of a finished run, in the run store and, but for the weights and the seconds, in runs/.
RUN = "run.json"
HISTORY = "history.csv"
TRIALS = "trials.csv"
MODEL_SUMMARY = "summary.txt"
WEIGHTS = "weights.npz"
SECONDS = "seconds.json"

# Files of an evaluation in its store.
EVALUATION = "evaluation.json"
ANSWERS = "answers.npz"


def source_plan(data_set: str) -> Path:
    """What `download` is to fetch for a data set."""
    return PLAN / "sources" / f"{data_set}.json"


def task_plan(task: str) -> Path:
    """How a task is prepared."""
    return PLAN / "tasks" / f"{task}.json"


def training_plan(study: str) -> Path:
    """Every run of a study, resolved."""
    return PLAN / "training" / f"{study}.json"


def comparison_plan(study: str) -> Path:
    """What is compared in a study, and how it is worded."""
    return PLAN / "comparison" / f"{study}.json"


def run_folder(study: str, variant: str, repeat: int) -> Path:
    """Files of one run."""
    return RUNS / study / variant / f"{repeat:02d}"


def evaluated_runs(study: str) -> Path:
    """What every run of a study reached, one row a run."""
    return EVALUATIONS / study / "runs.csv"


def study_metrics(study: str) -> Path:
    """Statistics of a study."""
    return METRICS / "studies" / f"{study}.json"


def study_plots(study: str) -> Path:
    """Pictures of a study."""
    return PLOTS / study
