"""Named random streams: a repeat's seeds, and the seeds derived from them for layers and epochs.

Every random draw in the project comes from one of the streams `weights`, `order`, `noise` and `split`. A seed
depends on the stream's name and the repeat only, never on the variant, so that variants of a study pair.
"""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass

STREAMS = ("weights", "order", "noise", "split")


@dataclass(frozen=True)
class Seeds:
    """Seeds of one repeat, each in [0, 2**31)."""

    weights: int
    order: int
    noise: int
    split: int

    def to_dict(self) -> dict[str, int]:
        """Seeds by stream name."""
        return asdict(self)


def derive(*parts: object) -> int:
    """Seed in [0, 2**31) that depends on every part: the first 31 bits of SHA-256 over them."""
    text = "/".join(map(str, ("claimcheck", *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def repeat_seeds(repeat: int, vary: Collection[str] = STREAMS) -> Seeds:
    """Seeds of the repeat-th run (0-based) of any variant; a stream that does not vary keeps repeat 0's."""
    return Seeds(**{stream: derive(stream, repeat if stream in vary else 0) for stream in STREAMS})
