"""Stage preprocess: raw arrays to each task's classes; describes the data in metrics/data.json."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.preparation import describe, prepared
from pipeline.files import read_arrays, read_json, replaced, write_arrays, write_json


def preprocess() -> None:
    """Write data/tasks/<task>.npz for every task, and metrics/data.json."""
    about = {}
    with replaced(layout.PREPARED) as folder:
        for name, task in read_json(layout.TASKS)["tasks"].items():
            raw = read_arrays(layout.RAW / task["data"] / "arrays.npz")
            arrays = prepared(raw, task, f"params.yaml: tasks.{name}")
            about[name] = describe(arrays)
            write_arrays(folder / f"{name}.npz", arrays)
    write_json(layout.METRICS / "data.json", about)


if __name__ == "__main__":
    run(preprocess)
