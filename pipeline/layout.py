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
PAGES = Path("pages")
CLAIMS = METRICS / "claims.csv"
PLOTS = Path("plots")
REPORT = Path("report")
RECEIPT = Path("tracked/receipt.json")


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


def study_metrics(study: str) -> Path:
    """Statistics of a study."""
    return METRICS / "studies" / f"{study}.json"
