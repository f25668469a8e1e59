"""Report: numbers, verdicts and n are on the page; it stands alone, escapes names, repeats byte for byte."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from html import unescape
from typing import Any

import numpy as np
import pytest

from pipeline.layout import RESERVED, study_page
from pipeline.metrics import words
from pipeline.outputs import numbers
from pipeline.outputs.figures.theme import COMPARISON_STYLES
from pipeline.outputs.report.build import view_study
from pipeline.outputs.report.render import TEMPLATES, link_studies, render_index, render_study
from pipeline.outputs.report.views import Cell, Section, StudyView, Table, anchor_of, read_headline
from pipeline.statistics.comparison import VERDICTS, Declaration
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.paired import compare_family
from pipeline.statistics.wording import format_headline
from tests.unit.outputs.html_page import Page

Make = Callable[..., Any]
BANNER = "Stand-in data: these numbers say nothing about MNIST or CIFAR-10."
SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)
OWN = (TEMPLATES / "page.js").read_text("utf-8").strip()
SMALL: dict[str, Any] = {"treatments": ("dropout",), "repeats": 3, "classes": 2, "epochs": 2}


def view_of(parts: Any, **more: Any) -> StudyView:
    return view_study(parts.results, parts.histories, parts.summaries, parts.runs, **more)


def render(views: Sequence[StudyView]) -> dict[str, str]:
    """Pages of the overview and of every study by file name, as the stage puts them together."""
    names = {one.name: one.label for one in views}
    pages = {one.file: link_studies(render_study(one), one.name, names) for one in views}
    return {"index.html": render_index(views), **pages}


def index_of(*views: StudyView, **more: Any) -> str:
    return render_index(views, **more)


def page_of(view: StudyView) -> str:
    return render([view])[view.file]


@pytest.fixture(scope="module")
def small(make_parts: Make) -> Make:
    """Builder of studies that draw fast: one treatment, three repeats, two classes."""
    return functools.partial(make_parts, **SMALL)


@pytest.fixture(scope="module")
def view(make_parts: Make) -> StudyView:
    return view_of(make_parts())


@pytest.fixture(scope="module")
def page(view: StudyView) -> Page:
    return Page(page_of(view))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.format_percent(0.9912), "99.12 %"),
        (numbers.format_percent(1.0), "100.00 %"),
        (numbers.format_percent(None), "–"),
        (numbers.format_points(0.0012), "+0.12 pp"),
        (numbers.format_points(-0.0148), "−1.48 pp"),
        (numbers.format_points(-0.00001), "0.00 pp"),
        (numbers.format_points(None), "–"),
        (numbers.format_p_value(2 / 2**9), "0.0039"),
        (numbers.format_p_value(0.25), "0.25"),
        (numbers.format_p_value(1.0), "1.00"),
        (numbers.format_p_value(0.0009), "< 0.001"),
        (numbers.format_p_value(None), "–"),
        (numbers.format_smallest_p(2 / 2**10), "0.0020"),
        (numbers.format_smallest_p(2 / 2**16), "0.000031"),
        (numbers.format_number(93322), "93,322"),
        (numbers.format_number(1234567.8), "1,234,567.8"),
        (numbers.format_number(0.03004), "0.0300"),
        (numbers.format_number(-2.5), "−2.500"),
        (numbers.format_number(0.00001234), "1.2e−05"),
        (numbers.format_number(1e308), "1e+308"),
        (numbers.format_number(-1e30), "−1e+30"),
        (numbers.format_number(None), "–"),
        (numbers.format_value(0.0296, "generalization_gap"), "+2.96 pp"),
        (numbers.format_value(0.0366, "test_loss"), "0.0366"),
        (numbers.format_difference(-0.0133, "test_loss"), "−0.0133"),
        (numbers.format_difference(0.0012, "test_accuracy"), "+0.12 pp"),
        (numbers.format_size(0.002, "test_accuracy"), "0.20 pp"),
        (numbers.format_size(None, "test_accuracy"), "–"),
        (numbers.format_value_interval(0.98905, 0.9933, "test_accuracy"), "[98.91, 99.33] %"),
        (numbers.format_value_interval(None, 0.9933, "test_accuracy"), "–"),
        (numbers.format_difference_interval(-0.0005, 0.0029, "test_accuracy"), "[−0.05, +0.29] pp"),
        (numbers.format_difference_interval(-0.0005, 0.0029, "test_loss"), "[−0.0005, +0.0029]"),
        (numbers.format_difference_interval(None, None, "test_loss"), "–"),
        (numbers.format_change(0.0022, "share"), "+0.22 pp"),
        (numbers.format_change(-0.144, "nats"), "−0.1440 nats"),
        (numbers.format_change(-16064.0, ""), "−16,064"),
        (numbers.format_change(0.0, "epochs"), "0 epochs"),
        (numbers.format_change(None, "nats"), "–"),
        (numbers.format_change_interval(-0.0111, 0.0067, "share"), "[−1.11, +0.67] pp"),
        (numbers.format_change_interval(0.1, 12.25, "s"), "[+0.1000, +12.2] s"),
        (numbers.format_change_interval(None, 0.1, "s"), "–"),
        (numbers.format_extent(0.02, "share"), "2.00 pp"),
        (numbers.format_extent(0.5, "ranks"), "0.5000 ranks"),
    ],
)
def test_numbers_as_readers_see_them(written: str, expected: str) -> None:
    assert written == expected


def test_every_comparison_says_its_verdict_in_a_line_and_folds_its_numbers(view: StudyView) -> None:
    answers = re.search(r'<ul class="answers">.*?</ul>', page_of(view), re.DOTALL)
    assert answers is not None
    rows = re.findall(r"<li>.*?</li>", answers[0], re.DOTALL)
    metric = view.results.metric
    for c, markup in zip(view.results.comparisons.values(), rows, strict=True):
        line, folded = (unescape(re.sub(r"<[^>]+>", "", part)) for part in markup.split("<details>"))
        assert c.treatment in line and c.verdict in line
        assert read_headline(format_headline(c)) in line
        for said in (
            f"{c.wins}–{c.ties}–{c.losses} of {c.n}",
            numbers.format_percent(c.control_mean),
            numbers.format_percent(c.treatment_mean),
            numbers.format_difference_interval(c.simultaneous_low, c.simultaneous_high, metric),
            numbers.format_difference_interval(c.low, c.high, metric),
            numbers.format_difference_interval(c.new_images_low, c.new_images_high, metric),
            numbers.format_difference_interval(c.peek_proof_low, c.peek_proof_high, metric),
            "± 2.00 pp",
            numbers.format_size(c.minimum_detectable_effect, metric),
            numbers.format_p_value(c.p_adjusted),
            f"of which {numbers.format_smallest_p(c.p_smallest)} is the smallest attainable",
        ):
            assert said in folded and said not in line


def test_variants_and_studies_go_by_their_titles(small: Make) -> None:
    parts = small()
    variants = {name: replace(one, title=f"title of {name}") for name, one in parts.results.variants.items()}
    parts.results = replace(parts.results, variants=variants, title="Five ways")
    text = page_of(view_of(parts, marks={"dropout": "a mark"}))
    words = Page(text).words
    assert "Five ways" in words and "title of dropout a mark" in words and "title of none, n = 3" in words
    assert not re.search(r"(?<!title of )\b(dropout a mark|none, n)", words)


def test_what_is_inert_diverged_or_at_chance_is_explained_where_it_stands(small: Make) -> None:
    parts = small()
    none, dropout = parts.results.variants.values()
    same = replace(parts.results.comparisons["dropout"], identical=True)
    changed = {"none": replace(none, at_chance=True), "dropout": replace(dropout, diverged=2)}
    parts.results = replace(parts.results, variants=changed, comparisons={"dropout": same})
    told = Page(page_of(view_of(parts))).words
    assert "dropout: 2 of 3 runs diverged" in told
    assert told.count("none is at chance: no better than always naming the largest class.") == 1
    assert "The treatment is inert" in told and "nothing is learnt" not in told
    both = {name: replace(one, at_chance=True) for name, one in changed.items()}
    parts.results = replace(parts.results, variants=both, comparisons={"dropout": replace(same, at_chance=True)})
    told = Page(page_of(view_of(parts))).words
    assert "dropout is at chance: no better than always naming the largest class; nor is the control" in told


def test_marks_are_explained_below_their_table_and_beside_their_verdict(small: Make) -> None:
    plain = Page(page_of(view_of(small()))).words
    words = Page(page_of(view_of(small(), marks={"dropout": "selected on test images, at chance"}))).words
    for meaning in ("Selected on test images: an epoch", "At chance: no better than"):
        assert meaning in words and meaning not in plain
    assert words.count("Selected on test images: an epoch") == 3  # verdicts, variants, other metrics
    assert "Diverged:" not in words


def test_ranks_are_drawn_of_three_variants_and_not_of_two(small: Make, make_parts: Make) -> None:
    captions = [
        picture.caption
        for parts in (small(), make_parts())
        for section in view_of(parts).sections
        if section.anchor == "differences"
        for picture in section.content
    ]
    assert len([one for one in captions if one.startswith("Critical-difference diagram.")]) == 1
    assert "not over data sets" in captions[-1] and "verdicts come from the paired tests" in captions[-1]


def test_a_variant_with_other_classes_has_a_confusion_and_no_difference_of_it(make_parts: Make) -> None:
    parts = make_parts(treatments=("dropout", "four"), repeats=3, classes=3, epochs=2)
    four = replace(parts.results.variants["four"], confusion=[[5.0, 1.0], [0.0, 6.0]])
    parts.results = replace(parts.results, variants={**parts.results.variants, "four": four})
    (section,) = [one for one in view_of(parts).sections if one.anchor == "confusion"]
    confusion, changes = (re.sub(r"<[^>]+>", " ", picture.svg) for picture in section.content)
    assert "four" in confusion and "dropout" in changes and "four" not in changes


def test_a_study_answers_its_question_in_a_line(make_parts: Make, small: Make) -> None:
    many = view_of(make_parts())
    assert many.answer is not None and re.fullmatch(
        r"“dropout” beats “none” by [\d.]+ points in test accuracy, and so does 1 more; 1 is worse; 1 makes no "
        r"difference that matters; 1 is undecided\.",
        many.answer,
    )
    assert view_of(small(treatments=())).answer is None
    assert many.answer in Page(page_of(many)).words and many.answer in Page(index_of(many)).words


def test_overview_groups_every_study_s_treatments_by_verdict(small: Make, make_parts: Make) -> None:
    views = [view_of(small(name="first_study")), view_of(make_parts(name="second_study"))]
    page = Page(index_of(*views))
    overview = page.words[: page.words.index("What the verdicts mean")]
    for view in views:
        assert view.results.question in overview
        assert view.file in page.values("href")
    assert "▲ better dropout" in overview
    assert "▲ better and it matters dropout" in overview
    assert "2 studies, 6 comparisons" in overview


def test_verdicts_are_told_in_words_and_symbols_not_by_colour_alone(view: StudyView, page: Page) -> None:
    for verdict, treatments in view.tally.items():
        assert page.words.count(f"{COMPARISON_STYLES[verdict].symbol} {verdict}") >= len(treatments)
        assert f"{COMPARISON_STYLES[verdict].symbol} {verdict} {'; '.join(treatments)}" in Page(index_of(view)).words


@pytest.mark.parametrize("stand_in", [True, False])
def test_banner_stands_on_every_page_if_and_only_if_data_are_stand_ins(small: Make, stand_in: bool) -> None:
    profile = "quick" if stand_in else "full"
    pages = render([view_of(small(stand_in=stand_in))])
    assert len(pages) == 2
    for page in pages.values():
        assert (BANNER in page) is stand_in
        assert re.search(rf"[Pp]rofile {profile}", Page(page).words) or f"profile{profile}" in Page(page).text


def test_one_study_on_stand_ins_is_enough_for_the_banner_and_only_it_is_tagged(small: Make) -> None:
    real, other = view_of(small(name="real", stand_in=False)), view_of(small(name="other"))
    page = index_of(real, other)
    assert BANNER in page
    pages = render([real, other])
    assert (BANNER in pages["real.html"], BANNER in pages["other.html"]) == (False, True)
    assert not re.search(r">real</a> *<span class=\"tag\">", page)
    assert re.search(r">other</a> *<span class=\"tag\">", page)


def test_a_caveat_about_the_data_stands_on_the_studys_page_and_beside_it_on_the_overview(small: Make) -> None:
    plain, marked = small(name="plain", stand_in=False), small(name="marked", stand_in=False)
    data = {"mnist": marked.results.data["mnist"].model_copy(update={"caveat": "JPEG <pixels>"})}
    marked.results = replace(marked.results, data=data)
    pages = render([view_of(plain), view_of(marked)])
    said = '<span class="tag">keras: JPEG &lt;pixels&gt;</span>'
    assert {file: text.count(said) for file, text in pages.items()} == {
        **{"index.html": 1, "plain.html": 0, "marked.html": 1}
    }


def test_pages_ask_no_network_for_anything(small: Make) -> None:
    pages = render([view_of(small(name=name)) for name in ("one", "two")])
    for text in pages.values():
        targets = Page(text).values("href", "src", "xlink:href", "srcset", "action", "data")
        local = {*pages, "claims.html", "claims.html#study=", "../timings/index.html"}
        assert targets
        assert all(target.startswith(("#", "data:")) or target in local for target in targets)
        assert "@import" not in text
        assert [one.strip() for one in SCRIPT.findall(text)] == [OWN]
        assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", text))


def test_pages_are_well_formed_and_their_links_lead_somewhere(small: Make) -> None:
    pages = render([view_of(small(name=name)) for name in ("one", "two")])
    assert set(pages) == {"index.html", "one.html", "two.html"}
    for name, text in pages.items():
        page = Page(text)
        ids = page.values("id")
        assert page.open == []
        assert len(ids) == len(set(ids))
        inner = {target[1:] for target in page.values("href", "xlink:href") if target.startswith("#")}
        assert inner <= set(ids)
        assert set(page.values("href")) >= set(pages) - {"index.html"}
        assert name == "index.html" or "index.html" in page.values("href")


def test_no_study_s_page_takes_another_page_s_place() -> None:
    """What may be a study's name, `params.read` decides: none of these."""
    assert study_page("mnist_cnn2") == "mnist_cnn2.html"
    assert {"index", "claims", "exercises"} <= set(RESERVED)
    assert re.fullmatch(r"[a-z0-9_-]+\.html", study_page("../<b>"))


