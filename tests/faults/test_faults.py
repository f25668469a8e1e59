"""Each fault once; `make faults` inflicts them many times."""

import pytest

from tests.faults.faults import FAULTS
from tests.faults.scene import Fault, Scene, build_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """One checkout for all faults, which leave it as it was."""
    return build_scene(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("fault", [pytest.param(one, id=one.name) for one in FAULTS])
def test_nothing_is_lost_or_wrong(scene: Scene, fault: Fault) -> None:
    outcome = fault.inflict(scene)
    assert outcome.wrong == []
