"""What is sent to a cluster: bundles without their large arrays, which are named by what they hold."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.data.images import scale_to_unit
from pipeline.seeds import repeat_seeds
from pipeline.training.data import TrainingData
from pipeline.training.letters import LARGE, code_of, pack, unpack
from pipeline.training.pool import Bundle
from pipeline.training.work import Job, perform
from tests.builders import build_examples, build_recipe

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)


def job(digest: str = "d", pixels: Any = PIXELS, repeat: int = 0) -> Job:
    data = TrainingData(digest, 10, build_examples(pixels, np.arange(20) % 10), None, scale_to_unit())
    return Job(build_recipe(), None, repeat_seeds(repeat), data)


def bundle(*jobs: Job) -> Bundle:
    return Bundle(perform, list(jobs), list(range(len(jobs))))


def test_a_bundle_arrives_as_it_was_sent() -> None:
    sent = bundle(job(), job(repeat=1))
    (letter,) = pack([sent])
    arrived, code = unpack(letter.content, letter.arrays)
    assert arrived.function is perform
    assert arrived.indices == [0, 1]
    assert code == code_of(sent)
    for one, other in zip(sent.jobs, arrived.jobs, strict=True):
        assert (one.recipe, one.seeds, one.data) == (other.recipe, other.seeds, other.data)
        np.testing.assert_array_equal(one.data.train.images[:], other.data.train.images[:])
        np.testing.assert_array_equal(one.data.train.labels, other.data.train.labels)


def test_large_arrays_are_left_out_of_what_is_pickled() -> None:
    assert PIXELS.nbytes > LARGE
    (letter,) = pack([bundle(job())])
    assert len(letter.content) < LARGE
    assert [array.nbytes for array in letter.arrays.values()] == [PIXELS.nbytes]


def test_an_array_has_one_name_wherever_it_is_and_another_where_it_differs() -> None:
    letters = pack([bundle(job("a")), bundle(job("b"), job("c", PIXELS.copy())), bundle(job("d", 255 - PIXELS))])
    names = [list(letter.arrays) for letter in letters]
    assert names[0] == names[1]
    assert len(names[0]) == 1
    assert names[2] != names[0]


def test_a_shape_and_a_dtype_are_part_of_a_name() -> None:
    shapes = [PIXELS, PIXELS.reshape(20, 56, 14), PIXELS.view(np.int8)]
    assert len({name for one in shapes for letter in pack([bundle(job(pixels=one))]) for name in letter.arrays}) == 3


def test_an_array_that_is_mapped_from_a_file_is_sent_as_a_plain_one(tmp_path: Path) -> None:
    """Workers have no such file."""
    np.save(tmp_path / "x.npy", PIXELS)
    (letter,) = pack([bundle(job(pixels=np.load(tmp_path / "x.npy", mmap_mode="r")))])
    (array,) = letter.arrays.values()
    assert type(array) is np.ndarray


def test_code_counts_that_a_bundle_runs() -> None:
    assert code_of(bundle(job())) == code_of(bundle())
    other = replace(bundle(), function=pack)  # type: ignore[arg-type]  # any function of another module
    assert code_of(other) != code_of(bundle())