def test_tables_have_captions_and_scopes_and_pictures_have_labels(page: Page, view: StudyView) -> None:
    text = page_of(view)
    assert text.count("<table") == text.count("<caption>") >= 2
    assert len(re.findall(r"<th(?: |>)", text)) == len(re.findall(r'<th scope="(?:col|row)"', text))
    labels = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(labels) == text.count("<svg") >= 4
    assert all(labels)


def test_same_inputs_give_the_same_bytes(small: Make) -> None:
    pages = [render([view_of(small())]) for _ in range(2)]
    assert pages[0] == pages[1]


def test_hostile_names_stay_text(small: Make) -> None:
    hostile = '<script>alert("1")</script>'
    parts = small(name=hostile, question=f'"><img src=x onerror=alert(1)>{hostile}', treatments=(hostile,))
    view = view_of(parts, classes={hostile: [hostile] * 2}, marks={hostile: hostile})
    for text in render([view]).values():
        assert [one.strip() for one in SCRIPT.findall(text)] == [OWN]
        assert "<img" not in text
        assert hostile in Page(text).text
        assert not [name for _, name, _ in Page(text).attributes if name.startswith("on")]


def test_anchors_are_fragments() -> None:
    assert anchor_of("mnist_regularizers") == "mnist-regularizers"
    assert re.fullmatch(r"[a-z0-9-]+", anchor_of('<a href="x">'))
    assert anchor_of("???") == "study"


