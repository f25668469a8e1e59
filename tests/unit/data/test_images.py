"""Images: rows of an array on disk, indexed as if they were an array of their own with a channel axis."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.images import Examples, Images, Pixels
from pipeline.files import digest, read_array, write_array

ROWS = np.array([6, 0, 3, 3, 5], np.int32)
CHOICES: dict[str, Any] = {
    "all": slice(None),
    "a slice": slice(1, 4),
    "a stride": slice(None, None, -2),
    "none": slice(0, 0),
    "beyond the end": slice(3, 100),
    "indices": np.array([4, 0, 0]),
    "a list": [2, -1],
    "no indices": np.array([], np.int64),
    "a mask": np.array([True, False, False, True, True]),
}


def pixels(*channels: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (7, 4, 3, *channels), dtype=np.uint8)


def images(array: Pixels) -> Images:
    return Images(array, ROWS, digest(array))


@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_an_index_is_fancy_indexing_with_a_channel_axis(channels: tuple[int, ...], chosen: Any) -> None:
    array = pixels(*channels)
    expected = array.reshape(7, 4, 3, -1)[ROWS][chosen]
    found = images(array)[chosen]
    assert (str(found.dtype), found.shape) == ("uint8", expected.shape)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("channels", "expected"), [((), 1), ((1,), 1), ((3,), 3)])
def test_the_shape_is_that_of_all_chosen_images(channels: tuple[int, ...], expected: int) -> None:
    made = images(pixels(*channels))
    assert made.shape == made[:].shape == (5, 4, 3, expected)
    assert len(made) == 5


def test_images_mapped_from_a_file_are_those_in_memory(tmp_path: Path) -> None:
    array = pixels()
    write_array(tmp_path / "x.npy", array)
    mapped = images(read_array(tmp_path / "x.npy"))
    found = mapped[:]
    np.testing.assert_array_equal(found, images(array)[:])
    assert type(found) is np.ndarray  # read into memory of its own; the file stays as it is
    found[:] = 0
    np.testing.assert_array_equal(mapped[:], images(array)[:])


def test_to_take_examples_is_to_index_images_and_labels() -> None:
    labels = np.array([1, 0, 2, 2, 1], np.uint8)
    some = Examples(images(pixels()), labels).take(np.array([3, 0]))
    assert len(some) == len(some.images) == 2
    np.testing.assert_array_equal(some.images[:], images(pixels())[[3, 0]])
    assert some.labels.tolist() == [2, 1]
    again = some.take(np.array([1]))
    np.testing.assert_array_equal(again.images[:], images(pixels())[[0]])
    assert again.labels.tolist() == [1]


def test_to_take_examples_reads_no_pixel_and_keeps_the_arrays_digest() -> None:
    class Unread:
        shape = (7, 4, 3)

        def __getitem__(self, chosen: object) -> None:
            raise AssertionError("read")

    unread: Any = Unread()
    some = Examples(Images(unread, ROWS, "d"), np.zeros(5, np.uint8)).take(np.arange(2))
    assert (some.images.digest, some.images.shape) == ("d", (2, 4, 3, 1))
    assert some.images.rows.dtype == np.int32
    with pytest.raises(AssertionError, match="read"):
        some.images[:]
