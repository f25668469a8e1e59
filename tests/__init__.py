"""Tests begin as every command does, with `pipeline`, before any of them imports numpy: it chooses how numpy sums."""

import pipeline  # noqa: F401