def test_variants_table_says_mean_sd_interval_and_n(make_parts: Make, page: Page) -> None:
    parts = make_parts()
    for name, variant in parts.results.variants.items():
        accuracy = variant.metrics["test_accuracy"]
        said = " ".join(
            (
                numbers.format_percent(accuracy.mean),
                f"sd {numbers.format_size(accuracy.sd, 'test_accuracy')}",
                numbers.format_value_interval(accuracy.low, accuracy.high, "test_accuracy"),
            )
        ).replace(" ", "")
        kind = "thecontrol" if name == "none" else "aswritten"
        assert f"{name}{kind}10{said}" in page.words.replace(" ", "")
    assert "93,322in every repeat" in page.words
    assert words("stopped_epoch") not in page.words  # missing in every variant


@pytest.mark.parametrize(("repeats", "told"), [(5, True), (8, False)])
def test_too_few_repeats_are_told(small: Make, repeats: int, told: bool) -> None:
    """With five comparisons Holm's exact test needs 8 repeats: ceil(1 + log2(5 / 0.05))."""
    page = Page(page_of(view_of(small(repeats=repeats, treatments=tuple("abcde")))))
    assert ("Too few repeats to decide" in page.words) is told
    assert not told or "cannot go below p = 0.31" in page.words


def test_one_repeat_and_no_treatment_still_make_a_page(small: Make) -> None:
    parts = small(repeats=1, epochs=1)
    parts.summaries.clear()  # a model summary may say None
    single = Page(page_of(view_of(parts))).words
    assert "–" in single
    assert not re.search(r"\b(None|nan|null)\b", single)
    alone = view_of(small(treatments=()))
    assert "there is nothing to compare" in Page(page_of(alone)).words
    assert "no comparisons" in Page(index_of(alone)).words


