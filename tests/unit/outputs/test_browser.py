"""Every page of a report in a browser: nothing is asked of a network, cut off, or out of reach; the ledger's controls.

It takes Chromium (`apt-get install chromium`) and the extra `browser`. CLAIMCHECK_REPORT names a built report/ to go
through in place of a made-up study's.
"""

import os
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from pipeline import layout
from pipeline.stages.report import report
from tests.unit.outputs.test_stage_report import Make, write_study

WIDTHS, SCHEMES = (1280, 768, 390), ("light", "dark")
OUT_OF_REACH = """() => {
  const seen = (one) => one.checkVisibility();
  const scrolls = (one) => one && (getComputedStyle(one).overflowX === "auto" || scrolls(one.parentElement));
  const wide = [...document.querySelectorAll("main *")].filter((one) => seen(one) && !one.closest("svg svg, .bar")
    && one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one));
  return wide.map((one) => one.outerHTML.slice(0, 80));
}"""
SMALL = """() => [...document.querySelectorAll("main svg text")].filter((one) => one.checkVisibility())
  .map((one) => parseFloat(getComputedStyle(one).fontSize) * Math.hypot(one.getScreenCTM().a, one.getScreenCTM().b))
  .filter((size) => size < 10.9)"""
OPEN = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of what drives the browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, make_parts: Make) -> Path:
    """Folder of the pages."""
    if named := os.environ.get("CLAIMCHECK_REPORT"):
        return Path(named).absolute()
    made = tmp_path_factory.mktemp("built")
    with chdir(made):
        write_study(make_parts)
        report()
    return made / layout.REPORT


def list_out_of_reach(page: Any) -> list[str]:
    """What is cut off or lies where no scroll bar leads, and how large texts of figures are that are too small."""
    wide = [] if page.evaluate("document.documentElement.scrollWidth <= innerWidth") else ["the page"]
    return [*wide, *page.evaluate(OUT_OF_REACH), *map(str, page.evaluate(SMALL))]


def list_violations(page: Any) -> list[str]:
    """What axe finds serious or moderate."""
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[x['html'][:90] for x in one['nodes'][:3]]}" for one in results if one["impact"] != "minor"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_whole_quiet_and_accessible(browser: Any, pages: Path, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", lambda one: found.append(one.url) if not one.url.startswith(("file:", "data:")) else None)
    for file in sorted(pages.glob("*.html")):
        page.goto(file.as_uri())
        folded = list_out_of_reach(page)
        page.evaluate(OPEN)  # what is folded has to fit, too
        found += [f"{file.name}: {one}" for one in (*folded, *list_out_of_reach(page), *list_violations(page))]
    assert not found, "\n".join(found)


def test_the_ledger_keeps_its_filters_in_the_address_and_shows_a_hidden_row(browser: Any, pages: Path) -> None:
    page = browser.new_page()
    page.goto((pages / "claims.html").as_uri())
    shown = "[...document.querySelectorAll('table.ledger tbody')].filter((one) => !one.hidden).map((one) => one.id)"
    every = page.evaluate(shown)
    page.fill("input[name=q]", page.inner_text("table.ledger tbody:last-of-type a >> nth=0"))
    assert page.evaluate(shown) == every[-1:]
    assert "q=" in page.url
    page.reload()
    assert page.evaluate(shown) == every[-1:]
    page.evaluate(f"location.hash = {every[0]!r}")  # as a link to a row that the filter hides
    page.wait_for_timeout(100)
    assert every[0] in page.evaluate(shown)
    page.go_back()
    page.wait_for_timeout(100)
    assert page.evaluate(shown) == every[-1:]
    page.click("button[type=reset]")
    page.wait_for_timeout(100)
    assert page.evaluate(shown) == every


def test_the_ledger_is_sorted_from_the_keyboard(browser: Any, pages: Path) -> None:
    page = browser.new_page()
    page.goto((pages / "claims.html").as_uri())
    ids = "[...document.querySelectorAll('table.ledger tbody')].map((one) => one.id)"
    first = page.evaluate(ids)
    page.focus("table.ledger thead button")
    page.keyboard.press("Enter")
    assert page.evaluate(ids) == first[::-1]
    page.keyboard.press("Enter")
    assert page.evaluate(ids) == first


def test_the_keyboard_goes_past_the_contents_and_reaches_every_control(browser: Any, pages: Path) -> None:
    page = browser.new_page()
    page.goto((pages / "claims.html").as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    wanted = "form.choices :is(select, input, button), table.ledger thead button"
    count = page.evaluate(f"document.querySelectorAll('{wanted}').length")
    for _ in range(count + 20):  # some links stand before them
        page.keyboard.press("Tab")
        page.evaluate("document.activeElement.dataset.reached = 'yes'")
    assert (
        page.evaluate(f"[...document.querySelectorAll('{wanted}')].filter((one) => !one.dataset.reached).length") == 0
    )


def test_print_opens_what_is_folded_and_a_phone_folds_the_contents(browser: Any, pages: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((pages / "index.html").as_uri())
    assert not page.evaluate("document.querySelector('details.menu').open")
    folded = "document.querySelectorAll('main details:not([open])').length"
    before = page.evaluate(folded)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(folded) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(folded) == before
