"""Stage preprocess: which images make each task, and their classes; describes the data in metrics/data.json."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.preparation import choose_rows, describe_examples
from pipeline.data.tasks import read_labels, read_task, write_rows
from pipeline.files import read_json, write_json
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_tasks, read_unselected


def preprocess() -> None:
    """Write data/tasks/<task>.npz for every task, and metrics/data.json."""
    tasks = read_tasks()
    with replaced_folder(layout.TASKS) as folder:
        for name, task in tasks.items():
            key = f"params.yaml: tasks.{name}"
            train = choose_rows(read_labels(task.data, "train"), task.classes, key, task.limit, task.sorted_by_class)
            test = choose_rows(read_labels(task.data, "test"), task.classes, key)
            write_rows(folder / layout.task_rows(name).name, train, test)
    before = read_json(layout.DATA_METRICS) if layout.DATA_METRICS.exists() else {}
    kept = {name: before[name] for name in read_unselected().tasks if name in before}
    write_json(layout.DATA_METRICS, kept | {name: _describe(name, task.data) for name, task in tasks.items()})


def _describe(task: str, data_set: str) -> dict[str, object]:
    data = read_task(task, data_set)
    found = {"train": describe_examples(data.development), "test": describe_examples(data.test)}
    return {f"{array}_{part}": one for part, about in found.items() for array, one in about.items()}


if __name__ == "__main__":
    run(preprocess)
