"""The page of worked exercises shows what was computed, beside what was printed."""

import re

from pipeline.writeups.exercises import solve
from pipeline.writeups.page import exercises_page, show


def test_every_step_question_and_erratum_is_on_the_page() -> None:
    solved = solve()
    page = exercises_page(solved)
    steps = sum(len(exercise.steps) for topic in solved.topics.values() for exercise in topic)
    rows = len(re.findall(r'<th scope="row"', page))
    assert rows == steps + len(solved.questions) + len(solved.errata)
    assert "−5.75" in page
    assert "0.133247622233" in page


def test_wrong_figures_are_marked_in_words_and_by_a_sign() -> None:
    solved = solve()
    page = exercises_page(solved)
    every = (exercise for topic in solved.topics.values() for exercise in topic)
    wrong = [step for exercise in every for step in exercise.steps if step.verdict == "wrong"]
    assert page.count('<span class="tag">✗</span>') == len(wrong) > 0


def test_values_are_written_with_twelve_digits_at_the_most() -> None:
    assert show(-0.0006347113884567) == "−0.000634711388457"
    assert show([[1.0, -2.5], [3, None]]) == "[[1, −2.5], [3, impossible]]"
    assert show("as it is") == "as it is"


def test_nothing_on_the_page_rests_on_images_so_no_banner_speaks_of_stand_ins() -> None:
    assert "Stand-in data" not in exercises_page(solve())


def test_the_place_of_every_answer_and_figure_is_shown() -> None:
    solved = solve()
    page = exercises_page(solved)
    for place in (*(one.place for one in solved.questions), *(one.place for one in solved.errata)):
        assert f"line {place.line} of {place.write_up}" in page
    assert page.count(" of 003") >= 3
    printed = [step for part in solved.topics.values() for one in part for step in one.steps if step.write_up]
    assert all(step.line for step in printed)
    assert len(re.findall(r"\bline \d+\b(?! of)", page)) >= len(printed)
    assert solved.to_dict()["errata"][0]["place"] == {"write_up": "000", "line": 38}