@pytest.mark.parametrize("treatment", [[0.9, 0.95, 0.97], [0.9, np.nan, 0.97]])
@pytest.mark.parametrize("margin", [0.02, None])
def test_what_the_analysis_writes_can_be_shown(small: Make, treatment: list[float], margin: float | None) -> None:
    """Also after a diverged run, when no mean exists, and where no margin was declared."""
    parts, rng = small(), np.random.default_rng(0)
    declared = Declaration(metric="test_accuracy", margin=margin)
    values = {"none": [0.8, 0.9, 0.85], "dropout": treatment}
    (real,) = compare_family(values, "none", declared, rng=rng).values()
    parts.results = replace(parts.results, comparisons={"dropout": real})
    parts.runs.loc[parts.runs["variant"] == "dropout", "test_accuracy"] = treatment
    parts.summaries.clear()
    told = Page(page_of(view_of(parts))).words
    assert read_headline(format_headline(real)) in told
    assert ("diverged 0 : 1" in told) is bool(np.isnan(treatment).any())
    assert ("± 2.00 pp" in told) is (margin is not None)
    assert not re.search(r"\b(None|nan|null)\b", told)


def test_every_verdict_of_the_analysis_has_a_look() -> None:
    assert set(COMPARISON_STYLES) == set(VERDICTS)


