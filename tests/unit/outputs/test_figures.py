"""Figures: what is drawn is what was given, the layout holds from 1 to 25 variants, bytes repeat."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from pipeline.outputs.figures.bars import draw_bars
from pipeline.outputs.figures.canvas import fit_grid, render_svg
from pipeline.outputs.figures.confusion import draw_changes, draw_confusions
from pipeline.outputs.figures.curves import draw_curves, summarize_repeats
from pipeline.outputs.figures.forest import draw_forest
from pipeline.outputs.figures.ranks import ALIKE, draw_ranks
from pipeline.outputs.figures.repeats import draw_repeats
from pipeline.outputs.figures.shifts import draw_shifts, list_shifted_accuracies
from pipeline.outputs.figures.theme import COMPARISON_STYLES
from pipeline.outputs.figures.times import draw_times
from pipeline.outputs.report.images import encode_png, make_contact_sheet
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.estimates import Estimate

Make = Callable[..., Any]


def lines_with(axes: Axes, ends: list[float]) -> list[Line2D]:
    return [line for line in axes.lines if np.array_equal(np.asarray(line.get_xdata()), ends)]


def texts(figure: Figure) -> str:
    return re.sub(r"<[^>]+>", " ", render_svg(figure))


@pytest.fixture
def comparisons(make_parts: Make) -> dict[str, Comparison]:
    found: dict[str, Comparison] = make_parts().results.comparisons
    return found


def points(fraction: float | None) -> float:
    assert fraction is not None
    return 100 * fraction


def test_forest_draws_each_estimate_and_both_intervals_in_percentage_points(
    comparisons: dict[str, Comparison],
) -> None:
    axes = draw_forest(comparisons).axes[0]
    for row, c in enumerate(comparisons.values()):
        (marker,) = lines_with(axes, [points(c.estimate)])
        (student,) = lines_with(axes, [points(c.low), points(c.high)])
        (simultaneous,) = lines_with(axes, [points(c.simultaneous_low), points(c.simultaneous_high)])
        assert all(set(np.asarray(line.get_ydata())) == {row} for line in (marker, student, simultaneous))
        assert student.get_linewidth() < simultaneous.get_linewidth()
        assert to_hex(marker.get_color()) == COMPARISON_STYLES[c.verdict].colour
    assert [label.get_text() for label in axes.get_yticklabels()] == list(comparisons)


def test_forest_draws_the_interval_on_new_images_thinner_and_says_so(
    comparisons: dict[str, Comparison],
) -> None:
    figure = draw_forest(comparisons)
    for row, c in enumerate(comparisons.values()):
        (whisker,) = lines_with(figure.axes[0], [points(c.new_images_low), points(c.new_images_high)])
        (student,) = lines_with(figure.axes[0], [points(c.low), points(c.high)])
        assert whisker.get_linewidth() < student.get_linewidth()
        assert {round(float(y)) for y in np.asarray(whisker.get_ydata())} == {row}
    assert "interval on new images" in texts(figure)
    without = replace(comparisons["dropout"], new_images_low=None, new_images_high=None)
    assert "new images" not in texts(draw_forest({"dropout": without}))


@pytest.mark.parametrize(("estimate", "margin"), [(0.3, 0.002), (0.0001, 0.1), (-0.2, 0.01)])
def test_forest_always_shows_zero_and_the_whole_margin(
    comparisons: dict[str, Comparison], estimate: float, margin: float
) -> None:
    far = replace(
        comparisons["dropout"],
        estimate=estimate,
        margin=margin,
        low=estimate - 0.001,
        high=estimate + 0.001,
        simultaneous_low=estimate - 0.002,
        simultaneous_high=estimate + 0.002,
    )
    low, high = draw_forest({"dropout": far}).axes[0].get_xlim()
    assert low <= -100 * margin < 0 < 100 * margin <= high
    assert low <= 100 * estimate <= high


def test_forest_says_verdict_n_unit_and_direction(comparisons: dict[str, Comparison]) -> None:
    said = texts(draw_forest(comparisons))
    assert "percentage points), n = 10 paired repeats" in said
    assert "better than none →" in said
    assert "± 2 percentage points" in said
    for c in comparisons.values():
        assert c.verdict in said


def test_forest_without_intervals_draws_the_estimate_alone(make_parts: Make) -> None:
    comparisons = make_parts(repeats=1).results.comparisons
    axes = draw_forest(comparisons).axes[0]
    assert len(axes.lines) == 3 + len(comparisons)  # zero, both ends of the margin, and one marker each


def test_forest_tells_a_comparison_without_a_mean_or_a_margin(comparisons: dict[str, Comparison]) -> None:
    ends = [f"{name}{end}" for name in ("", "simultaneous_", "new_images_") for end in ("low", "high")]
    nothing: dict[str, Any] = dict.fromkeys(("estimate", *ends, "margin"))
    said = texts(draw_forest({"dropout": replace(comparisons["dropout"], **nothing)}))
    assert "no mean · better" in said
    assert "margin" not in said


def test_forest_ends_where_no_difference_is_possible_and_says_how_far_an_interval_goes(
    comparisons: dict[str, Comparison],
) -> None:
    c = comparisons["dropout"]
    far = replace(c, control_mean=0.95, simultaneous_high=c.estimate + 0.5, new_images_high=None)  # type: ignore[operator]
    axes = draw_forest({"dropout": far}).axes[0]
    assert axes.get_xlim()[1] < 10  # 5 points are left to 100 %
    (arrow,) = [text.get_text() for text in axes.texts]
    assert arrow == f"+{points(far.simultaneous_high):.2f} ▸"


def test_printed_curves_are_hollow_dots_of_their_own_variant() -> None:
    printed = {"a": {"loss": {1: 0.9, 3: 0.3}}}
    axes = draw_curves({"a": short_histories(), "b": short_histories()}, "loss", printed=printed).axes
    dots = [[line for line in one.lines if line.get_markerfacecolor() == "white"] for one in axes]
    assert [len(found) for found in dots] == [1, 0]
    assert np.asarray(dots[0][0].get_xdata()).tolist() == [1, 3]


def test_changes_of_confusion_are_on_one_scale_around_none() -> None:
    figure = draw_changes({"a": [[-3, 3], [0, 0]], "b": [[0, 0], [1, -1]]}, control="none")
    assert {axes.images[0].get_clim() for axes in figure.axes[:2]} == {(-3.0, 3.0)}
    assert "more or fewer than none" in texts(figure)


def test_no_legend_is_wider_than_its_figure(make_parts: Make) -> None:
    long = "a control with a rather long title indeed"
    histories = {long: short_histories(), "b": short_histories()}
    figure = draw_curves(histories, "loss", long, {"b": {"loss": {1: 0.5}}})
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width


def test_a_themed_figure_takes_its_colours_from_the_page(comparisons: dict[str, Comparison]) -> None:
    svg = render_svg(draw_forest(comparisons), themed=True)
    assert "var(--ink, #1f2430)" in svg and "var(--paper, #ffffff)" in svg
    assert "var(" not in render_svg(draw_forest(comparisons))


def test_a_scale_of_changes_is_labelled_with_numbers_and_real_minus_signs() -> None:
    shown = texts(draw_changes({"a": [[30.0, -30.0], [-2.0, 2.0]]}, None, "none"))
    assert "−10" in shown and "mathdefault" not in shown and not re.search(r"-\d", shown)


RANKS = {"none": 2.5, **{name: 1.0 + i for i, name in enumerate(COMPARISON_STYLES)}}


def test_ranks_join_to_the_control_who_is_not_shown_to_differ_and_nobody_else() -> None:
    """Bars that a test contradicts are the known trap of the diagram: they follow the verdicts, whatever the ranks."""
    axes = draw_ranks(RANKS, {name: name for name in COMPARISON_STYLES}, "none", 10).axes[0]
    rows = {label.get_text().partition(" · ")[0]: row for row, label in enumerate(axes.get_yticklabels())}
    (bars,) = [one for one in axes.collections if one.get_gid() == "alike"]
    drawn = {float(start[1]): sorted((float(start[0]), float(end[0]))) for start, end in bars.get_segments()}  # type: ignore[attr-defined]
    assert drawn == {rows[name]: sorted((2.5, RANKS[name])) for name in ALIKE}


def test_ranks_are_sorted_with_the_best_on_top_and_on_the_right() -> None:
    figure = draw_ranks({"b": 3.0, "none": 2.0, "a": 1.0}, {"a": "better", "b": "worse"}, "none", 7)
    axes = figure.axes[0]
    named = ["a · 1.0 · better", "none · 2.0 · control", "b · 3.0 · worse"]
    assert [label.get_text() for label in axes.get_yticklabels()] == named
    left, right = axes.get_xlim()
    assert left > 3 and right < 1
    (control,) = [line for line in axes.lines if line.get_gid() == "control"]
    assert set(np.asarray(control.get_xdata())) == {2.0}
    assert "n = 7 repeats" in texts(figure) and "not shown to differ from none" in texts(figure)


def test_times_are_points_at_the_means_with_a_name_each() -> None:
    points = {f"v{i}": ([1.0 + i, 3.0 + i], [0.5, 0.7]) for i in range(12)} | {"none": ([8.0], [0.9])}
    figure = draw_times(points, "none")
    axes = figure.axes[0]
    drawn = {
        (float(np.asarray(line.get_xdata())[0]), round(float(np.asarray(line.get_ydata())[0]), 9))
        for line in axes.lines
    }
    assert {(2.0 + i, 60.0) for i in range(12)} | {(8.0, 90.0)} <= drawn
    assert {text.get_text() for text in axes.texts} == {*points, "none (control)"} - {"none"}
    heights = sorted(text.get_position()[1] for text in axes.texts)
    apart = min(np.diff(heights)) * figure.get_figheight()
    assert apart > 9 / 72  # inches: a line of text


def test_every_verdict_differs_without_colour() -> None:
    """Shape and fill tell the directions apart; the words tell the rest."""
    for style in COMPARISON_STYLES.values():
        alike = [v for v in COMPARISON_STYLES.values() if (v.marker, v.filled) == (style.marker, style.filled)]
        assert {v.tone for v in alike} == {style.tone}


def relative_luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], channels))


def test_verdict_colours_can_be_read_on_white() -> None:
    """WCAG 2.1 asks text for a contrast of 4.5 : 1."""
    for style in COMPARISON_STYLES.values():
        assert 1.05 / (relative_luminance(style.colour) + 0.05) >= 4.5


def short_histories() -> list[pd.DataFrame]:
    """Two repeats of three and one of two epochs."""
    rows = ([1.0, 0.5, 0.2], [2.0, 0.7, 0.4], [3.0, 0.9])
    return [pd.DataFrame({"epoch": range(1, len(r) + 1), "loss": r, "val_loss": r}) for r in rows]


def test_spread_is_taken_over_the_repeats_still_training() -> None:
    spread = summarize_repeats(short_histories(), "loss")
    assert spread["count"].tolist() == [3, 3, 2]
    np.testing.assert_allclose(spread["mean"], [2.0, 0.7, 0.3])
    np.testing.assert_allclose(spread["min"], [1.0, 0.5, 0.2])
    np.testing.assert_allclose(spread["max"], [3.0, 0.9, 0.4])


def test_spread_leaves_out_what_is_not_finite() -> None:
    broken = pd.DataFrame({"epoch": [1, 2], "loss": [np.inf, np.nan]})
    spread = summarize_repeats([*short_histories(), broken], "loss")
    assert spread["count"].tolist() == [3, 3, 2]


def test_curves_are_solid_while_all_train_and_dotted_after() -> None:
    axes = draw_curves({"a": short_histories()}, "loss").axes[0]
    styles = {line.get_linestyle(): np.asarray(line.get_xdata()).tolist() for line in axes.lines}
    assert styles == {"-": [1, 2], ":": [2, 3]}


def test_curves_name_variants_and_repeats_and_repeat_the_control(make_parts: Make) -> None:
    histories = make_parts().histories
    figure = draw_curves(histories, "accuracy", "none")
    assert [axes.get_title(loc="left").replace("\N{NO-BREAK SPACE}", " ") for axes in figure.axes] == [
        f"{v}, n = 10" for v in histories
    ]
    reference = 100 * summarize_repeats(histories["none"], "val_accuracy")["mean"]
    for axes in figure.axes[1:]:
        assert any(np.array_equal(np.asarray(line.get_ydata()), reference) for line in axes.lines)
    assert "validation of none" in texts(figure)


def test_curves_without_validation_draw_training_alone() -> None:
    histories = [history.drop(columns="val_loss") for history in short_histories()]
    axes = draw_curves({"a": histories}, "loss", "a").axes[0]
    assert len(axes.lines) == 2  # solid and dotted part of one curve


def test_confusion_cells_are_counts_and_recall_and_colours_are_row_shares() -> None:
    figure = draw_confusions({"a": [[90, 10], [1, 19]]}, {"a": ["three", "seven"]}, repeats=4)
    axes = figure.axes[0]
    assert {t.get_text() for t in axes.texts} == {"90", "10", "1.0", "95"}
    image = axes.images[0].get_array()
    assert isinstance(image, np.ma.MaskedArray)
    assert image.filled(-1).tolist() == [[-1, 10], [5, -1]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["three", "seven"]
    assert axes.get_title(loc="left") == "a\n11.0 errors of 120"
    assert "mean of n = 4 repeats" in texts(figure)


def test_confusion_shares_one_colour_scale_and_allows_other_class_counts() -> None:
    figure = draw_confusions({"a": [[8, 2], [0, 10]], "b": [[5, 3, 2], [0, 9, 1], [0, 0, 0]]})
    for axes in figure.axes[:2]:
        assert axes.images[0].get_clim() == pytest.approx((0, 30))


@pytest.mark.parametrize(("other", "named"), [(["3", "7"], [2, 0]), (["4", "9"], [2, 2])])
def test_confusions_of_the_same_classes_name_them_on_the_outer_edges(other: list[str], named: list[int]) -> None:
    matrix = [[8, 2], [0, 10]]
    figure = draw_confusions({"a": matrix, "b": matrix}, {"a": ["3", "7"], "b": other})
    assert [len(axes.get_yticks()) for axes in figure.axes[:2]] == named
    assert [len(axes.get_xticks()) for axes in figure.axes[:2]] == [2, 2]


def test_confusion_without_any_error_is_drawn() -> None:
    assert "0.0 errors of 20" in texts(draw_confusions({"a": [[10, 0], [0, 10]]}))


def test_strip_draws_every_repeat_the_mean_and_the_pairs() -> None:
    values = {"none": [0.90, 0.92], "dropout": [0.95, 0.91]}
    axes = draw_repeats(values, "none").axes[0]
    for numbers in values.values():
        percents = (100 * np.asarray(numbers)).tolist()
        assert len(lines_with(axes, percents)) == 1
        assert len(lines_with(axes, [np.mean(percents)] * 2)) >= 1
    pairs = axes.collections[0].get_segments()  # type: ignore[attr-defined]
    np.testing.assert_allclose([segment[:, 0] for segment in pairs], [[90, 95], [92, 91]])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["none, n = 2", "dropout, n = 2"]
    assert axes.get_xlabel() == "test accuracy (%)"


@pytest.mark.parametrize("values", [{"none": [0.9], "a": [0.8, 0.7]}, {"none": [0.9, 0.8], "a": []}])
def test_strip_pairs_only_what_has_a_partner(values: dict[str, list[float]]) -> None:
    assert not draw_repeats(values, "none").axes[0].collections


def test_a_diverged_repeat_keeps_its_place_in_the_strip() -> None:
    axes = draw_repeats({"none": [0.9, 0.8, 0.7], "a": [np.nan, 0.6, 0.5]}, "none").axes[0]
    pairs = axes.collections[0].get_segments()  # type: ignore[attr-defined]
    np.testing.assert_allclose([segment[:, 0] for segment in pairs], [[80, 60], [70, 50]])
    assert axes.get_yticklabels()[1].get_text() == "a, n = 2"
    assert len(lines_with(axes, [55, 55])) == 1


def test_bars_start_at_zero() -> None:
    estimates = {"none": Estimate(mean=0.5, low=0.4, high=0.6), "a": Estimate(mean=0.8)}
    bar = draw_bars(estimates, "none", "test_accuracy", 5).axes[0].patches[1]
    assert (bar.get_x(), bar.get_width()) == (pytest.approx(0), pytest.approx(80))  # type: ignore[attr-defined]
    assert "n = 5 repeats" in texts(draw_bars(estimates, "none", "test_accuracy", 5))


@pytest.mark.parametrize("count", range(1, 26))
def test_grid_holds_every_panel_in_a_page_s_width(count: int) -> None:
    places = fit_grid(count)
    assert places.rows * places.columns >= count > (places.rows - 1) * places.columns
    assert places.width <= 10
    assert places.panel_inches >= 2.5


def test_one_and_twenty_five_variants_keep_names_apart(make_parts: Make) -> None:
    """Neighbouring panel titles never overlap, however long the names."""
    for names in (("a",), tuple(f"a_rather_long_variant_name_{i:02d}" for i in range(24))):
        figure = draw_curves(make_parts(treatments=names, repeats=2).histories, "loss", "none")
        figure.draw_without_rendering()
        titles = [axes._left_title.get_window_extent() for axes in figure.axes]  # type: ignore[attr-defined]
        assert len(titles) == len(names) + 1
        assert not any(a.overlaps(b) for i, a in enumerate(titles) for b in titles[i + 1 :])
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in titles)


def test_bytes_repeat_whatever_the_day(comparisons: dict[str, Comparison], monkeypatch: pytest.MonkeyPatch) -> None:
    """Matplotlib takes the time it writes into a file from SOURCE_DATE_EPOCH."""
    found = set()
    for seconds in ("0", "1000000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
        found.add(render_svg(draw_forest(comparisons), "f"))
    assert len(found) == 1


def test_svg_is_one_labelled_element_whose_ids_are_its_own() -> None:
    figure = draw_repeats({"a": [0.9, 0.8]})
    one, other = render_svg(figure, "one", 'says "<this>"'), render_svg(figure, "other")
    assert one.startswith("<svg ") and one.endswith("</svg>")
    assert 'role="img" aria-label="says &quot;&lt;this&gt;&quot;"' in one
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0] and not ids[0] & ids[1]
    assert set(re.findall(r'"#([^"]+)"|url\(#([^)]+)\)', one)) <= {(i, "") for i in ids[0]} | {("", i) for i in ids[0]}


def test_svg_rounding_leaves_text_alone() -> None:
    svg = render_svg(draw_repeats({"variant 0.123456": [0.9, 0.8]}))
    assert "variant 0.123456, n = 2" in svg
    assert not re.search(r'x="\d+\.\d{3,}"', svg)


def test_hostile_names_are_text() -> None:
    svg = render_svg(draw_repeats({"<script>$x^2$&": [0.9, 0.8]}))
    assert "<script" not in svg
    assert "&lt;script&gt;$x^2$&amp;" in svg


def test_drawing_leaves_global_settings_alone(comparisons: dict[str, Comparison]) -> None:
    before = dict(matplotlib.rcParams)
    render_svg(draw_forest(comparisons))
    assert dict(matplotlib.rcParams) == before


def test_contact_sheet_places_every_image_and_leaves_the_rest_white() -> None:
    images = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2, 1)
    sheet = make_contact_sheet(images, columns=2, gap=1, title=3)
    assert sheet.shape == (10, 6, 1)
    for image, (top, left) in zip(images, ((3, 0), (3, 3), (8, 0)), strict=True):
        np.testing.assert_array_equal(sheet[top : top + 2, left : left + 2], image)
    assert (sheet == 255).sum() == sheet.size - images.size


@pytest.mark.parametrize("channels", [1, 3])
def test_png_keeps_small_pictures_exactly_and_big_ones_below_the_limit(channels: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (160, 320, channels), dtype=np.uint8)
    small = noise[:20, :20]
    decoded = np.asarray(Image.open(io.BytesIO(encode_png(small))))
    np.testing.assert_array_equal(decoded.reshape(small.shape), small)
    assert len(encode_png(noise)) <= 40_000 < len(encode_png(noise, most_bytes=10**6))
    assert encode_png(noise) == encode_png(noise.copy())


def shifted_runs() -> pd.DataFrame:
    accuracies = {
        "test_accuracy_shift_0": [0.9, 0.8, 0.7, 0.5],
        "test_accuracy_shift_2": [0.6, 0.2, 0.4, 0.4],
    }
    return pd.DataFrame({"variant": ["a", "a", "b", "b"], **accuracies, "test_accuracy": 0.1})


def test_shift_curves_are_means_with_every_repeat_and_their_spread() -> None:
    figure = draw_shifts(shifted_runs(), ["a", "b"], "a")
    axes = figure.axes[0]
    assert lines_with(axes, [0, 2])
    means = {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines if line.get_linestyle() != "None"}
    assert set(means) == {"a, n = 2", "b, n = 2"}
    np.testing.assert_allclose(means["a, n = 2"], [85, 40])
    np.testing.assert_allclose(means["b, n = 2"], [60, 40])
    dots = [np.sort(np.asarray(line.get_ydata())) for line in axes.lines if line.get_linestyle() == "None"]
    np.testing.assert_allclose(dots, [[20, 60, 80, 90], [40, 40, 50, 70]])
    assert len({line.get_marker() for line in axes.lines}) == 2


def test_no_shift_was_evaluated_where_no_column_says_so() -> None:
    assert list_shifted_accuracies(shifted_runs()[["variant", "test_accuracy"]]).empty
