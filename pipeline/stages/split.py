"""Stage split: which development images train and which validate, as indices."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.splits import split_indices
from pipeline.data.tasks import read_examples, write_split
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_tasks


def split() -> None:
    """Write data/splits/<task>.npz with the indices `train` and `validation` for every task."""
    with replaced_folder(layout.SPLITS) as folder:
        for name, task in read_tasks().items():
            labels = read_examples(name, task.data, "train").labels
            train, validation = split_indices(labels, task.split, f"params.yaml: tasks.{name}")
            write_split(folder / layout.task_split(name).name, train, validation)


if __name__ == "__main__":
    run(split)
