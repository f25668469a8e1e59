"""Results of record: answers come back as they were, processors are not mixed unseen, tables say what was found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.claims.ledger import LedgerRow
from pipeline.commands.readme import read_found
from pipeline.commands.record import MOST_MB
from pipeline.evaluation.table import stack_repeats
from pipeline.files import Arrays
from pipeline.outputs.figures.beside import draw_beside
from pipeline.outputs.figures.canvas import render_svg
from pipeline.outputs.record import tables
from pipeline.outputs.record.answers import pack_answers, unpack_answers
from pipeline.outputs.record.found import NOTHING, Recorded, format_found
from pipeline.outputs.record.overview import build_overview
from pipeline.outputs.record.picture import choose_runs, draw_picture
from pipeline.outputs.record.provenance import (
    UNKNOWN,
    Declared,
    Provenance,
    assign_processors,
    describe_origin,
    trace_study,
)
from pipeline.outputs.record.study import RecordedStudy, list_recorded, read_recorded
from pipeline.statistics.intervals import further_run
from pipeline.writeups.entries import read_printed
from tests.builders import build_identity, build_plan, build_study_run
from tests.documents import ROOT
from tests.recorded import assert_found_again
from tests.unit.outputs.html_page import Page

ROW = LedgerRow(
    id="C1",
    scope="as_written",
    write_up="000",
    study="s",
    says="b above a",
    verdict="undecided",
    n=10,
    unit="share",
    estimate=0.001,
    low=-0.002,
    high=0.004,
    repeats_needed=40,
    printed={"b": 0.99, "a": 0.98},
    ours={"b": 0.985, "a": 0.984},
    sentence="",
)
PRINTED = {"write_up": "000", "row": "r", "study": "s", "variant": "b", "figure": "test_accuracy", "printed": "0.99"}
PRINTED |= {"mean": "0.985", "n": "10", "low": "0.98", "high": "0.99", "z": "-2.5", "figures": "1", "of_all": ""}


def test_answers_come_back_as_they_were() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, 300).astype(np.uint8)
    arrays: dict[str, Arrays] = {}
    for name, wrong in (("some", 0.2), ("none", 0.0), ("all", 1.0)):
        answers = [np.where(generator.random(300) < wrong, (labels + 1) % 4, labels).astype(np.uint8) for _ in "012"]
        tests: list[Arrays] = [{"predicted": one, "nll": np.zeros(300, np.float32)} for one in answers]
        arrays[name] = stack_repeats(tests, labels, 5, None)
    packed = pack_answers(arrays)
    found = unpack_answers(packed)
    assert found.keys() == arrays.keys()
    for name, one in found.items():
        for part, array in one.items():
            np.testing.assert_array_equal(array, arrays[name][part])
            assert array.dtype == arrays[name][part].dtype
    assert packed["none.answer"].size == 0
    assert sum(array.nbytes for name, array in packed.items() if name.startswith("some")) < 1_000


def test_each_run_names_the_processor_that_trained_it_as_it_says_or_as_was_recorded() -> None:
    runs = [build_study_run(fingerprint=name) for name in ("c", "a", "b", "a")]
    said = {"a": "old", "b": "new", "c": "old"}
    first = assign_processors(runs, said, {})
    assert first == {"new": ["b"], "old": ["a", "c"]}
    assert assign_processors(runs, {}, first) == first
    assert assign_processors(runs, {"b": "new"}, {}) == {"new": ["b"], UNKNOWN: ["a", "c"]}


def trace(said: dict[str, str], precedes: bool | None, before: Provenance | None = None, by: str = "d") -> Provenance:
    runs = [build_study_run(fingerprint=name) for name in "abc"]
    return trace_study("s", Declared(by, precedes), runs, {}, {}, said, before)


def test_two_kinds_of_processor_are_told_and_so_is_a_declaration_that_came_late() -> None:
    one, two = trace(dict.fromkeys("abc", "avx2"), True), trace({"a": "avx2", "b": "avx512f", "c": "avx2"}, False)
    assert dict(describe_origin(one)) == {
        "declared": "by commit d, before the first run",
        "trained by": "avx2 (3 runs)",
    }
    told = dict(describe_origin(two))
    assert told["declared"] == "by commit d, after the first run"
    assert told["trained by 2 kinds of processor"] == "avx2 (2 runs); avx512f (1 runs)"


def test_what_was_recorded_of_an_origin_stays_where_no_run_says_it_any_more() -> None:
    first = trace(dict.fromkeys("abc", "avx2"), False)
    assert trace({}, None, first) == first
    assert trace(dict.fromkeys("abc", "avx2"), True, first) == first  # files that were copied are younger
    assert trace({}, None, first, by="another").precedes is None


def test_an_undecided_claim_says_how_many_repeats_would_decide_it_or_that_none_will() -> None:
    text = tables.format_undecided([ROW, replace(ROW, id="C2", repeats_needed=None), replace(ROW, verdict="refuted")])
    assert text.splitlines()[2:] == [
        "| C1 | as written | s | 10 | +0.10 pp | [−0.20, +0.40] pp | 40 |",
        "| C2 | as written | s | 10 | +0.10 pp | [−0.20, +0.40] pp | out of reach |",
    ]
    assert tables.format_undecided([]) == "None.\n"


def test_seeds_alone_are_named_where_a_printed_difference_is_not_shown() -> None:
    others = [replace(ROW, verdict="supported"), replace(ROW, printed={"b": 0.99}), replace(ROW, scope="controlled")]
    assert tables.format_seeds([ROW, *others]).splitlines()[2:] == [
        "| C1 | b above a | b 0.99; a 0.98 | b 0.985; a 0.984 | +0.10 pp | [−0.20, +0.40] pp | undecided |"
    ]


def test_testable_conclusions_are_counted_by_verdict() -> None:
    rows = [ROW, replace(ROW, id="C2", verdict="supported"), replace(ROW, id="C3", verdict="not testable")]
    head, _, row = tables.format_answers(rows).splitlines()
    found = dict(zip(head.strip("| ").split(" | "), row.strip("| ").split(" | "), strict=True))
    assert found.pop("conclusions") == "as written"
    assert {name: n for name, n in found.items() if n != "0"} == {"testable": "2", "undecided": "1", "supported": "1"}


def test_printed_figures_stand_once_each_and_those_far_away_apart() -> None:
    far = {**PRINTED, "row": "far", "z": "3.2"}
    again = {**PRINTED, "study": "t"}
    unknown = {**PRINTED, "row": "one", "n": "1", "low": "", "high": "", "z": ""}
    rows = tables.format_printed([PRINTED, far, again, unknown]).splitlines()[2:]
    assert sorted(rows) == sorted(
        [
            "| `r` | s / b | test_accuracy | 0.99 | 0.985 | 10 | 0.98 to 0.99 | -2.5 |",
            "| `far` | s / b | test_accuracy | 0.99 | 0.985 | 10 | 0.98 to 0.99 | +3.2 |",
            "| `one` | s / b | test_accuracy | 0.99 | 0.985 | 1 | – | – |",
        ]
    )
    told = tables.format_printed([PRINTED, far, {**far, "row": "odd"}], causes={"far": "luck"}).splitlines()[2:]
    assert [(row.split("`")[1], row.split(" | ")[-1]) for row in told] == [
        ("far", "luck |"),
        ("odd", "not yet known |"),
    ]
    assert tables.format_printed([PRINTED], causes={}) == tables.EMPTY


def test_the_picture_has_every_repeat_and_the_printed_figure_at_its_place() -> None:
    axes = draw_beside({"b": (0.99, [0.98, 0.984]), "a": (0.98, [0.97])}, "test_accuracy").axes[0]
    drawn = [np.asarray(line.get_xdata(), float).tolist() for line in axes.get_lines()]
    assert [98.0, 98.4] in [[round(x, 6) for x in one] for one in drawn]
    assert [[round(x, 6) for x in one] for one in drawn if len(one) == 1] == [[99.0], [97.0], [98.0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b, n = 2", "a, n = 1"]
    assert "NaN" not in render_svg(draw_beside({"b": (0.99, [0.98, float("nan")])}, "test_accuracy"))


def test_one_more_run_lies_in_its_interval_as_often_as_it_says() -> None:
    generator, level = np.random.default_rng(0), 0.9
    inside = 0
    for _ in range(2_000):
        *values, further = generator.normal(3, 2, 6)
        low, high, _ = further_run(values, level) or (0, 0, 0)
        inside += low <= further <= high
    assert inside / 2_000 == pytest.approx(level, abs=4 * (0.9 * 0.1 / 2_000) ** 0.5)
    assert further_run([1.0]) is None
    assert further_run([1.0, 1.0]) == (1, 1, 0)


def test_the_page_for_people_says_how_to_begin_where_nothing_is_recorded() -> None:
    assert format_found(Recorded({}, {"s": "A study"}, (), {}, {})) == NOTHING


@pytest.fixture
def studies(make_parts: Callable[..., Any]) -> dict[str, RecordedStudy]:
    """One recorded study of two that are declared, which the text of row `r` printed a figure of."""
    parts = make_parts(treatments=("b",), repeats=3, classes=2, epochs=2, name="s")
    results = replace(parts.results, data={}, title="The first")
    names = {name: {"row": "r"} if name == "b" else {} for name in results.variants}
    origin = trace({"a": "avx2", "b": "avx512f", "c": "avx2"}, False)
    origin = origin.model_copy(update={"tasks": {"mnist": build_identity()}})
    plan: Any = None  # which no page of what was found reads
    claim = replace(ROW, verdict="supported", p_adjusted=0.01, sentence="Supported: B is above.")
    return {"s": RecordedStudy(plan, build_plan(names), parts.runs, {}, results, [claim], origin)}


DECLARED = {"s": "The first", "t": "The second"}


def test_the_page_for_people_says_what_is_done_what_is_missing_and_what_asks_for_care(
    studies: dict[str, RecordedStudy],
) -> None:
    text = format_found(Recorded(studies, DECLARED, [{**PRINTED, "z": "4"}], {"s": "full/s/a.svg"}, {"r": "luck"}))
    assert text.startswith(
        "1 of 2 studies has been run on real data so far. Declared after the first run: The first. Trained by several "
        "kinds of processor: The first.\n\n**Of 1 testable conclusions, 1 survive.**"
    )
    assert "- “b above a” **supported**. B is above. ([C1](full/s.html))\n\n  ![s](full/s/a.svg)" in text
    assert "| +4.0 | luck |" in text
    assert "- The second: `t`" in text.partition("## Not yet run on real data")[2]
    assert tables.EMPTY.strip() not in text.splitlines()


def test_the_overview_says_which_studies_are_done_and_links_no_page_that_is_not_there(
    studies: dict[str, RecordedStudy],
) -> None:
    pages = build_overview(studies, DECLARED, {}, {"more.html": "<title>More, Claimcheck report</title>"})
    page = Page(pages["index.html"])
    assert "1 of 2 studies has been run on real data so far. The others are named below." in page.text
    assert "The second" in page.text
    assert "after the first run" in page.text
    targets = {one.partition("#")[0] for one in page.values("href") if not one.startswith(("#", "data:"))}
    assert targets <= {*pages, "s.html"}
    assert {"claims.html", "rows.html", "more.html"} <= targets


def test_the_picture_has_printed_accuracies_that_share_an_axis_each_once(studies: dict[str, RecordedStudy]) -> None:
    low, again = {**PRINTED, "row": "low", "printed": "0.72"}, {**PRINTED, "study": "t"}
    found = choose_runs(studies, [PRINTED, {**PRINTED, "figure": "test_loss"}, low, again])
    assert found == {"The first: b": (0.99, studies["s"].runs.query("variant == 'b'")["test_accuracy"].tolist())}


def test_what_is_committed_is_small() -> None:
    size = sum(file.stat().st_size for file in (ROOT / layout.RECORD).rglob("*") if file.is_file())
    assert size <= MOST_MB * 1e6


@pytest.mark.parametrize("study", list_recorded(ROOT))
def test_committed_tables_and_verdicts_follow_from_the_committed_runs(study: str) -> None:
    assert_found_again(read_recorded(study, ROOT))


def test_every_printed_figure_that_is_far_from_ours_has_a_cause_and_every_cause_a_row() -> None:
    found = read_found(ROOT)
    assert found.causes.keys() <= read_printed().keys()
    assert {row["row"] for row in tables.choose_first(found.printed) if tables.is_far(row)} <= found.causes.keys()


def test_the_committed_picture_is_of_what_is_recorded() -> None:
    found, picture = read_found(ROOT), ROOT / layout.PICTURE_OF_RECORD
    runs = choose_runs(found.studies, found.printed)
    assert (picture.read_text("utf-8") if picture.exists() else "") == (draw_picture(runs) if runs else "")
