"""One entry of the errata."""

from dataclasses import asdict, dataclass

from pipeline.writeups.steps import Value

KINDS = {"D": "discrepancy", "R": "remark", "F": "figure"}


@dataclass(frozen=True)
class Erratum:
    """What was written, where, and what is right.

    The id is a letter (D: the text against the write-up's own code or log, R: a fault in a worked exercise,
    F: a wrong figure), the write-up's three digits, and a number. `right_value` carries numbers, if there are
    any; `verdict` and `source` ("exercise id/step title") belong to figures.
    """

    id: str
    where: str
    written: str
    right: str
    right_value: Value = None
    verdict: str | None = None
    source: str | None = None

    def to_dict(self) -> dict[str, Value]:
        """Erratum as plain values for JSON, with its kind and write-up read from the id."""
        return {"kind": KINDS[self.id[0]], "write_up": self.id[1:4], **asdict(self)}
