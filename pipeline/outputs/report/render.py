"""Views to pages: self-contained HTML that opens from a disk and asks no network for anything."""

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.layout import study_page
from pipeline.metrics import words
from pipeline.outputs import numbers
from pipeline.outputs.figures import theme
from pipeline.outputs.report.views import Section, StudyView
from pipeline.statistics.wording import format_sentence

TEMPLATES = Path(__file__).parent / "templates"
TITLE = ", Claimcheck report"  # ends the title of every page but the overview


def render(
    studies: Sequence[StudyView],
    sections: Sequence[Section] = (),
    further: Mapping[str, str] | None = None,
    listed: Sequence[StudyView] | None = None,
) -> dict[str, str]:
    """Pages of the report by file name: ``index.html``, one a study, and the further ones as they are.

    Studies are shown in their order. `sections` are parts of the overview that belong to no single study, `further` are
    pages by file name that others wrote; the overview links each by its title. `listed` are all studies that the
    overview shows, those with a page from before among them.
    """
    further, listed = further or {}, studies if listed is None else listed
    counts = Counter(one.verdict for study in listed for one in study.results.comparisons.values())
    index = page(
        "index.html",
        studies=listed,
        sections=sections,
        pages={file: read_title(text) for file, text in further.items()},
        profiles=sorted({study.results.profile for study in listed}),
        stand_in=any(study.results.stand_in for study in listed),
        counts={verdict: counts[verdict] for verdict in theme.COMPARISON_STYLES if counts[verdict]},
    )
    of_studies = {
        one.file: page("study.html", study=one, studies=listed, stand_in=one.results.stand_in) for one in studies
    }
    return {"index.html": index, **further, **of_studies}


def page(template: str, folder: Path | None = None, **values: Any) -> str:
    """One page by its template, looked for in `folder`, where one is given, and then in ``templates/``."""
    return _make_environment(folder).get_template(template).render(**values)


def read_title(page: str) -> str:
    """Title of a page as the navigation names it."""
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return html.unescape(found[1].strip()).removesuffix(TITLE) if found else "untitled page"


@cache
def _make_environment(folder: Path | None) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([*([folder] if folder else []), TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {n.removeprefix("format_"): one for n, one in vars(numbers).items() if n.startswith("format_")}
    environment.filters |= filters | {"words": words, "sentence": format_sentence, "study_page": study_page}
    styles = {"STYLES": theme.COMPARISON_STYLES | theme.CLAIM_STYLES, "CLAIM_STYLES": theme.CLAIM_STYLES}
    environment.globals |= {**styles, "theme": theme}
    return environment
