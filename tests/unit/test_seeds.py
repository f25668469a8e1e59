"""Seeds: golden values, and what they do and don't depend on."""

import hashlib

import numpy as np
import pytest

from pipeline.seeds import STREAMS, Seeds, derive, repeat_seeds


def first_31_bits(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) // 2


@pytest.mark.parametrize("parts", [("weights", 0), ("order", 9), (123, "conv1", "kernel"), ()])
def test_a_seed_is_the_first_31_bits_of_sha256(parts: tuple[object, ...]) -> None:
    assert derive(*parts) == first_31_bits("/".join(["claimcheck", *map(str, parts)]))


def test_seeds_of_the_first_repeats_never_change() -> None:
    """From `printf claimcheck/weights/0 | sha256sum`, the first eight hex digits halved, and so on."""
    assert repeat_seeds(0) == Seeds(weights=1172592396, order=309975155, noise=301152524, split=1710537293)
    assert repeat_seeds(1) == Seeds(weights=1378825866, order=325586392, noise=1009360754, split=340754862)


def test_streams_and_repeats_all_differ() -> None:
    seeds = [seed for repeat in range(200) for seed in repeat_seeds(repeat).to_dict().values()]
    assert len(set(seeds)) == 200 * len(STREAMS)


@pytest.mark.parametrize("vary", [[], ["weights"], ["order"], ["noise"], ["split"], ["noise", "split"], STREAMS])
def test_streams_that_do_not_vary_keep_the_first_repeats_seed(vary: list[str]) -> None:
    first, fifth, seeds = (one.to_dict() for one in (repeat_seeds(0), repeat_seeds(5), repeat_seeds(5, vary)))
    assert seeds == {stream: (fifth if stream in vary else first)[stream] for stream in STREAMS}
    assert repeat_seeds(0, vary) == repeat_seeds(0)


def test_a_seed_depends_on_every_part_of_its_name() -> None:
    names = [("weights", 1), ("weight", 1), ("weights", 2), ("weights", 1, "conv1"), ("weights", 1, "conv2")]
    assert len({derive(*name) for name in names}) == len(names)


def test_seeds_fill_the_range_of_a_non_negative_int32() -> None:
    seeds = np.array([derive("order", repeat) for repeat in range(4000)], dtype=np.int64)
    assert seeds.min() >= 0
    assert seeds.max() < 2**31
    counts, _ = np.histogram(seeds, bins=8, range=(0, 2**31))
    assert counts.min() > 400  # expected 500 in each, standard deviation 21
