"""How a verdict looks, on a comparison or a claim: colour, symbol and marker, so that colour alone never tells it."""

from dataclasses import dataclass

from pipeline.outputs.figures.theme import ACCENT, INK, MUTED, WARNING


@dataclass(frozen=True)
class VerdictStyle:
    """Look of one verdict, the same in figures and in pages.

    Attributes
    ----------
    tone : "better", "worse", "equivalent" or "undecided"; a page's style class.
    strength : "strong", "plain" or "weak"; how loudly a page shows it.
    symbol : one character printed before the words.
    marker : matplotlib marker.
    colour : hexadecimal colour; at least 4.5 : 1 against white.
    filled : whether the marker is filled.
    """

    tone: str
    strength: str
    symbol: str
    marker: str
    colour: str
    filled: bool


VERDICTS = {
    "better and it matters": VerdictStyle("better", "strong", "▲", "^", ACCENT, True),
    "better": VerdictStyle("better", "plain", "▲", "^", ACCENT, True),
    "better but negligible": VerdictStyle("better", "weak", "△", "^", ACCENT, False),
    "equivalent": VerdictStyle("equivalent", "plain", "■", "s", INK, True),
    "undecided": VerdictStyle("undecided", "plain", "○", "o", MUTED, False),
    "worse but negligible": VerdictStyle("worse", "weak", "▽", "v", WARNING, False),
    "worse": VerdictStyle("worse", "plain", "▼", "v", WARNING, True),
    "worse and it matters": VerdictStyle("worse", "strong", "▼", "v", WARNING, True),
}

CLAIM_VERDICTS = {
    "supported": VerdictStyle("better", "plain", "✓", "^", ACCENT, True),
    "refuted": VerdictStyle("worse", "plain", "✗", "v", WARNING, True),
    "equivalent": VERDICTS["equivalent"],
    "undecided": VERDICTS["undecided"],
    "not testable": VerdictStyle("undecided", "weak", "–", "o", MUTED, False),
}
