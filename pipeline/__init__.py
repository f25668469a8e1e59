"""Claimcheck: what training, comparing and reporting share begins here, before numpy is imported."""

import os
import platform
from pathlib import Path


def _has_avx2() -> bool:
    """Whether an x86-64 processor has AVX2; taken for granted where it can't be read."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return " avx2 " in file.read(8192)
    except OSError:
        return True


# OpenBLAS sums products in an order that differs between processors. It reads this once, when numpy is imported.
if platform.machine() in ("x86_64", "AMD64") and _has_avx2():
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