def test_runs_of_different_length_or_none_make_a_page(small: Make) -> None:
    parts = small(treatments=("dropout", "early_stopping"), epochs=6)
    assert len({len(history) for history in parts.histories["early_stopping"]}) > 1
    assert "early_stopping, n = 3" in Page(page_of(view_of(parts))).words
    parts.histories["dropout"] = []  # a variant that is only evaluated
    assert "dropout, n = 3" in Page(page_of(view_of(parts))).words  # in the repeat strip
    parts.histories.clear()
    assert "Learning curves" not in Page(page_of(view_of(parts))).words


def test_an_interval_that_no_look_can_break_is_unbounded_with_few_repeats(small: Make) -> None:
    parts = small()
    assert "unbounded" not in re.sub(r"What the figures mean.*", "", Page(page_of(view_of(parts))).words)
    unbounded = replace(parts.results.comparisons["dropout"], peek_proof_low=None, peek_proof_high=None)
    parts.results = replace(parts.results, comparisons={"dropout": unbounded})
    told = Page(page_of(view_of(parts))).words
    assert "at any lookunbounded" in told
    assert told.count("What the figures mean") == 1


def test_with_looks_the_page_says_which_and_at_which_level(make_parts: Make) -> None:
    """Four looks at 0.0125 each: one comparison needs 2 / 2**n <= 0.0125, so 8 repeats and not 7."""
    for n, too_few in ((7, True), (8, False)):
        parts = make_parts(treatments=("dropout",), repeats=n, classes=2, epochs=2)
        assert "at the look that decided" not in Page(page_of(view_of(parts))).words
        parts.results = replace(parts.results, looks=[8, 12, 16, 20])
        told = Page(page_of(view_of(parts))).words
        assert "Looked at after 8, 12, 16, 20 repeats, each at 0.0125, an equal share of 0.05" in told
        assert "simultaneous 98.8 %" in told
        assert ("Too few repeats to decide" in told) is too_few


