"""The page of worked exercises shows what was computed, beside what was printed."""

import re

from pipeline.writeups import solve
from pipeline.writeups.page import exercises_page, shown


def test_every_step_question_and_erratum_is_on_the_page() -> None:
    solved = solve()
    page = exercises_page(solved, stand_in=False)
    topics = ("convolution", "backpropagation", "numpy_network", "parameter_counts")
    steps = sum(len(exercise["steps"]) for topic in topics for exercise in solved[topic])
    rows = len(re.findall(r'<th scope="row">', page))
    assert rows == steps + len(solved["questions"]) + len(solved["errata"])
    assert "−5.75" in page
    assert "0.133247622233" in page


def test_wrong_figures_are_marked_in_words_and_by_a_sign() -> None:
    solved = solve()
    page = exercises_page(solved, stand_in=False)
    topics = ("convolution", "backpropagation", "numpy_network", "parameter_counts")
    wrong = [
        step
        for topic in topics
        for exercise in solved[topic]
        for step in exercise["steps"]
        if step["verdict"] == "wrong"
    ]
    assert page.count('<span class="tag">✗</span>') == len(wrong) > 0


def test_values_are_written_with_twelve_digits_at_the_most() -> None:
    assert shown(-0.0006347113884567) == "−0.000634711388457"
    assert shown([[1.0, -2.5], [3, None]]) == "[[1, −2.5], [3, impossible]]"
    assert shown("as it is") == "as it is"


def test_stand_in_banner_is_there_only_when_the_report_rests_on_stand_ins() -> None:
    solved = solve()
    assert "Stand-in data" in exercises_page(solved, stand_in=True)
    assert "Stand-in data" not in exercises_page(solved, stand_in=False)
