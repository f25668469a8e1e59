"""Stage plan: params.yaml to plan/, exactly what will run and what will be compared."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.folders import replaced_folder
from pipeline.params.plan import write_plan
from pipeline.params.planning import make_plan
from pipeline.params.read import read


def plan() -> None:
    """Read and check params.yaml; write the plan of the chosen profile."""
    made = make_plan(read(layout.PARAMS))
    with replaced_folder(layout.PLAN) as folder:
        write_plan(made, folder)


if __name__ == "__main__":
    run(plan)
