"""`make looks`: the next look (interim analysis) for every undecided study, by `dvc repro`, until all are decided."""

import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ruamel.yaml import YAML

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, read_ledger
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import replaced
from pipeline.params.read import read
from pipeline.params.schema import Params
from pipeline.statistics.results import StudyVerdicts, read_summary


def looks() -> None:
    """Look, give undecided studies more repeats in params.yaml, and look again.

    A decision stands: what an earlier look decided is not asked again. Killed, it goes on where it was.
    """
    look_until_decided(layout.PARAMS, _repro, _undecided)


def look_until_decided(path: Path, repro: Callable[[], None], undecided: Callable[[], Iterable[str]]) -> None:
    """Alternate whole reproductions (`repro`) with later looks for the studies that are `undecided` after them.

    `path` is that of params.yaml; the look of a study is written to it before the study is looked at again.

    Raises
    ------
    UserError
        When params.yaml declares no looks.
    """
    while True:
        params = read(path)
        if not params.protocol.looks:
            raise UserError(f"{path}: protocol.looks: expected numbers of repeats such as [8, 12, 16, 20].")
        repro()
        later = later_looks(params, params.selected.keys() & set(undecided()))
        if not later:
            return
        repeats = {name: params.protocol.looks[look - 1] for name, look in later.items()}
        print("undecided, more repeats: " + ", ".join(f"{name} {n}" for name, n in repeats.items()), flush=True)
        _declare(path, params.profile, later)


def later_looks(params: Params, undecided: Iterable[str]) -> dict[str, int]:
    """The next look of every undecided study that has one left, counted from 1."""
    declared = params.profiles[params.profile].studies
    current = {name: (declared[name].look if name in declared else None) or 1 for name in undecided}
    most = len(params.protocol.looks or ())
    return {name: look + 1 for name, look in sorted(current.items()) if look < most}


def undecided_studies(studies: Mapping[str, StudyVerdicts], claims: Iterable[LedgerRow]) -> set[str]:
    """Studies with an undecided comparison or claim."""
    compared = {name for name, one in studies.items() if "undecided" in one.verdicts.values()}
    return compared | {row.study for row in claims if row.verdict == "undecided"}


def _undecided() -> set[str]:
    return undecided_studies(read_summary(layout.SUMMARY).studies, read_ledger(layout.CLAIMS))


def _repro() -> None:
    try:
        finished = subprocess.run(["dvc", "repro"], check=False)
    except FileNotFoundError:
        raise UserError("dvc: expected on PATH; received none. Run `make looks`, which sets it up.") from None
    if finished.returncode:
        raise UserError("dvc repro: expected it to succeed; mend what it reports, then run `make looks` again.")


def _declare(path: Path, profile: str, later: Mapping[str, int]) -> None:
    """Write each study's look into the profile's section; comments, order and form stay, as DVC would write them."""
    yaml = YAML()
    params = yaml.load(path)
    section = params["profiles"][profile].setdefault("studies", {})
    for name, look in later.items():
        section.setdefault(name, {})["look"] = look
    with replaced(path) as temporary:
        yaml.dump(params, temporary)


if __name__ == "__main__":
    run(looks)
