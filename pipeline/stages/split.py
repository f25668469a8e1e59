"""Stage split: which development images train and which validate, as indices."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.splits import split_indices
from pipeline.files import read_arrays, read_json, replaced, write_arrays


def split() -> None:
    """Write data/splits/<task>.npz with the indices `train` and `validation` for every task."""
    with replaced(layout.SPLITS) as folder:
        for name, task in read_json(layout.TASKS)["tasks"].items():
            labels = read_arrays(layout.PREPARED / f"{name}.npz")["y_train"]
            train, validation = split_indices(labels, task["split"], f"params.yaml: tasks.{name}")
            write_arrays(folder / f"{name}.npz", {"train": train, "validation": validation})


if __name__ == "__main__":
    run(split)