def test_the_scope_of_intervals_is_stated(page: Page) -> None:
    assert "other seeds on these same test images, but for those on new images" in page.words


def test_lower_is_better_says_which_way_differences_go(small: Make) -> None:
    parts = small()
    parts.results = replace(parts.results, higher_is_better=False)
    assert "lower is better" in Page(page_of(view_of(parts))).words
    assert "lower is better" not in Page(page_of(view_of(small()))).words


def test_equal_model_summaries_are_shown_once(small: Make) -> None:
    parts = small()
    parts.summaries.update(dict.fromkeys(parts.summaries, "conv1 320"))
    page = Page(page_of(view_of(parts)))
    assert page.words.count("conv1 320") == 1
    assert ", ".join(parts.summaries) in page.words


def test_sections_can_be_added_to_a_study_and_to_the_page(small: Make) -> None:
    table = Table("Claims & verdicts", ("claim", "says"), ((Cell("C000-07"), Cell("L1 is best", ("<refuted>",))),))
    section = Section("ledger", "Ledger", "table.html", table)
    view = view_of(small(), sections=[section])
    page, index = Page(page_of(view)), Page(index_of(view, sections=[section]))
    assert "mnist-regularizers-ledger" in page.values("id")
    assert "ledger" in index.values("id")
    assert page.words.count("L1 is best<refuted>") == index.words.count("L1 is best<refuted>") == 1


def test_marks_stand_wherever_the_variant_is_named_and_nowhere_else(small: Make) -> None:
    plain, mark = view_of(small()), "selected on test images"
    marked = view_of(small(), marks={"dropout": mark})
    for text in render([plain]).values():
        assert mark not in text
    assert f"dropout {mark}" in Page(index_of(marked)).words
    page = Page(page_of(marked)).words
    assert page.count(f"dropout {mark}") == page.count(mark) == 3  # verdicts, variants, other metrics
    assert f"none {mark}" not in page


def test_a_usual_study_stays_below_two_hundred_kilobytes(view: StudyView) -> None:
    drawn = sum(len(p.svg) for s in view.sections if s.template == "pictures.html" for p in s.content)
    assert 0 < drawn < 200_000
    assert len(page_of(view)) - len(index_of()) < 230_000


ARMS: dict[str, list[str] | None] = {"none": None, "order": ["order"], "split": ["split"], "same": []}


