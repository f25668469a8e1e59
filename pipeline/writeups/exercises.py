"""All the analytic exercises of the write-ups, solved, as one JSON-ready mapping."""

from typing import Any

from pipeline.writeups import backpropagation, convolution, numpy_network, parameter_counts
from pipeline.writeups.errata import errata
from pipeline.writeups.questions import questions

SECTIONS = {
    "convolution": convolution.exercises,
    "backpropagation": backpropagation.exercises,
    "numpy_network": numpy_network.exercises,
    "parameter_counts": parameter_counts.exercises,
}


def solve() -> dict[str, Any]:
    """Worked solutions, answered questions and errata, as plain values for JSON.

    Returns
    -------
    dict
        "convolution", "backpropagation", "numpy_network", "parameter_counts": lists of exercises with their
        steps (see `steps.Exercise` and `steps.Step`); "questions" (`questions.Question`); "errata"
        (`erratum.Erratum`). Deterministic: no random state but the exercise's own seed 0.
    """
    solved = {name: build() for name, build in SECTIONS.items()}
    every = [exercise for section in solved.values() for exercise in section]
    return {
        **{name: [exercise.to_dict() for exercise in section] for name, section in solved.items()},
        "questions": [question.to_dict() for question in questions()],
        "errata": [erratum.to_dict() for erratum in errata(every)],
    }
