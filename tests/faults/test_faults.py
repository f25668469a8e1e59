"""Each fault once, those that take long with `make test-slow`; `make faults` inflicts them many times."""

import pytest

from tests.faults.faults import FAULTS
from tests.faults.kills import KILLS
from tests.faults.scene import Fault, Scene, build_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """One checkout for all faults, which leave it as it was."""
    scene = build_scene(tmp_path_factory.mktemp("faults"))
    scene.kills = 1
    return scene


@pytest.mark.parametrize(
    "fault", [pytest.param(one, id=one.name, marks=[pytest.mark.slow] * one.slow) for one in FAULTS]
)
def test_nothing_is_lost_or_wrong(scene: Scene, fault: Fault) -> None:
    outcome = fault.inflict(scene)
    assert outcome.tries and outcome.wrong == []


def test_make_faults_kills_at_least_fifty_times() -> None:
    each = [1 if "worker" in fault.name else Scene.kills for fault in KILLS]
    assert sum(fault.times * kills for fault, kills in zip(KILLS, each, strict=True)) >= 50
