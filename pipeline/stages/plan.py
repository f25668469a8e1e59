"""Stage plan: params.yaml to plan/, exactly what will run and what will be compared."""

from pipeline import layout
from pipeline.files import replaced, write_json
from pipeline.params import read
from pipeline.params.plan import plan_comparison, plan_sources, plan_tasks, plan_training
from pipeline.stages.command import run


def plan() -> None:
    """Read and check params.yaml; write the plan of the chosen profile."""
    params = read(layout.PARAMS)
    files = {layout.source_plan(name): source for name, source in plan_sources(params).items()}
    files[layout.TASKS] = plan_tasks(params)
    for study in params.studies:
        files[layout.training_plan(study)] = plan_training(params, study)
        files[layout.comparison_plan(study)] = plan_comparison(params, study)
    with replaced(layout.PLAN) as folder:
        for path, value in files.items():
            write_json(folder / path.relative_to(layout.PLAN), value)


if __name__ == "__main__":
    run(plan)
