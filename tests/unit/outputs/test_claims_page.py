"""The ledger of claims: every row is there once with its figures, stands alone, sorts, and escapes what it is told."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import LedgerRow, make_ledger, read_ledger, write_ledger
from pipeline.claims.verdicts import VERDICTS
from pipeline.claims.vocabulary import Claim
from pipeline.outputs.figures.theme import CLAIM_STYLES
from pipeline.outputs.report.claims import make_claims_section, make_study_claims, render_claims
from pipeline.outputs.report.render import TEMPLATES
from pipeline.outputs.report.render import page as rendered
from pipeline.params.plan import ComparedVariant, ComparisonPlan
from tests.unit.outputs.html_page import Page

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
BANNER = "Stand-in data: these numbers say nothing about MNIST or CIFAR-10."
L1 = LedgerRow(
    id="C000-07",
    scope="as_written",
    write_up="000",
    study="regularizers",
    says="L1 is best.",
    verdict="refuted",
    n=10,
    metric="test_accuracy",
    unit="share",
    estimate=-0.0481,
    low=-0.0691,
    high=-0.027,
    new_images_low=-0.0722,
    new_images_high=-0.0239,
    p_adjusted=0.01171875,
    p_smallest=0.001953125,
    family_size=6,
    margin=0.02,
    printed={"l1": 0.9913, "loss of l1": 0.03},
    ours={"l1": 0.87722, "the lowest of l1, l2": 0.5},
    sentence="Refuted: L1 is lower.",
)
UNTESTABLE = LedgerRow(
    id=L1.id,
    scope="controlled",
    write_up=L1.write_up,
    study=L1.study,
    says=L1.says,
    verdict="not testable",
    printed={},
    ours={},
    sentence="Not testable: nobody counted.",
)
LOSS = replace(L1, id="E-1", write_up="own", unit="nats", metric="test_loss", study="other")


def ledger(*found: LedgerRow, report: str = "") -> str:
    """The section alone, in the simplest of pages."""
    section = make_claims_section(found, "here", "Claims", report=report)
    return rendered("timings.html", sections=[section], stand_in=False)


def bodies(text: str) -> dict[str, str]:
    """Markup of every row of the ledger by its address; an address twice is an error."""
    found = re.findall(r'<tbody id="([^"]*)".*?</tbody>', text, re.DOTALL)
    assert len(found) == len(set(found))
    return {m[1]: m[0] for m in re.finditer(r'<tbody id="([^"]*)".*?</tbody>', text, re.DOTALL)}


def test_every_claim_is_there_once_with_both_its_answers() -> None:
    text = ledger(LOSS, UNTESTABLE, L1)
    assert list(bodies(text)) == ["C000-07", "E-1"]
    assert Page(text).open == []


def test_a_row_says_everything_in_percentage_points() -> None:
    words = Page(bodies(ledger(L1))["C000-07"]).words
    assert "L1 is best. C000-07 · regularizers".replace(" ", "") in words.replace(" ", "")
    assert "printed, of one run: l1 99.13 %; loss of l1 0.0300" in words
    for said in (
        "✗ refuted",
        "L1 is lower.",
        "difference−4.81 pp",
        "these images[−6.91, −2.70] pp",
        "new images[−7.22, −2.39] pp",
        "p adjusted0.0117 (smallest attainable 0.0117), Holm over 6",
        "margin± 2.00 pp",
        "repeats10",
        "ours, means: l1 87.72 %; the lowest of l1, l2 50.00 %",
    ):
        assert said in words


def test_variants_go_by_their_titles_and_studies_too() -> None:
    names = {"regularizers": {"l1": "L1 on every layer"}}
    row = replace(L1, inferred="batch_size of l1")
    section = make_claims_section([row], "here", "Claims", titles={"regularizers": "Five regularisers"}, names=names)
    words = Page(rendered("timings.html", sections=[section], stand_in=False)).words
    assert "L1 on every layer 99.13 %; loss of L1 on every layer 0.0300" in words
    assert "chosen by us: batch size of L1 on every layer" in words
    assert "Five regularisers" in words


def test_only_shares_turn_into_percent() -> None:
    words = Page(bodies(ledger(LOSS))["E-1"]).words
    assert "−0.0481 nats" in words and "[−0.0691, −0.0270] nats" in words
    assert "± 0.0200 nats" in words
    assert "l1 0.9913" in words
    assert not re.search(r"%|pp", words)


def test_what_was_not_tested_says_why() -> None:
    words = Page(bodies(ledger(UNTESTABLE))["C000-07"]).words
    assert "– not testable Nobody counted." in words
    assert not re.search(r"None|nan", words)


def test_the_ledger_on_disk_gives_the_same_page(tmp_path: Path) -> None:
    write_ledger(tmp_path / "claims.csv", [L1, UNTESTABLE])
    assert ledger(*read_ledger(tmp_path / "claims.csv")) == ledger(L1, UNTESTABLE)


def test_headings_are_buttons_and_the_order_is_told() -> None:
    text = ledger(L1, UNTESTABLE)
    head = re.findall(r"<th scope=\"col\"([^>]*)><button type=\"button\">([^<]+)</button>", text)
    assert [name for _, name in head] == ["claim", "as written", "controlled", "difference"]
    assert [name for attributes, name in head if 'aria-sort="ascending"' in attributes] == ["claim"]
    assert len(re.findall("<th[^>]*aria-sort", text)) == 1
    for body in bodies(text).values():
        assert len(re.findall(r"<t[hd][ >]", body)) == len(head)


def test_numbers_sort_by_their_value_within_their_unit_and_what_is_missing_has_none() -> None:
    found = bodies(ledger(L1, UNTESTABLE, LOSS))
    keys = {anchor: re.findall(r'data-key="([^"]*)"', body) for anchor, body in found.items()}
    assert keys == {"C000-07": ["C000-07", "1", "6", ""], "E-1": ["E-1", "1", "", "-0.0481"]}
    assert 'data-unit="nats"' in found["E-1"]


def test_rows_can_be_narrowed_by_what_they_are() -> None:
    text = ledger(L1, UNTESTABLE, LOSS)
    assert '<form class="choices" hidden>' in text  # without JavaScript there is nothing to choose
    choices = {"write_up": ["000", "own"], "study": ["other", "regularizers"], "verdict": ["not testable", "refuted"]}
    for name, values in choices.items():
        (options,) = re.findall(rf'<select name="{name}">(.*?)</select>', text)
        assert re.findall(r'value="([^"]+)"', options) == values
        found = {one for body in bodies(text).values() for one in re.findall(f'data-{name}="([^"]+)"', body)}
        assert {word for one in found for word in one.split("|") if word} == set(values)


def test_what_the_text_does_not_say_stands_beside_the_claims_that_rest_on_it() -> None:
    found = bodies(ledger(replace(L1, inferred="loss of a, b"), UNTESTABLE))
    told = [Page(body).words.count("not said in the text, chosen by us: loss of a, b") for body in found.values()]
    assert told == [1]  # both answers stand in one row


def test_counts_are_by_scope_and_verdict() -> None:
    """Of those on identical runs, how many there are stands behind the verdicts."""
    words = Page(ledger(L1, UNTESTABLE, replace(LOSS, identical=True))).words
    assert re.search(r"as written ?0 ?2 ?0 ?0 ?0 ?0 ?0 ?1 controlled ?0 ?0 ?0 ?0 ?0 ?0 ?1 ?0 ", words)


def test_hostile_text_stays_text() -> None:
    texts: dict[str, Any] = dict.fromkeys(("id", "study", "says", "sentence", "write_up", "unit"), HOSTILE)
    row = replace(L1, **texts, printed={HOSTILE: 1.0}, ours={HOSTILE: 2.0})
    own, script = ((TEMPLATES / f"{name}.js").read_text("utf-8").strip() for name in ("page", "claims"))
    for text in (
        ledger(row),
        rendered("timings.html", sections=[make_study_claims([row], HOSTILE)], stand_in=False),
    ):
        assert [one.strip() for one in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)] in (
            [script, own],
            [own],
        )
        page = Page(text)
        assert HOSTILE in page.text
        assert "<img" not in text
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def test_page_asks_no_network_and_its_links_lead_somewhere() -> None:
    text = render_claims([L1, UNTESTABLE, LOSS], stand_in=True)
    page = Page(text)
    local = {"index.html", "regularizers.html", "other.html", "../timings/index.html", "data:,"}
    ids, targets = page.values("id"), set(page.values("href", "src", "action"))
    assert targets == local | {target for target in targets if target.startswith("#")}
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert len(ids) == len(set(ids))
    assert not re.search(r"https?:|@import|fetch\(|import\(", text)


@pytest.mark.parametrize("stand_in", [True, False])
def test_banner_stands_if_and_only_if_data_are_stand_ins(stand_in: bool) -> None:
    assert (BANNER in render_claims([L1], stand_in)) is stand_in


def test_from_another_folder_rows_lead_back_to_the_report() -> None:
    assert "../report/regularizers.html" in Page(ledger(L1, report="../report/")).values("href")


def test_a_study_shows_its_own_claims_with_both_answers_and_where_the_figures_are() -> None:
    section = make_study_claims([LOSS, UNTESTABLE, L1], "regularizers")
    text = rendered("timings.html", sections=[section], stand_in=False)
    words = Page(text).words
    assert "as written: ✗ refuted L1 is lower." in words
    assert "controlled: – not testable Nobody counted." in words
    assert 'href="claims.html#C000-07"' in text
    assert make_study_claims([LOSS], "regularizers") is None


def test_a_scope_that_was_not_asked_is_left_out() -> None:
    section = make_study_claims([UNTESTABLE], "regularizers")
    text = rendered("timings.html", sections=[section], stand_in=False)
    assert "as written: " not in Page(text).words and "controlled: – not testable" in Page(text).words
    assert 'href="claims.html#C000-07"' in text


def test_every_verdict_of_the_analysis_has_a_look() -> None:
    assert tuple(CLAIM_STYLES) == VERDICTS
    assert len({style.symbol for style in CLAIM_STYLES.values()}) == len(VERDICTS)


def answered(caveats: Sequence[str] = (), **claims: Any) -> list[LedgerRow]:
    """Rows of claims about two made-up variants: `b` is 2 to 4 points above `a` in all of 10 repeats."""
    a = 0.9 + np.arange(10) / 1000
    b = a + 0.02 + np.arange(10) % 3 / 100
    found = {"a": a, "b": b}
    runs = pd.DataFrame(
        [
            {"variant": name, "repeat": r, "test_accuracy": x, "test_loss": 1 - x, "parameters": 100}
            for name, values in found.items()
            for r, x in enumerate(values)
        ]
    )
    plan = ComparisonPlan(
        study="s",
        question="",
        profile="quick",
        alpha=0.05,
        looks=None,
        margin=0.001,
        margins={},
        control="a",
        treatments=["b"],
        variants={name: ComparedVariant(kind="control", vary=None, held_out_anew=None) for name in found},
        claims={name: Claim.model_validate(claim) for name, claim in claims.items()},
        repeats=10,
        data={},
    )
    return make_ledger(answer_study(plan, runs, {}), caveats)


def test_what_the_analysis_writes_is_shown_in_its_unit() -> None:
    found = answered(
        accuracy={"says": "b above a", "as_written": {"of": "b", "above": "a"}},
        loss={"says": "b below a", "as_written": {"metric": "test_loss", "of": "b", "below": "a"}},
        rank={
            "says": "b is second, and more accurate",
            "printed": {"a": 0.5},
            "as_written": [
                {"of": {"rank": "b", "among": ["a", "b"]}, "equals": 2},
                {"of": "b", "above": "a"},
            ],
        },
        reason={"says": "unknown", "not_testable": {"as_written": "nobody counted"}},
        parameters={"says": "equal", "as_written": {"metric": "parameters", "of": "a", "equals": "b"}},
    )
    assert {row.id: row.unit for row in found} == {
        **{"accuracy": "share", "loss": "nats", "parameters": "", "rank": "ranks", "reason": ""}
    }
    shown = {anchor: Page(body).words for anchor, body in bodies(ledger(*found)).items()}
    assert "+2.90 pp" in shown["accuracy"] and "ours, means: b 93.35 %; a 90.45 %" in shown["accuracy"]
    assert "+0.0290 nats" in shown["loss"] and "b 0.0665; a 0.0955" in shown["loss"]
    assert "printed, of one run: a 0.5000" in shown["rank"]
    assert "ours, means: the rank of b among a, b 1 " in shown["rank"]  # and no accuracy beside a rank
    assert "a 100; b 100" in shown["parameters"] and " pp" not in shown["parameters"]


def test_what_is_to_be_said_of_the_data_ends_every_sentence() -> None:
    claims: dict[str, Any] = {
        "one": {"says": "b above a", "as_written": {"of": "b", "above": "a"}},
        "two": {"says": "unknown", "not_testable": {"as_written": "nobody counted"}},
    }
    plain, marked = answered(**claims), answered(["copy: JPEG pixels"], **claims)
    assert [row.sentence for row in marked] == [f"{row.sentence} (copy: JPEG pixels)" for row in plain]
