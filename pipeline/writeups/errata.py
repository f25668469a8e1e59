"""The errata: every discrepancy, remark and wrong figure of the write-ups, each with the right value."""

from collections import Counter
from collections.abc import Iterable

from pipeline.writeups.discrepancies import discrepancies
from pipeline.writeups.erratum import Erratum
from pipeline.writeups.remarks import remarks
from pipeline.writeups.steps import Exercise, show


def wrong_figures(exercises: Iterable[Exercise]) -> list[Erratum]:
    """Every figure that does not agree with the computed value, in the main reading of each exercise."""
    numbers: Counter[str] = Counter()
    found = []
    for exercise in exercises:
        if exercise.alternative:
            continue
        for step in exercise.steps:
            if step.agrees is False and step.write_up is not None:
                numbers[exercise.write_up] += 1
                found.append(
                    Erratum(
                        id=f"F{exercise.write_up}-{numbers[exercise.write_up]}",
                        where=f"{exercise.title} / {step.title}",
                        written=step.write_up,
                        right=show(step.result, digits=12),
                        right_value=step.result,
                        verdict=step.verdict,
                        source=f"{exercise.id}/{step.title}",
                    )
                )
    return found


def errata(exercises: Iterable[Exercise]) -> list[Erratum]:
    """The whole list: discrepancies D000-1 to D004-9, remarks R…, wrong figures F…."""
    return [*discrepancies(), *remarks(), *wrong_figures(exercises)]