def variance_parts(make_parts: Make, **of_same: float) -> Any:
    """A study that compares nothing; `none` is its control, in which every stream varies."""
    parts = make_parts(treatments=("order", "split", "same"), repeats=10)
    parts.results = replace(parts.results, comparisons={})
    for name, vary in ARMS.items():
        held_out = 0.2 if name in ("none", "split") else None
        change_arm(parts, name, vary=vary, held_out_anew=held_out)
    for metric in parts.results.variants["same"].metrics:
        sd = of_same.get(metric, 0.0)
        change_estimate(parts, "same", metric, sd=sd, sd_low=0.7 * sd, sd_high=1.8 * sd)
    return parts


def change_arm(parts: Any, name: str, **changes: Any) -> None:
    arms = parts.results.variants
    parts.results = replace(parts.results, variants={**arms, name: replace(arms[name], **changes)})


def change_estimate(parts: Any, name: str, metric: str, **changes: Any) -> None:
    metrics = parts.results.variants[name].metrics
    change_arm(parts, name, metrics={**metrics, metric: replace(metrics[metric], **changes)})


def test_a_variance_study_shows_each_arms_spread_in_table_picture_and_words(make_parts: Make) -> None:
    parts = variance_parts(make_parts)
    spread = {"sd": 0.004, "sd_low": 0.0025, "sd_high": 0.0075}
    change_estimate(parts, "none", "test_accuracy", sd=0.008)
    change_estimate(parts, "order", "test_accuracy", **spread)
    view = view_of(parts)
    assert [section.anchor for section in view.sections][:2] == ["variance", "spread"]
    told = Page(page_of(view)).words
    assert (
        "order: with only order varying, test accuracy has a standard deviation of 0.40 pp "
        "(95 % interval 0.25 pp to 0.75 pp) over 10 repeats, 0.50 times that of none."
    ) in told
    assert "none: with every stream varying, test accuracy has" in told
    assert "need not sum to the square" in told
    concluded = "“split” has the largest spread in test accuracy, though 1 other intervals reach as far. "
    assert f"{concluded}Standard deviations: order 0.40 pp, split 0.50 pp; together 0.80 pp." in told
    assert "compares no treatment" not in told  # and shows no empty part
    assert "of none, split, which split the images anew in every repeat, Nadeau and Bengio's interval" in told


def test_repeats_of_one_seed_that_agree_are_said_to_be_exactly_0(make_parts: Make) -> None:
    told = Page(page_of(view_of(variance_parts(make_parts)))).words
    assert "same: nothing varies" in told
    assert "exactly 0, as it must be; so is that of every other metric." in told
    assert "NOT REPRODUCIBLE" not in told


@pytest.mark.parametrize("metric", ["test_accuracy", "weight_norm"])
def test_repeats_of_one_seed_that_differ_in_anything_are_an_alarm(make_parts: Make, metric: str) -> None:
    (section, *_) = view_of(variance_parts(make_parts, **{metric: 1e-9})).sections
    (alarm,) = section.content.alarms
    assert alarm.startswith("same: NOT REPRODUCIBLE. 10 repeats of one seed must agree exactly")
    assert f"differ in {words(metric)}." in alarm
    assert not any(sentence.startswith("same") for sentence in section.content.sentences)


def test_a_diverged_repeat_leaves_an_arms_spread_undefined(make_parts: Make) -> None:
    parts = variance_parts(make_parts)
    for name in ("none", "split"):
        change_estimate(parts, name, "test_accuracy", **asdict(Estimate()))
    told = Page(page_of(view_of(parts))).words
    assert "split: the spread of test accuracy over 10 repeats is undefined" in told
    assert "times that of none" not in told


def test_a_study_in_which_no_variant_says_what_varies_has_no_such_part(small: Make) -> None:
    assert {"variance", "spread"}.isdisjoint(section.anchor for section in view_of(small()).sections)


def test_the_overview_names_the_pages_that_are_there_and_says_a_note_first(view: StudyView) -> None:
    further = {"rows.html": "<title>Rows, Claimcheck report</title>"}
    text = index_of(view, further=further, times=False, note="1 of 2 studies.")
    assert '<a href="rows.html">Rows</a>' in text
    assert "data.html" not in text
    assert "timings" not in text
    assert text.index("1 of 2 studies.") < text.index("The studies")
