"""Stage evaluate: what every run of one study achieved; the only stage that opens test images."""

from pipeline import layout
from pipeline.analysis.runs_table import table_row, variant_arrays
from pipeline.files import Arrays, csv_text, read_arrays, read_json, replaced, write_arrays, write_text
from pipeline.stages.command import run
from pipeline.training.evaluate import (
    TrainedRun,
    evaluate_missing,
    evaluation_code,
    evaluation_fingerprint,
    read_images,
)
from pipeline.training.grid import worker_count
from pipeline.training.store import evaluation_store


def evaluate(study: str) -> None:
    """Write evaluations/<study>/runs.csv and evaluations/<study>/<variant>.npz."""
    plan = read_json(layout.training_plan(study))
    identities = read_json(layout.digests(study))
    runs = [
        _trained(study, variant, repeat) for variant in plan["variants"] for repeat in range(plan["repeats"])
    ]
    code = evaluation_code()
    names = [evaluation_fingerprint(one.about["fingerprint"], identities[one.task], code) for one in runs]
    store = evaluation_store()
    evaluate_missing(
        runs,
        names,
        store,
        lambda task: read_images(layout.STANDARDIZED / task, identities[task]),
        worker_count(),
        study,
    )
    labels = {task: read_arrays(layout.STANDARDIZED / task / "test.npz")["y"] for task in identities}
    rows = []
    tests: dict[tuple[str, str], list[Arrays]] = {}
    for one, name in zip(runs, names, strict=True):
        test = read_arrays(store.path(name) / "test.npz")
        scalars = read_json(store.path(name) / "scalars.json")
        rows.append(table_row(one.about, one.about["fingerprint"], scalars, test, labels[one.task]))
        tests.setdefault((one.variant, one.task), []).append(test)
    with replaced(layout.EVALUATIONS / study) as folder:
        write_text(folder / "runs.csv", csv_text(rows))
        for (variant, task), results in tests.items():
            arrays = variant_arrays(results, labels[task], len(identities[task]["classes"]))
            write_arrays(folder / f"{variant}.npz", arrays)


def _trained(study: str, variant: str, repeat: int) -> TrainedRun:
    folder = layout.run_folder(study, variant, repeat)
    return TrainedRun(variant, repeat, folder, read_json(folder / "run.json"))


if __name__ == "__main__":
    run(evaluate)
