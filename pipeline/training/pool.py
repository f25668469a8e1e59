"""Who does the work: bundles of jobs through this machine's workers, and what workers tell while they are at it."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import joblib
from joblib.externals.loky import process_executor

from pipeline import layout
from pipeline.backend import start_tensorflow, take_gpu, visible_gpus
from pipeline.errors import UserError
from pipeline.folders import unfinished
from pipeline.params.schema import Execution
from pipeline.processes import end_with

WORKERS = "CLAIMCHECK_WORKERS"
SECONDS_BETWEEN_LOOKS = 0.5
MAY_GROW = 1_000_000_000  # bytes; loky ends a worker at 0.3 GB, which is a few traces, and a start costs as many


@dataclass(frozen=True)
class News:
    """How far a job is: which one, images done, and the seconds that they took."""

    index: int
    images: int
    seconds: float


Say = Callable[[News], None]


class Done(NamedTuple):
    """A finished job: its result, and the last news of it."""

    result: Any
    news: News


class Teller:
    """Says of one job how far it is, whenever its function tells of more images."""

    def __init__(self, index: int, say: Say) -> None:
        self._index, self._say, self._images, self._began = index, say, 0, time.perf_counter()

    def __call__(self, images: int) -> None:
        """Add images done since the last time."""
        self._images += images
        self._say(self.news())

    def news(self) -> News:
        """How far the job is."""
        return News(self._index, self._images, time.perf_counter() - self._began)


@dataclass(frozen=True)
class Bundle:
    """Jobs that one worker does in a row, their places among all jobs, and the function that does one."""

    function: Callable[[Any, Teller], Any]
    jobs: Sequence[Any]
    indices: Sequence[int]

    def work(self, say: Say) -> list[Done]:
        """Results of the jobs; `say` hears of them while they are under way."""
        done = []
        for index, job in zip(self.indices, self.jobs, strict=True):
            teller = Teller(index, say)
            done.append(Done(self.function(job, teller), teller.news()))
        return done


class Pool(Protocol):
    """Workers that do bundles, each in one thread, whose results no pool may change."""

    @property
    def workers(self) -> int:
        """How many there are."""

    def run(self, bundles: Iterable[Bundle], hear: Say) -> Iterator[list[Done]]:
        """What each bundle gave, as it finishes; `hear` is given news meanwhile, by another thread."""


@dataclass(frozen=True)
class LocalPool:
    """Processes of this machine; they map the arrays that lie on its disk."""

    workers: int

    def run(self, bundles: Iterable[Bundle], hear: Say) -> Iterator[list[Done]]:
        """See `Pool`."""
        main = os.getpid()
        pool = joblib.Parallel(
            n_jobs=self.workers,  # always the same, so that a process's next call finds its workers warm
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch="n_jobs",
            initializer=end_with,  # before a worker's first job, as it waits for the rest of one that was half sent
            initargs=(main,),
        )
        with unfinished(layout.UNFINISHED.absolute()) as folder, _listening(folder, hear):
            try:
                yield from pool(joblib.delayed(_work)(bundle, main, folder) for bundle in bundles)
            except process_executor.TerminatedWorkerError:
                raise UserError(
                    "A worker was killed, by someone or for want of memory. Finished runs are kept; run it again, "
                    f"with fewer workers where memory is short: {WORKERS}={max(1, self.workers // 2)}."
                ) from None


def local_pool(execution: Execution) -> LocalPool:
    """As many workers as CLAIMCHECK_WORKERS says, or else `execution.workers`; auto: one a GPU, or else one a core."""
    received = os.environ.get(WORKERS) or str(execution.workers)
    declared = str(len(visible_gpus()) or joblib.cpu_count()) if received == "auto" else received
    if not declared.isdecimal() or int(declared) < 1:
        raise UserError(f"{WORKERS}: expected a whole number from 1, or auto; received '{declared}'.")
    return LocalPool(int(declared))


def _work(bundle: Bundle, main: int, folder: Path) -> list[Done]:
    _prepare_worker(main)
    return bundle.work(partial(_write_news, folder))


@cache
def _prepare_worker(main: int) -> None:
    """Start TensorFlow, in a worker or in the main process itself."""
    if os.getpid() != main:
        process_executor._MAX_MEMORY_LEAK_SIZE = MAY_GROW
        take_gpu()
    start_tensorflow()


def _write_news(folder: Path, news: News) -> None:
    """Put a worker's latest news into its own file, whole."""
    file = folder / f"{os.getpid()}-{threading.get_ident()}"
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(" ".join(map(str, astuple(news))))
    unfinished.replace(file)


@contextmanager
def _listening(folder: Path, hear: Say) -> Iterator[None]:
    """Pass on the workers' latest news, twice a second."""
    over = threading.Event()

    def listen() -> None:
        while not over.wait(SECONDS_BETWEEN_LOOKS):
            for file in folder.glob("[0-9]*"):
                if not file.suffix:
                    index, images, seconds = file.read_text().split()
                    hear(News(int(index), int(images), float(seconds)))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
