"""Views to pages: self-contained HTML that opens from a disk and asks no network for anything."""

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.layout import study_page
from pipeline.metrics import words
from pipeline.outputs import numbers
from pipeline.outputs.figures import theme
from pipeline.outputs.report.marks import explain_marks
from pipeline.outputs.report.views import TOLD, Section, StudyView, read_headline
from pipeline.statistics.wording import format_headline

if TYPE_CHECKING:
    from pipeline.outputs.report.story import Story  # which knows claims, as other pages need not

TEMPLATES = Path(__file__).parent / "templates"
GAP = Markup("<!-- studies -->")  # in a page that does not yet link the others; no text of a page can say it
TITLE = ", Claimcheck report"  # ends the title of every page but the overview


def render_index(
    studies: Sequence[StudyView],
    sections: Sequence[Section] = (),
    further: Mapping[str, str] | None = None,
    story: "Story | None" = None,
    times: bool = True,
    note: str = "",
) -> str:
    """Page of the overview, with the studies in their order.

    `sections` are parts of it that belong to no single study, `further` are the other pages by file name; it links
    each by its title, and times where there are any. `note` is said first.
    """
    counts = Counter(one.verdict for study in studies for one in study.results.comparisons.values())
    return page(
        "index.html",
        studies=studies,
        sections=sections,
        story=story,
        times=times,
        note=note,
        all_stand_in=all(study.results.stand_in for study in studies),
        pages={file: read_title(text) for file, text in (further or {}).items()},
        profiles=sorted({study.results.profile for study in studies}),
        stand_in=any(study.results.stand_in for study in studies),
        counts={verdict: counts[verdict] for verdict in theme.COMPARISON_STYLES if counts[verdict]},
    )


def render_study(study: StudyView) -> str:
    """Page of one study, with a gap for the others: so that it stays what it is when these change."""
    return page("study.html", study=study, gap=GAP, stand_in=study.results.stand_in)


def link_studies(text: str, study: str, studies: Mapping[str, str]) -> str:
    """A study's page with links to all studies in its gap; `studies` are titles by name."""
    return text.replace(GAP, page("studies.html", study=study, studies=studies), 1)


def render_sections(title: str, lead: str, sections: Sequence[Section], stand_in: bool) -> str:
    """Page of parts that belong to no single study."""
    return page("sections.html", title=title, lead=lead, sections=sections, stand_in=stand_in)


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
    environment.filters |= filters | {"words": words, "study_page": study_page}
    environment.filters |= {"headline": format_headline, "first_sentence": read_headline, "explain": explain_marks}
    styles = {"STYLES": theme.COMPARISON_STYLES | theme.CLAIM_STYLES, "CLAIM_STYLES": theme.CLAIM_STYLES}
    environment.globals |= {**styles, "theme": theme, "TOLD": TOLD}
    return environment
