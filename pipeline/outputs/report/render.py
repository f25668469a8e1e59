"""Views to pages: self-contained HTML that opens from a disk and asks no network for anything."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.outputs.figures import theme
from pipeline.outputs.figures.units import words
from pipeline.outputs.figures.verdicts import CLAIM_VERDICTS, VERDICTS
from pipeline.outputs.report import numbers
from pipeline.outputs.report.views import Section, StudyView

TEMPLATES = Path(__file__).parent / "templates"


def render(studies: Sequence[StudyView], sections: Sequence[Section] = ()) -> dict[str, str]:
    """Pages of the report by file name: ``index.html``, and one a study.

    Parameters
    ----------
    studies : sequence of StudyView
        In the order they are shown.
    sections : sequence of Section
        Parts of the overview that belong to no single study.
    """
    counts = Counter(c.verdict for study in studies for c in study.comparisons)
    index = page(
        "index.html",
        studies=studies,
        sections=sections,
        profiles=sorted({study.profile for study in studies}),
        stand_in=any(study.stand_in for study in studies),
        counts={verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]},
    )
    return {"index.html": index} | {
        study.file: page("study.html", study=study, studies=studies, stand_in=study.stand_in)
        for study in studies
    }


def page(template: str, *, folder: Path = TEMPLATES, **values: Any) -> str:
    """One page by its template in a folder; what that includes or extends may lie in ``templates/``."""
    return _environment(folder).get_template(template).render(**values)


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(numbers, name) for name in numbers.__all__} | {"words": words}
    environment.globals |= {
        "VERDICTS": VERDICTS | CLAIM_VERDICTS,
        "CLAIM_VERDICTS": CLAIM_VERDICTS,
        "theme": theme,
    }
    return environment
