"""Stage standardize: each task's scaling statistics, and the identity of what training and evaluation are given."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import Identities, identify
from pipeline.data.images import Scaling, scale_to_unit, standardize_pixels
from pipeline.data.tasks import read_examples, read_trained_on
from pipeline.files import write_arrays, write_model
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_source, read_tasks
from pipeline.params.task import Preparation


def standardize() -> None:
    """Write data/scaling/<task>.npz for every task, and data/identities.json."""
    identities = {}
    with replaced_folder(layout.SCALING) as folder:
        for name, task in read_tasks().items():
            train, validation = read_trained_on(name, task.data, task.split.kind == "test")
            parts = {"train": train} | ({"validation": validation} if validation else {})
            parts["test"] = read_examples(name, task.data, "test")
            scaling = _fit(name, task)
            write_arrays(folder / layout.task_scaling(name).name, scaling.to_arrays())
            identities[name] = identify(task, read_source(task.data), parts, scaling)
    write_model(layout.IDENTITIES, Identities(tasks=identities))


def _fit(name: str, task: Preparation) -> Scaling:
    if task.scaling.method == "unit":
        return scale_to_unit()
    train, _ = read_trained_on(name, task.data, False)
    fitted_on = train if task.scaling.fit_on == "train" else read_examples(name, task.data, "train")
    return standardize_pixels(fitted_on.images[:])


if __name__ == "__main__":
    run(standardize)
