"""The catalogue's claims: every one is declared once, in both scopes, in terms of what its study records."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from pipeline.claims.vocabulary import Claim, Condition, Operand
from pipeline.errors import UserError
from pipeline.metrics import metric
from pipeline.params.plan import plan_comparison
from pipeline.params.read import read
from pipeline.params.resolve import resolve_variant
from pipeline.params.schema import Params, Study

WriteParams = Callable[[Mapping[str, Any]], Path]

ROOT = Path(__file__).parents[3]
PARAMS: Params = read(ROOT / "params.yaml")
COUNTS = (20, 21, 8, 8, 13)  # of the catalogue's section 3, by write-up
CATALOGUE = {
    f"C{write_up:03d}-{number:02d}" for write_up, count in enumerate(COUNTS) for number in range(1, count + 1)
}
SCOPES = {"as_written", "controlled"}
# Where nothing but the claim's own subject is asked: an original network, an exact count, an exact split.
SAME_IN_BOTH = {"C002-04", "C003-08", "C004-09", "C004-11"}
EXACT = {"parameters", "trainable_parameters", "updates", "split_checksum"}
LARGEST_FAMILY = 25  # distinct comparisons that 12 repeats can decide in four looks


class Declared(NamedTuple):
    """A claim where it is declared."""

    study: Study
    kinds: Mapping[str, str]
    claim: Claim


def _declared() -> Iterator[tuple[str, Declared]]:
    for name, study in PARAMS.studies.items():
        kinds = {one: resolve_variant(study, one, "", name)[0].kind for one in study.variants}
        for claim_id, claim in study.claims.items():
            yield claim_id, Declared(study, kinds, claim)


DECLARED = list(_declared())
CLAIMS = dict(DECLARED)
each_claim = pytest.mark.parametrize("claim_id", sorted(CLAIMS))


def conditions(claim: Claim) -> list[Condition]:
    return [condition for test in claim.tests.values() for condition in test]


def asked(test: list[Condition]) -> set[str]:
    return {name for condition in test for name in condition.variants}


def test_every_claim_of_the_catalogue_is_declared_once() -> None:
    assert len(CATALOGUE) == 70
    assert sorted(claim_id for claim_id, _ in DECLARED) == sorted(CATALOGUE)


@each_claim
def test_either_scope_has_a_test_or_a_reason(claim_id: str) -> None:
    claim = CLAIMS[claim_id].claim
    assert {*claim.tests, *claim.not_testable} == SCOPES
    assert claim.says.endswith(".")


@each_claim
def test_as_written_asks_the_write_ups_variants_and_the_control(claim_id: str) -> None:
    found = CLAIMS[claim_id]
    names = asked(found.claim.tests.get("as_written", [])) - {found.study.control}
    assert {name: found.kinds[name] for name in names if found.kinds[name] != "as_written"} == {}


@each_claim
def test_controlled_asks_what_the_write_up_did_not(claim_id: str) -> None:
    found = CLAIMS[claim_id]
    tests = found.claim.tests
    if "controlled" not in tests:
        return
    if "as_written" in tests and claim_id in SAME_IN_BOTH:
        assert tests["controlled"] == tests["as_written"]
        return
    own = {name for name in asked(tests["controlled"]) if found.kinds[name] != "as_written"}
    new = asked(tests["controlled"]) - asked(tests.get("as_written", []))
    networks = any(one.network for each in tests["controlled"] for one in [*(each.of or ()), *each.against])
    assert own or new or networks
    assert tests["controlled"] != tests.get("as_written")


@each_claim
def test_a_printed_figure_named_like_a_variant_is_one_of_the_study_s(claim_id: str) -> None:
    """A label is a variant of the study, or says in words what was measured, so no variant is misspelt."""
    found = CLAIMS[claim_id]
    labels = {label for label in found.claim.printed if "_" in label and " " not in label}
    assert labels <= set(found.study.variants)


@each_claim
def test_what_counts_as_equal_is_declared(claim_id: str) -> None:
    """A share's margin is its task's; a count's is none; every other metric's stands in params.yaml."""
    for condition in conditions(CLAIMS[claim_id].claim):
        found = metric(condition.metric)
        assert found is not None
        if condition.equals and not found.share and condition.metric not in EXACT:
            assert condition.margin is not None or condition.metric in PARAMS.protocol.margins


@pytest.mark.parametrize("scope", sorted(SCOPES))
@pytest.mark.parametrize("name", PARAMS.studies)
def test_a_study_asks_no_more_than_its_repeats_can_decide(name: str, scope: str) -> None:
    tests = [claim.tests.get(scope, []) for claim in PARAMS.studies[name].claims.values()]
    untimed = [one for test in tests for one in test if not getattr(metric(one.metric), "timed", False)]
    assert len({pair for condition in untimed for pair in pairs(condition)}) <= LARGEST_FAMILY


def pairs(condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    """Comparisons of a condition, without direction."""
    named = [Operand(variant=name) for name in condition.differ or ()]
    against = [(one, other) for one in condition.of or () for other in condition.against]
    for pair in [*against, *combinations(named, 2)]:
        yield condition.metric, frozenset(one.model_dump_json(exclude_none=True) for one in pair)


STUDY = "mnist_regularizers"
MINE = f"studies.{STUDY}.claims.mine-1"


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("condition", "at", "said"),
    [
        ({"of": "l1_al", "above": "none"}, "", "'l1_al' is no variant of the study. Did you mean 'l1_all'?"),
        (
            {
                "metric": "parameters",
                "of": {"network": {"architecture": "cnn3", "input_shape": [28, 28, 1], "layer": "conv11"}},
                "equals": 320,
            },
            "",
            "'conv11' is no layer of cnn3. Did you mean 'conv1'?",
        ),
        (
            {"of": {"lowest": ["none", "dropot"]}, "above": 0.9},
            "",
            "'dropot' is no variant of the study. Did you mean 'dropout'?",
        ),
        (
            {"metric": "test_acuracy", "of": "none", "above": 0.9},
            ".metric",
            "received 'test_acuracy'. Did you mean 'test_accuracy'?",
        ),
        (
            {"of": "dropout", "above": {"variant": "none", "metric": "test_los"}},
            ".above.0.metric",
            "received 'test_los'. Did you mean 'test_loss'?",
        ),
        (
            {"of": "dropout", "above": "none", "below": "l1_all"},
            "",
            "expected 'of' with exactly one of above, below, equals, differs_from; ",
        ),
        ({"of": "dropout", "abov": "none"}, ".abov", "unknown key. Did you mean 'above'?"),
        (
            {"of": {"varint": "dropout"}, "above": "none"},
            ".of.0.varint",
            "unknown key. Did you mean 'variant'?",
        ),
        (
            {"of": {"spread": "dropout"}, "below": "none"},
            "",
            "expected a 'spread' to be above or below a number greater than 0; ",
        ),
        (
            {"of": {"spread": "dropout"}, "above": 0},
            "",
            "expected a 'spread' to be above or below a number greater than 0; ",
        ),
        (
            {"of": {"rank": "none", "among": ["dropout", "l1_all"]}, "below": 2},
            ".of.0",
            "expected 'none' in 'among', where its rank is asked; ",
        ),
        (
            {"metric": "recall_08", "of": "none", "above": 0.9},
            ".metric",
            "received 'recall_08'. Did you mean 'recall_0'?",
        ),
        ({"of": "dropout", "below": {"spread": "none"}}, "", "expected a 'spread' only in 'of'; "),
        (
            {"metric": "train_seconds", "of": "none", "below": {"variant": "dropout", "metric": "test_loss"}},
            "",
            "expected metrics that are all times, or none; times are measured apart.",
        ),
        (
            {"metric": "accuracy_drop_shift_1", "of": "dropout", "below": "none"},
            "",
            "accuracy_drop_shift_1: expected a shift that the study's 'shifts' name; received None.",
        ),
    ],
)
def test_a_mistake_in_a_condition_is_named(
    write_params: WriteParams, condition: dict[str, Any], at: str, said: str
) -> None:
    path = write_params({MINE: {"says": "It is so.", "controlled": condition}})
    lines = refusal(path).splitlines()
    assert any(line.startswith(f"{MINE}.controlled.0{at}: {said}") for line in lines), lines


def test_a_shift_that_the_study_does_not_make_is_refused(write_params: WriteParams) -> None:
    key = "studies.mnist_shift_robustness.claims.mine-1"
    condition = {"metric": "accuracy_drop_shift_5", "of": "cnn", "below": "mlp"}
    assert refusal(write_params({key: {"says": "It is so.", "controlled": condition}})) == (
        f"{key}.controlled.0: accuracy_drop_shift_5: expected a shift that the study's 'shifts' name; "
        "received [0, 1, 2, 3, 4]."
    )


def test_a_loss_by_a_shift_needs_the_images_as_they_are(write_params: WriteParams) -> None:
    study = "studies.mnist_shift_robustness"
    condition = {"metric": "accuracy_drop_shift_1", "of": "cnn", "below": "mlp"}
    claims = {"mine-1": {"says": "It is so.", "controlled": condition}}
    assert refusal(write_params({f"{study}.shifts": [1, 2], f"{study}.claims": claims})) == (
        f"{study}.claims.mine-1.controlled.0: accuracy_drop_shift_1: expected 'shifts' with 0, which the loss is "
        "measured from; received [1, 2]."
    )


def test_an_id_with_a_space_is_refused(write_params: WriteParams) -> None:
    key = f"studies.{STUDY}.claims.mine 1"
    said = refusal(write_params({key: {"says": "It is so.", "controlled": {"of": "none", "above": 0.9}}}))
    assert said == f"{key}: expected a name of letters, digits, _ and -; received 'mine 1'."


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({}, "expected 'as_written', 'controlled', or the reason why it is 'not_testable'; "),
        (
            {"controlled": {"of": "none", "above": 0.9}, "not_testable": {"controlled": "no reason"}},
            "expected a test or a reason in the scope controlled, not both; ",
        ),
    ],
)
def test_a_scope_is_tested_or_has_a_reason(
    write_params: WriteParams, claim: dict[str, Any], said: str
) -> None:
    assert refusal(write_params({MINE: {"says": "It is so.", **claim}})).startswith(f"{MINE}: {said}")


def test_your_own_claim_is_declared_as_the_readme_shows(tmp_path: Path) -> None:
    """The README's example, put under the first study's claims as text."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("    mine-1:\n")
    example = readme[start : readme.index("\n\n", start)]
    head, key, rest = (ROOT / "params.yaml").read_text(encoding="utf-8").partition("    claims:")
    comment, _, claims = rest.partition("\n")
    changed = tmp_path / "params.yaml"
    indented = "\n".join(f"  {line}" for line in example.splitlines())
    changed.write_text(f"{head}{key}{comment}\n{indented}\n{claims}", encoding="utf-8")
    planned = plan_comparison(read(changed), STUDY)["claims"]
    own = planned.pop("mine-1")
    assert planned == plan_comparison(PARAMS, STUDY)["claims"]
    assert own["printed"] == {"dropout": 0.9898, "none": 0.9901}
    equal, gap = own["controlled"]
    assert (equal["metric"], equal["margin"], equal["equals"][0]["variant"]) == (
        "test_accuracy",
        0.002,
        "none",
    )
    operands = gap["of"][0]["variant"], gap["below"][0]["variant"]
    assert (gap["metric"], *operands) == ("generalization_gap", "dropout", "none")


def test_repeats_that_are_no_sample_are_asked_about_their_spread_only(tmp_path: Path) -> None:
    yaml = YAML()
    params = yaml.load(Path("params.yaml").read_text(encoding="utf-8"))
    claims = params["studies"]["mnist_variance"].setdefault("claims", {})
    path = tmp_path / "params.yaml"
    claims["mine-1"] = {
        "says": "Weights move it.",
        "controlled": {"of": {"spread": "weights"}, "above": 0.001},
    }
    yaml.dump(params, path)
    read(path)
    claims["mine-1"]["controlled"] = {"of": "weights", "above": "order"}
    yaml.dump(params, path)
    assert "mine-1.controlled.0: 'weights' has 'vary' or a split per repeat" in refusal(path)
