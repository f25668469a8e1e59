"""One look for figures and pages: few colours, told apart by colour-blind readers; how a verdict looks."""

from dataclasses import dataclass
from typing import Any

INK = "#1f2430"
MUTED = "#5c6370"
FAINT = "#c9ced6"
ACCENT = "#0067a5"  # blue: the one accent, and what is better
WARNING = "#b34700"  # vermilion: what is worse, and errors; blue and vermilion stay apart in every colour blindness
BAND = "#eceff3"
DASHED: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": (0, (4, 2))}  # the control's line

PALETTE = {
    "ink": INK,
    "muted": MUTED,
    "line": FAINT,
    "accent": ACCENT,
    "warning": WARNING,
    "band": BAND,
    "paper": "#ffffff",
}
"""By the variable of a page's style that stands for it."""

SETTINGS: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.unicode_minus": True,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": BAND,
    "grid.linewidth": 0.8,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "path.simplify": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # a name with a dollar sign is a name
    "xtick.color": FAINT,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 9,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9,
}


@dataclass(frozen=True)
class VerdictStyle:
    """Look of one verdict, the same in figures and in pages; colour alone never tells it."""

    tone: str  # "better", "worse", "equivalent", "identical" or "undecided"; a page's style class
    strength: str  # "strong", "plain" or "weak"; how loudly a page shows it
    symbol: str  # one character printed before the words
    marker: str  # of matplotlib
    colour: str  # hexadecimal; at least 4.5 : 1 against white
    filled: bool  # the marker


COMPARISON_STYLES = {
    "better and it matters": VerdictStyle("better", "strong", "▲", "^", ACCENT, True),
    "better": VerdictStyle("better", "plain", "▲", "^", ACCENT, True),
    "better but negligible": VerdictStyle("better", "weak", "△", "^", ACCENT, False),
    "equivalent": VerdictStyle("equivalent", "plain", "■", "s", INK, True),
    "identical": VerdictStyle("identical", "weak", "≡", "D", MUTED, True),
    "undecided": VerdictStyle("undecided", "plain", "○", "o", MUTED, False),
    "worse but negligible": VerdictStyle("worse", "weak", "▽", "v", WARNING, False),
    "worse": VerdictStyle("worse", "plain", "▼", "v", WARNING, True),
    "worse and it matters": VerdictStyle("worse", "strong", "▼", "v", WARNING, True),
}
"""By a comparison's verdict, best first."""

CLAIM_STYLES = {
    "supported": VerdictStyle("better", "plain", "✓", "^", ACCENT, True),
    "refuted": VerdictStyle("worse", "plain", "✗", "v", WARNING, True),
    "different": VerdictStyle("worse", "weak", "≠", "v", WARNING, False),
    "equivalent": COMPARISON_STYLES["equivalent"],
    "open": VerdictStyle("undecided", "weak", "…", "o", MUTED, False),
    "undecided": COMPARISON_STYLES["undecided"],
    "not testable": VerdictStyle("undecided", "weak", "–", "o", MUTED, False),
}
"""By a claim's verdict, best first."""
