"""How far all runs are: images done while runs are under way, and the time left by the rates measured so far."""

import sys
import threading
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tqdm import tqdm

from pipeline.training.pool import News

BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} images [{elapsed}{postfix}]"


@dataclass(frozen=True)
class Planned:
    """A run to come: what its rate depends on, and the images that it will take at the most."""

    network: Hashable
    images: int


class Rates:
    """Seconds an image of each network, from all that was measured of it; of an unknown one, that of all others."""

    def __init__(self) -> None:
        self._images: dict[Hashable, int] = defaultdict(int)
        self._seconds: dict[Hashable, float] = defaultdict(float)

    def add(self, network: Hashable, images: int, seconds: float) -> None:
        """Count images that took so many seconds."""
        self._images[network] += images
        self._seconds[network] += seconds

    def seconds(self, left: Mapping[Hashable, int]) -> float | None:
        """Time of one worker for so many images of each network; None while nothing was measured."""
        images = sum(self._images.values())
        if not images:
            return None
        mean = sum(self._seconds.values()) / images
        return sum(n * (self._seconds[k] / self._images[k] if self._images.get(k) else mean) for k, n in left.items())


class Progress:
    """A bar of images done over all runs, by name; used as a context, and safe to be told by several threads."""

    def __init__(self, runs: Mapping[str, Planned], workers: int, label: str, rates: Rates | None = None) -> None:
        self._runs, self._workers, self._rates = runs, workers, rates or Rates()
        self._left: dict[Hashable, int] = defaultdict(int)
        for run in runs.values():
            self._left[run.network] += run.images
        self._heard: dict[str, News] = {}
        self._finished: set[str] = set()
        self._total = sum(run.images for run in runs.values())
        self._lock = threading.Lock()
        pause = 0.5 if sys.stderr.isatty() else 15.0
        self._bar = tqdm(
            total=self._total,
            desc=label,
            unit_scale=True,
            bar_format=BAR,
            mininterval=pause,
            maxinterval=pause,
            disable=not runs,
        )
        self._bar.set_postfix_str(self._state())  # the time left is there from the start, where rates are

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.close()

    def hear(self, name: str, news: News) -> None:
        """Take note how far a run is; one that a lost worker had begun may begin anew."""
        with self._lock:
            if name in self._finished:
                return  # late news: all of it is counted
            before = self._heard.get(name, News(0, 0, 0.0))
            more = news.images - before.images
            self._heard[name] = news
            self._left[self._runs[name].network] -= more
            self._rates.add(self._runs[name].network, more, news.seconds - before.seconds)
            self._show(more)

    def hear_of(self, names: Sequence[str], news: News) -> None:
        """Take note how far a run is, whose name stands at the place that the news has."""
        self.hear(names[news.index], news)

    def finish(self, name: str) -> None:
        """A run is over, be it before its last planned image."""
        with self._lock:
            self._finished.add(name)
            done = self._heard[name].images if name in self._heard else 0
            unused = self._runs[name].images - done
            self._left[self._runs[name].network] -= unused
            self._total -= unused
            self._bar.total = self._total
            self._show(0)

    def _show(self, more: int) -> None:
        self._bar.set_postfix_str(self._state(), refresh=False)
        self._bar.update(more)

    def _state(self) -> str:
        seconds = self._rates.seconds(self._left)
        count = f"{len(self._finished)} of {len(self._runs)} finished"
        return count if seconds is None else f"{tqdm.format_interval(seconds / self._workers)} left, {count}"
