"""`make record`: what is recorded of a study is enough to find its verdicts, and recording it again changes nothing."""

import re

import numpy as np
import pytest

from pipeline import layout
from pipeline.backend import describe_processor
from pipeline.files import Arrays, digest, write_arrays
from pipeline.outputs.record.study import find_again, list_recorded, read_recorded
from tests.end_to_end.conftest import STUDY, Checkout, small_checkout
from tests.recorded import assert_found_again
from tests.unit.outputs.html_page import Page

COMMIT = ("git", "-c", "user.name=tests", "-c", "user.email=tests@localhost", "commit", "--quiet", "--all", "-m")
RECORD = ("python", "-m", "pipeline.commands.record")
PRINTED = ("python", "-m", "pipeline.writeups.printed", "--record")
README = ("python", "-m", "pipeline.commands.readme")
VERIFY = ("python", "-m", "pipeline.commands.verify")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A small study on pictures that stand in for nothing, run, declared in a commit and recorded."""
    checkout = small_checkout(tmp_path_factory.mktemp("recorded"))
    params = checkout.params()
    arrays = make_pictures()
    mine = {"loader": "npz", "path": "mine.npz", "description": "mine", "caveat": "made for a test"}
    write_arrays(checkout.folder / "mine.npz", arrays)
    params["sources"]["mine"] = mine | {"sha256": {name: digest(one) for name, one in arrays.items()}}
    params["studies"][STUDY]["variants"]["dropout"]["row"] = "mnist_reg_dropout"
    params["profiles"]["quick"] |= {"data": {"mnist": "mine", "cifar10": "pictures"}, "repeats": 5}
    checkout.write_params(params)
    checkout.succeed(*COMMIT, "declared")
    checkout.succeed("dvc", "repro", "report")
    for command in (RECORD, PRINTED, README):
        checkout.succeed(*command)
    return checkout


def make_pictures() -> Arrays:
    """Noise with a brighter row a class."""
    generator = np.random.default_rng(0)
    arrays: Arrays = {}
    for part, n in (("train", 500), ("test", 200)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        images = generator.integers(0, 160, (n, 28, 28), dtype=np.uint8)
        images[np.arange(n), labels] += 60
        arrays |= {f"x_{part}": images, f"y_{part}": labels}
    return arrays


def test_tables_and_verdicts_follow_from_the_recorded_runs(recorded: Checkout) -> None:
    assert list_recorded(recorded.folder) == [STUDY]
    study = read_recorded(STUDY, recorded.folder)
    assert_found_again(study)
    assert len(study.runs) == 10
    better = study.runs.assign(test_correct=np.where(study.runs["variant"] == "dropout", 200, 0))
    assert find_again(study.plan, better, study.arrays)[0].comparisons != study.results.comparisons


def test_what_is_recorded_says_where_it_comes_from(recorded: Checkout) -> None:
    study = read_recorded(STUDY, recorded.folder)
    assert study.provenance.declared == recorded.succeed("git", "rev-parse", "HEAD").strip()
    assert study.provenance.data.keys() == {"mine"}
    assert study.provenance.precedes
    assert sum(study.provenance.code.values()) == sum(study.provenance.libraries.values()) == 10
    assert {name: len(runs) for name, runs in study.provenance.processors.items()} == {describe_processor(): 10}
    index = (recorded.folder / layout.RECORD / "index.html").read_text()
    assert study.provenance.declared[:12] in index
    assert "mine: made for a test" in index
    assert "before the first run" in index
    assert "Every study has been run on real data." in index
    assert "mine: made for a test" in (recorded.folder / layout.RECORD / layout.study_page(STUDY)).read_text()
    assert all(row.sentence.endswith("(mine: made for a test)") for row in study.claims)


def test_documents_show_what_is_recorded(recorded: Checkout) -> None:
    readme, found = ((recorded.folder / path).read_text() for path in ("README.md", "results/README.md"))
    assert f"]({layout.PICTURE_OF_RECORD})" in readme
    assert "Every study has been run on real data: [the report](results/full/index.html)" in readme
    assert "stand-in" not in readme.partition("end of verdicts")[0]
    assert (recorded.folder / layout.PICTURE_OF_RECORD).read_text().startswith("<svg")
    assert "**Of 1 testable conclusion" in found
    assert "| `mnist_reg_dropout` | mnist_regularizers / dropout | test_accuracy | 0.9898 |" in found
    for file in ("README.md", "results/README.md"):
        links = re.findall(r"\]\(([^)#]+)", (recorded.folder / file).read_text())
        assert [one for one in links if not (recorded.folder / file).parent.joinpath(one).exists()] == []


def test_recorded_pages_open_offline_and_link_what_is_there(recorded: Checkout) -> None:
    pages = {path.name: Page(path.read_text()) for path in (recorded.folder / layout.RECORD).glob("*.html")}
    assert {"index.html", "claims.html", "rows.html", layout.study_page(STUDY)} <= pages.keys()
    for page in pages.values():
        targets = {one.partition("#")[0] for one in page.values("href", "src") if not one.startswith(("#", "data:"))}
        assert targets <= pages.keys()


def test_results_stay_as_they_are_when_something_else_is_run(recorded: Checkout) -> None:
    before = recorded.digests("results")
    recorded.succeed("dvc", "exp", "run", "--temp", "-S", "profiles.quick.repeats=2", "report")
    assert recorded.digests("results") == before


def test_recording_again_changes_no_byte_and_neither_does_another_commit(recorded: Checkout) -> None:
    before = recorded.digests("results")
    for command in (RECORD, PRINTED, README):
        recorded.succeed(*command)
    params = recorded.params()
    params["execution"]["workers"] = 1
    recorded.write_params(params)
    recorded.succeed(*COMMIT, "another declaration of nothing that matters")
    recorded.succeed(*RECORD)
    assert recorded.digests("results") == before


def test_a_sample_trained_again_has_the_recorded_weights(recorded: Checkout) -> None:
    assert "10 of 10 recorded runs trained again, 0 with other weights" in recorded.succeed(*VERIFY)
    table = recorded.folder / layout.recorded(STUDY) / layout.RECORDED_RUNS
    kept, first = table.read_text(), read_recorded(STUDY, recorded.folder).runs["weights_digest"].iloc[0]
    table.write_text(kept.replace(first, "0" * 64))
    failed = recorded.run(*VERIFY)
    table.write_text(kept)
    assert failed.returncode == 1
    assert f"expected {'0' * 64}, received {first}" in failed.stderr
    assert not list(recorded.folder.glob(".unfinished-*"))


def test_what_was_not_declared_before_is_refused_and_the_record_stays(recorded: Checkout) -> None:
    before = recorded.digests("results")
    params = recorded.params()
    params["protocol"]["alpha"] = 0.1
    recorded.write_params(params)
    recorded.succeed("python", "-m", "pipeline.stages.plan")
    failed = recorded.run(*RECORD)
    recorded.succeed("git", "checkout", "--quiet", "--", "params.yaml", "claims.yaml")
    recorded.succeed("python", "-m", "pipeline.stages.plan")
    assert failed.returncode == 1
    assert f"{STUDY}: expected all its variants, claims, margins and repeats as" in failed.stderr
    assert recorded.digests("results") == before


def test_metrics_that_do_not_follow_from_the_runs_are_refused(recorded: Checkout) -> None:
    path = recorded.folder / layout.study_metrics(STUDY)
    kept = path.read_text()
    path.write_text(kept.replace('"repeats": 5', '"repeats": 6'))
    failed = recorded.run(*RECORD)
    path.write_text(kept)
    assert failed.returncode == 1
    assert "expected what follows from the runs" in failed.stderr
