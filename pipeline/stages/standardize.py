"""Stage standardize: each task's scaling; train, validation and test images as separate files; their identity."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import identify
from pipeline.data.preparation import divided, fitted_scaling
from pipeline.files import read_arrays, read_json, replaced, write_arrays, write_json


def standardize() -> None:
    """Write data/standardized/<task>/ for every task, and data/digests/<study>.json for every study."""
    plan = read_json(layout.TASKS)
    identities = {}
    with replaced(layout.STANDARDIZED) as folder:
        for name, task in plan["tasks"].items():
            arrays = read_arrays(layout.PREPARED / f"{name}.npz")
            indices = read_arrays(layout.SPLITS / f"{name}.npz")
            parts = divided(arrays, indices, task["split"]["kind"])
            scaling = fitted_scaling(task["scaling"], parts["train"]["x"], arrays["x_train"]).to_arrays()
            source = read_json(layout.RAW / task["data"] / "source.json")
            identities[name] = identify(task, source, parts, scaling)
            for part, content in {**parts, "scaling": scaling}.items():
                write_arrays(folder / name / f"{part}.npz", content)
    with replaced(layout.DIGESTS) as folder:
        for study, tasks in plan["studies"].items():
            write_json(folder / f"{study}.json", {task: identities[task] for task in tasks})


if __name__ == "__main__":
    run(standardize)
