"""Stage preprocess: raw arrays to each task's classes; describes the data in metrics/data.json."""

from pipeline import layout
from pipeline.data.preparation import describe, with_channels
from pipeline.files import read_arrays, read_json, replaced, write_arrays, write_json
from pipeline.stages.command import run


def preprocess() -> None:
    """Write data/tasks/<task>.npz for every task, and metrics/data.json."""
    about = {}
    with replaced(layout.PREPARED) as folder:
        for name, task in read_json(layout.TASKS)["tasks"].items():
            arrays = read_arrays(layout.RAW / task["data"] / "arrays.npz")
            about[name] = describe(arrays)
            prepared = {
                key: with_channels(one) if key.startswith("x") else one for key, one in arrays.items()
            }
            write_arrays(folder / f"{name}.npz", prepared)
    write_json(layout.METRICS / "data.json", about)


if __name__ == "__main__":
    run(preprocess)
