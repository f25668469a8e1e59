"""Reading params.yaml and claims.yaml: the committed files are legal; a mistake is named once, by file and key."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.params.read import read

WriteParams = Callable[[Mapping[str, Any]], Path]
RunStage = Callable[..., subprocess.CompletedProcess[str]]

STUDY = "studies.mnist_regularizers"
RATE = f"{STUDY}.model.optimizer.learning_rate"


def message(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read(path)
    return str(caught.value)


def test_committed_params_are_valid_and_frozen(repository: Path) -> None:
    params = read(repository / "params.yaml")
    assert params.profile == "quick"
    with pytest.raises(ValueError, match="frozen"):
        params.profile = "full"


@pytest.mark.parametrize(
    ("key", "value", "nearest"),
    [
        ("profil", "quick", "profile"),
        ("tasks.mnist.splitt", {}, "split"),
        ("sources.mnist.sha256.x_tran", "0" * 64, "x_train"),
        (f"{STUDY}.controll", "none", "control"),
        (f"{STUDY}.model.epoch", 5, "epochs"),
        (f"{STUDY}.model.optimizer.lerning_rate", 0.1, "learning_rate"),
        (f"{STUDY}.variants.dropout.dropuot", 0.5, "dropout"),
        (f"{STUDY}.variants.l1_all.l1.amout", 0.5, "amount"),
        ("profiles.quick.studies.mnist_regularizers.repeat", 3, "repeats"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest_legal_one(
    write_params: WriteParams, key: str, value: Any, nearest: str
) -> None:
    path = write_params({key: value})
    said = message(path)
    assert f"{path}: {key}: " in said
    assert f"Did you mean '{nearest}'?" in said


@pytest.mark.parametrize(
    ("key", "value", "nearest"),
    [
        ("profile", "quik", "quick"),
        ("profiles.full.data.mnist", "mnits", "mnist"),
        ("profiles.quick.studies.mnist_regularizer", {"repeats": 3}, "mnist_regularizers"),
        ("sources.digits.loader", "digit", "digits"),
        ("sources.digits.stand_in_for", "minst", "mnist"),
        ("tasks.mnist.data", "minst", "mnist"),
        ("tasks.mnist.split.kind", "tial", "tail"),
        (f"{STUDY}.task", "mnst", "mnist"),
        (f"{STUDY}.control", "nine", "none"),
        (f"{STUDY}.model.architecture", "cnn4", "cnn3"),
        (f"{STUDY}.model.optimizer.name", "adm", "adam"),
        (f"{STUDY}.variants.none.kind", "as_writen", "as_written"),
        (f"{STUDY}.variants.none.task", "mnst", "mnist"),
        (f"{STUDY}.variants.l1_all.l1.layers", "al", "all"),
        ("select.0", "mnist_optimizer", "mnist_optimizers"),
        ("select.0", "mnist_regularizers.dropuot", "dropout"),
    ],
)
def test_a_name_that_names_nothing_is_refused_with_the_nearest_legal_one(
    write_params: WriteParams, key: str, value: Any, nearest: str
) -> None:
    path = write_params({"select": [value]} if key == "select.0" else {key: value})
    said = message(path)
    received = value.rpartition(".")[2] if isinstance(value, str) else key.rpartition(".")[2]
    assert f"{path}: {key}: " in said
    assert f"'{received}'" in said
    assert f"Did you mean '{nearest}'?" in said


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("studies.mnist_regularizer.variants.dropout.dropout", 0.5, "mnist_regularizers"),
        ("tasks.mnits.margin", 0.01, "mnist"),
        ("profiles.quik.repeats", 3, "quick"),
    ],
)
def test_a_section_that_a_mistyped_name_adds_is_refused_with_the_name_that_is_there(
    write_params: WriteParams, key: str, value: Any, meant: str
) -> None:
    path = write_params({key: value})
    section = ".".join(key.split(".")[:2])
    lines = message(path).splitlines()
    assert all(line.startswith(f"{path}: {section}.") for line in lines)
    assert all(line.endswith(f"received none. Did you mean '{meant}'?") for line in lines)


@pytest.mark.parametrize(
    ("value", "said"),
    [("mnist_optimizers", "expected all, or a list such as [mnist_optimizers]"), ([], "at least 1 item")],
)
def test_a_selection_is_all_or_a_list(write_params: WriteParams, value: Any, said: str) -> None:
    path = write_params({"select": value})
    assert message(path).startswith(f"{path}: select: expected ")
    assert said in message(path)


def test_claims_of_params_yaml_are_refused_and_sent_to_their_file(repository: Path, tmp_path: Path) -> None:
    path = replaced_text(repository, tmp_path, "    control: none\n", "    control: none\n    claims: {}\n")
    claims = tmp_path / "claims.yaml"
    assert message(path) == f"{path}: {STUDY}.claims: expected in {claims}, under 'mnist_regularizers'."


def test_claims_of_a_study_that_is_not_declared_are_refused(write_params: WriteParams) -> None:
    path = write_params({})
    claims = path.with_name("claims.yaml")
    claims.write_text("mnist_regularizer: {}\n")
    assert message(path) == (
        f"{claims}: mnist_regularizer: 'mnist_regularizer' is not declared. Did you mean 'mnist_regularizers'?"
    )


@pytest.mark.parametrize("text", [None, "", "# none yet\n", "mnist_regularizers:\n"])
def test_nothing_has_to_be_claimed(write_params: WriteParams, text: str | None) -> None:
    path = write_params({})
    claims = path.with_name("claims.yaml")
    claims.unlink() if text is None else claims.write_text(text)
    assert not any(study.claims for study in read(path).studies.values())


def test_treatments_are_a_list_of_declared_variants(write_params: WriteParams) -> None:
    path = write_params({f"{STUDY}.treatments": ["dropout", "batch_norn"]})
    said = message(path)
    assert f"{path}: {STUDY}.treatments" in said
    assert "'batch_norn'" in said
    assert "Did you mean 'batch_norm'?" in said


@pytest.mark.parametrize("treatments", [["none", "dropout"], ["dropout", "dropout"]])
def test_treatments_leave_out_the_control_and_name_each_variant_once(
    write_params: WriteParams, treatments: list[str]
) -> None:
    path = write_params({f"{STUDY}.treatments": treatments})
    said = message(path)
    assert f"{path}: {STUDY}.treatments" in said
    assert "tuple" not in said


@pytest.mark.parametrize("treatments", [None, ["weights"]])
def test_a_comparison_on_a_task_that_each_repeat_splits_is_refused_and_says_why(
    write_params: WriteParams, treatments: list[str] | None
) -> None:
    said = message(write_params({"studies.mnist_variance.treatments": treatments}))
    assert "studies.mnist_variance.treatments: expected [] with 'all' on the task 'mnist_resplit'" in said
    assert "not independent" in said
    assert "Nadeau and Bengio" in said


def test_one_compared_variant_on_such_a_task_is_enough_and_one_outside_the_family_is_not(
    write_params: WriteParams,
) -> None:
    key = f"{STUDY}.variants.l2_all.task"
    assert "'l2_all' on the task 'mnist_resplit'" in message(write_params({key: "mnist_resplit"}))
    alone = {f"{STUDY}.treatments": ["dropout"], f"{STUDY}.claims": {}}
    assert read(write_params({key: "mnist_resplit", **alone}))


def test_variants_whose_repeats_share_seeds_are_not_compared(write_params: WriteParams) -> None:
    said = message(write_params({f"{STUDY}.variants.dropout.vary": []}))
    assert f"{STUDY}.treatments: expected [] where a variant has 'vary', as 'dropout' has" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"studies.mnist_variance.variants.noise.vary": ["nose"]},
            "studies.mnist_variance.variants.noise.vary.0: received 'nose'. Did you mean 'noise'?",
        ),
        (
            {f"{STUDY}.treatments": [], f"{STUDY}.variants.dropout.vary": ["split"]},
            f"{STUDY}.variants.dropout.vary: expected a task whose split has 'seed: repeat'",
        ),
        (
            {f"{STUDY}.treatments": [], f"{STUDY}.variants.dropout": {"vary": [], "warm_start": "none"}},
            f"{STUDY}.variants.dropout.vary: expected that of 'none', whose runs are taken by 'warm_start'",
        ),
        (
            {"tasks.mnist_resplit.scaling": {"method": "standardize", "fit_on": "train"}},
            "tasks.mnist_resplit: expected scaling by 'method: unit' or 'fit_on: development' with 'seed: repeat'",
        ),
        ({"tasks.mnist_resplit.split.seed": "repeet"}, "expected a whole number from 0, or repeat"),
        ({"tasks.mnist_resplit.split.seed": -1}, "expected a whole number from 0, or repeat"),
    ],
)
def test_what_varies_between_repeats_is_refused_where_it_makes_no_sense(
    write_params: WriteParams, changes: dict[str, Any], said: str
) -> None:
    assert said in message(write_params(changes))


@pytest.mark.parametrize(
    ("key", "value", "expected", "received"),
    [
        (f"{STUDY}.model.epochs", 0, "greater than or equal to 1", "0"),
        (f"{STUDY}.model.epochs", "five", "integer", "the string 'five'"),
        (f"{STUDY}.model.epochs", 5.0, "integer", "5.0"),
        (f"{STUDY}.model.epochs", True, "integer", "the boolean True"),
        (f"{STUDY}.model.batch_size", -64, "a whole number from 1, or full", "-64"),
        (RATE, "0.1", "number", "the string '0.1'"),
        (RATE, True, "number", "the boolean True"),
        (RATE, 0, "greater than 0", "0"),
        (RATE, float("nan"), "finite number", "nan"),
        (RATE, float("inf"), "finite number", "inf"),
        (f"{STUDY}.variants.dropout.dropout", 1.5, "less than 1", "1.5"),
        (f"{STUDY}.variants.dropout", None, "dictionary", "None"),
        (f"{STUDY}.question", 5, "string", "5"),
        ("protocol.alpha", float("nan"), "finite number", "nan"),
        ("tasks.mnist.split.fraction", 1.0, "less than 1", "1.0"),
        ("tasks.mnist.split.seed", 1, "a 'seed' with kind 'shuffled' and with no other", "seed"),
        ("sources.mnist.path", "mine.npz", "'path' with loader 'npz'", "path"),
        ("sources.mnist.sha256.x_train", "abc", "[0-9a-f]{64}", "'abc'"),
        ("profiles.quick.repeats", 0, "greater than or equal to 1", "0"),
    ],
)
def test_an_illegal_value_is_refused_saying_what_was_expected_and_received(
    write_params: WriteParams, key: str, value: Any, expected: str, received: str
) -> None:
    path = write_params({key: value})
    (line,) = message(path).splitlines()
    where, _, rest = line.partition(": expected ")
    asked, _, got = rest.partition("; received ")
    named = where.removeprefix(f"{path}: ")
    shorthand = f"{STUDY}.variants.dropout.dropout.rate"  # a bare number stands for the rate
    assert key.startswith(named) or named == shorthand  # a rule about a section names the section
    assert expected in asked
    assert received in got


def test_every_mistake_is_listed_on_its_own_line(write_params: WriteParams) -> None:
    path = write_params({"protocol.alpha": 2, "tasks.mnist.margin": "small"})
    lines = message(path).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["protocol.alpha", "tasks.mnist.margin"]


def test_missing_key_is_named(write_params: WriteParams, params: dict[str, Any]) -> None:
    del params["tasks"]["mnist"]["margin"]
    assert "tasks.mnist.margin: expected a value" in message(write_params({}))


def replaced_text(repository: Path, tmp_path: Path, old: str, new: str) -> Path:
    """params.yaml with the first occurrence in the study mnist_regularizers replaced."""
    text = (repository / "params.yaml").read_text()
    place = text.index(old, text.index("\n  mnist_regularizers:"))
    path = tmp_path / "params.yaml"
    path.write_text(text[:place] + new + text[place + len(old) :])
    return path


def test_numbers_are_read_as_dvc_reads_them(repository: Path, tmp_path: Path) -> None:
    path = replaced_text(repository, tmp_path, "learning_rate: 0.001", "learning_rate: 1e-4")
    optimizer = read(path).studies["mnist_regularizers"].model["optimizer"]
    assert optimizer == {"name": "adam", "learning_rate": 0.0001}


def test_off_is_a_string_and_no_boolean(repository: Path, tmp_path: Path) -> None:
    path = replaced_text(repository, tmp_path, "batch_normalization: true", "batch_normalization: off")
    said = message(path)
    assert f"{path}: {STUDY}.variants.batch_norm.batch_normalization: expected " in said
    assert "boolean" in said
    assert "received the string 'off'" in said


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "\t", "a: *b"])
def test_bad_yaml_is_one_line_that_names_the_file_and_the_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    said = message(path)
    assert said.startswith(f"{path}: expected valid YAML; ")
    assert "line " in said
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "- 1\n", "5\n"])
def test_a_file_without_sections_is_refused_in_words_a_user_knows(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    said = message(path)
    assert said.startswith(f"{path}: expected ")
    assert "Params" not in said


def test_missing_file_folder_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "nowhere.yaml", tmp_path, tmp_path / "binary.yaml"):
        assert message(path).startswith(f"{path}: expected ")


def test_the_stage_says_it_once_and_leaves_the_plan_alone(
    write_params: WriteParams, run_stage: RunStage, tmp_path: Path
) -> None:
    kept = tmp_path / "plan" / "tasks.json"
    kept.parent.mkdir()
    kept.write_text("the plan of before")
    write_params({f"{STUDY}.model.epochs": 0})
    finished = run_stage("plan")
    assert finished.returncode == 1
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith(f"error: params.yaml: {STUDY}.model.epochs: expected ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["claims.yaml", "params.yaml", "plan", "tasks.json"]
    assert kept.read_text() == "the plan of before"


def test_the_stage_says_once_that_there_is_no_params_yaml(run_stage: RunStage, tmp_path: Path) -> None:
    finished = run_stage("plan")
    assert finished.returncode == 1
    assert finished.stderr == "error: params.yaml: expected a readable file; No such file or directory.\n"
    assert list(tmp_path.iterdir()) == []
