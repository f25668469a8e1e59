"""Experiments as the documents show them: one selected study, `-S` here and in a copy, and DVC's tables of them.

The tests go on from one another, in the order they are written.
"""

import json
from pathlib import Path

import pytest

from tests.documents import read_commands
from tests.end_to_end.conftest import SMALL, STUDY, Checkout, copy_repository

OTHER = "cifar10_variance"  # of another data set
SCREEN = 160
AMOUNT = f"studies.{STUDY}.variants.dropout.dropout"
KEPT = ("runs", "evaluations", "metrics/studies", "verdicts", "report", "pictures", "plots")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Two tiny studies, of two data sets, everything built and committed."""
    leave = ("tests/", "metrics/", "verdicts/", "dvc.lock")
    checkout = copy_repository(tmp_path_factory.mktemp("experiments"), leave)
    params = checkout.params()
    one, other = params["studies"][STUDY], params["studies"][OTHER]
    one["model"]["epochs"] = other["model"]["epochs"] = 1
    one["variants"], other["variants"] = SMALL, {"none": {"vary": []}, "order": {"vary": ["order"]}}
    one["claims"] = {"mine-1": {"says": "More.", "controlled": {"of": "dropout", "above": "none"}}}
    other["claims"], other["control"] = {}, "none"
    params["studies"] = {STUDY: one, OTHER: other}
    params["profiles"]["full"]["studies"] = {}
    params["profiles"]["quick"] |= {"repeats": 2, "studies": {}, "caps": {"image_passes": 200}}
    checkout.write_params(params)
    checkout.commit()
    checkout.succeed("dvc", "repro")
    commit(checkout, "results")
    return checkout


def commit(checkout: Checkout, message: str) -> None:
    checkout.succeed("git", "add", "--all")
    author = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
    checkout.succeed("git", *author, "commit", "--quiet", "-m", message)


def of_study(checkout: Checkout, study: str) -> dict[str, str]:
    """Digests of all files of a study."""
    found = {name: one for folder in KEPT for name, one in checkout.digests(folder).items()}
    return {name: one for name, one in found.items() if study in name}


def claims_of(checkout: Checkout) -> list[str]:
    return (checkout.folder / "metrics/claims.csv").read_text().splitlines()


def test_a_selected_study_runs_alone_and_the_other_stays_as_it_was(checkout: Checkout) -> None:
    before, claims = of_study(checkout, STUDY), claims_of(checkout)
    assert {Path(name).parts[0] for name in before} == {name.partition("/")[0] for name in KEPT}
    text = (checkout.folder / "params.yaml").read_text()
    said = checkout.succeed("dvc", "exp", "run", "-n", "alone", "-S", f"select=[{OTHER}]", "-S", "protocol.alpha=0.04")
    assert "mnist: not needed by what is selected" in said
    assert f"{STUDY}:" not in said.partition("Running stage 'track'")[2]
    assert list((checkout.folder / "data/raw/mnist").iterdir()) == []
    plans = {path.stem for path in (checkout.folder / "plan/comparison").iterdir()}
    assert plans == {OTHER}
    assert of_study(checkout, STUDY) == before
    assert claims_of(checkout) == claims
    summary = json.loads((checkout.folder / "metrics/summary.json").read_text())
    assert summary["studies"].keys() == {STUDY, OTHER}
    assert json.loads((checkout.folder / "tracked/receipt.json").read_text()).keys() == {STUDY, OTHER}
    index = (checkout.folder / "report/index.html").read_text()
    assert f'href="{STUDY}.html"' in index and f'href="{OTHER}.html"' in index
    checkout.succeed("git", "restore", "params.yaml")
    assert (checkout.folder / "params.yaml").read_text() == text


def test_going_back_brings_the_data_again_and_trains_nothing(checkout: Checkout) -> None:
    said = checkout.succeed("dvc", "repro")
    assert "download@mnist' is cached" in said  # DVC's run cache
    assert "to train" not in said or " 0 to train" in said
    assert len(list((checkout.folder / "data/raw/mnist").iterdir())) == 5
    checkout.succeed("git", "diff", "--exit-code", "--stat", "--", "metrics", "verdicts", "params.yaml")


def test_an_experiment_in_a_copy_leaves_the_folder_alone_and_keeps_what_is_not_selected(checkout: Checkout) -> None:
    before = {name: one for folder in (*KEPT, "metrics", "plan") for name, one in checkout.digests(folder).items()}
    checkout.succeed("dvc", "exp", "run", "--temp", "-n", "half", "-S", f"select=[{STUDY}]", "-S", f"{AMOUNT}=0.5")
    after = {name: one for folder in (*KEPT, "metrics", "plan") for name, one in checkout.digests(folder).items()}
    assert after == before
    shown = checkout.succeed("git", "show", f"refs/exps/{_reference(checkout, 'half')}:metrics/summary.json")
    assert json.loads(shown)["studies"].keys() == {STUDY, OTHER}


def _reference(checkout: Checkout, name: str) -> str:
    listed = checkout.succeed("git", "for-each-ref", "--format=%(refname)", "refs/exps")
    return next(one for one in listed.split() if one.endswith(f"/{name}")).removeprefix("refs/exps/")


def test_an_experiment_here_changes_one_line_of_params(checkout: Checkout) -> None:
    checkout.succeed("dvc", "exp", "run", "-n", "third", "-S", f"{AMOUNT}=0.33")
    changed = checkout.succeed("git", "diff", "--unified=0", "params.yaml").splitlines()
    assert [line.split() for line in changed if line[:1] in ("+", "-") and line[1] == " "] == [
        ["-", "dropout:", "0.25"],
        ["+", "dropout:", "0.33"],
    ]


def test_dvcs_metrics_fit_a_screen(checkout: Checkout) -> None:
    shown, diff = checkout.succeed("dvc", "metrics", "show"), checkout.succeed("dvc", "metrics", "diff")
    for text in (shown, diff):
        assert max(map(len, text.splitlines())) <= SCREEN
        assert len(text.splitlines()) <= 20
    assert f"verdicts/{STUDY}.json" in shown and "undecided: dropout" in shown
    assert STUDY in diff and OTHER not in diff


def test_experiments_are_shown_with_changes_accuracies_and_verdicts_in_160_columns(checkout: Checkout) -> None:
    shown = checkout.succeed("python", "-m", "pipeline.commands.experiments")
    assert max(map(len, shown.splitlines())) <= SCREEN
    for expected in ("half", "third", f"{AMOUNT}=0.5", f"{AMOUNT}=0.33", "undecided: dropout"):
        assert expected in shown


def test_dvc_draws_every_kind_of_plot_and_compares_revisions(checkout: Checkout) -> None:
    for words in (("show",), ("diff", "HEAD", "half", "third")):
        checkout.succeed("dvc", "plots", *words, "-o", "drawn")
        page = (checkout.folder / "drawn/index.html").read_text()
        for kind, study in (("curves", OTHER), ("forest", STUDY), ("confusion", STUDY)):
            assert f"{kind}_{study}" in page.replace("/", "_")
        assert all(f'"rev": "{rev}"' in page for rev in words[1:])
    said = checkout.succeed("dvc", "plots", "diff", "HEAD", "half", "--json", "-o", "drawn")
    assert "error" not in said.lower()


@pytest.mark.parametrize("words", [one for one in read_commands() if one[1] != "exp" or "show" in one], ids=" ".join)
def test_every_command_that_looks_is_as_documented(checkout: Checkout, words: list[str]) -> None:
    checkout.succeed(*words)


def test_an_experiment_that_fails_says_how_to_go_back(checkout: Checkout) -> None:
    checkout.succeed("git", "restore", "params.yaml")
    failed = checkout.run("dvc", "exp", "run", "-S", f"studies.{STUDY}.model.epochs=0")
    assert failed.returncode != 0
    said = (failed.stdout + failed.stderr).splitlines()
    assert any("`git restore params.yaml` goes back" in line for line in said), said
    checkout.succeed("git", "restore", "params.yaml")
    checkout.succeed("git", "diff", "--exit-code", "params.yaml")


def test_a_mistyped_key_that_is_added_is_refused_with_the_nearest_one(checkout: Checkout) -> None:
    refused = checkout.run("dvc", "exp", "run", "--temp", "-S", f"+studies.{STUDY}.variants.dropout.dropuot=0.5")
    assert refused.returncode != 0
    assert "dropuot: unknown key. Did you mean 'dropout'?" in refused.stdout + refused.stderr
