"""A Dask cluster as a pool: workers share no disk, an array goes to each of them once, a lost job is done again."""

import io
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import joblib
import numpy as np
import numpy.typing as npt

from pipeline.backend import start_tensorflow
from pipeline.dependencies import fingerprint_code
from pipeline.errors import UserError
from pipeline.files import Arrays, hash_json
from pipeline.files import digest as digest_of
from pipeline.training.fingerprint import VALUES, library_versions
from pipeline.training.pool import Bundle, Done, News, Say

if TYPE_CHECKING:
    from distributed import Client

LARGE = 10_000  # bytes from which an array goes by its digest
SECONDS_TO_ANSWER = 10
CLUSTER = "execution.backend: dask"


@dataclass(frozen=True)
class DaskPool:
    """Workers of a cluster, each a process of one thread with the same code and libraries as this one."""

    client: "Client"
    held: dict[str, Any] = field(default_factory=dict, init=False)  # arrays of several bundles, by digest, to the end

    @property
    def workers(self) -> int:
        """How many there are now; others may join and go."""
        return len(self.client.ncores())

    def run(self, bundles: Iterable[Bundle], hear: Say) -> Iterator[list[Done]]:
        """See `Pool`."""
        letters = pack(bundles)
        uses = Counter(digest for letter in letters for digest in letter.arrays)
        arrays = {digest: array for letter in letters for digest, array in letter.arrays.items()}
        topic = f"claimcheck-{uuid4().hex}"
        with joblib.parallel_config(backend="dask", client=self.client), self._listening(topic, hear):
            for digest in (digest for digest, count in uses.items() if count > 1 and digest not in self.held):
                self.held[digest] = self.client.submit(_itself, arrays[digest], key=f"array-{digest}")
            pool = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
            yield from pool(joblib.delayed(_work)(one.content, self._sent(one.arrays), topic) for one in letters)

    def _sent(self, arrays: Arrays) -> dict[str, Any]:
        """Arrays of one bundle: those of several are tasks, whose results a worker fetches once.

        The scheduler can make a task's result anew where the workers that had it are gone.
        """
        return {digest: self.held.get(digest, array) for digest, array in arrays.items()}

    @contextmanager
    def _listening(self, topic: str, hear: Say) -> Iterator[None]:
        import dask

        self.client.subscribe_topic(topic, lambda event: hear(News(*event[1])))
        try:
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):  # arrays, sent once
                yield
        finally:
            self.client.unsubscribe_topic(topic)


@contextmanager
def cluster(address: str) -> Iterator[DaskPool]:
    """Workers of the scheduler at an address, such as tcp://127.0.0.1:8786.

    Raises
    ------
    UserError
        When Dask isn't installed, nobody answers, there is no worker, or workers have more threads than one.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UserError(f"{CLUSTER}: expected Dask to be installed: python -m pip install '.[dask]'") from None
    try:
        client = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(
            f"execution.scheduler: expected a Dask scheduler at {address}; {error}. "
            "Start one: dask scheduler --host 127.0.0.1"
        ) from None
    with client:
        threads = client.ncores().values()
        if not threads or max(threads) > 1:
            raise UserError(
                f"{CLUSTER}: expected workers of one thread each; received {len(threads)} workers with "
                f"{sum(threads)} threads. Start some: dask worker {address} --nworkers 2 --nthreads 1"
            )
        yield DaskPool(client)


@dataclass(frozen=True)
class Letter:
    """A bundle as it is sent: pickled, but for its large arrays, which it names by their digests."""

    content: bytes
    arrays: Arrays = field(repr=False)


def pack(bundles: Iterable[Bundle]) -> list[Letter]:
    """Bundles as letters, in which equal arrays have one name."""
    names: dict[int, tuple[str, npt.NDArray[Any]]] = {}  # by the array's own id, so that each is hashed once
    letters = []
    for bundle in bundles:
        file = io.BytesIO()
        pickler = _Pickler(file, names)
        pickler.dump((bundle, code_of(bundle)))
        letters.append(Letter(file.getvalue(), pickler.arrays))
    return letters


class _Pickler(pickle.Pickler):
    """Leaves large arrays out, and collects them by their digests."""

    def __init__(self, file: io.BytesIO, names: dict[int, tuple[str, npt.NDArray[Any]]]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._names, self.arrays = names, Arrays()

    def persistent_id(self, obj: Any) -> str | None:
        """Name of an array that is not pickled; None for all else."""
        if not isinstance(obj, np.ndarray) or obj.nbytes < LARGE:
            return None
        if id(obj) not in self._names:
            self._names[id(obj)] = hash_json([str(obj.dtype), list(obj.shape), digest_of(obj)]), obj
        name = self._names[id(obj)][0]
        self.arrays[name] = np.asarray(obj)  # plain, where it was mapped from a file
        return name


class _Unpickler(pickle.Unpickler):
    """Puts the arrays back."""

    def __init__(self, content: bytes, arrays: Arrays) -> None:
        super().__init__(io.BytesIO(content))
        self._arrays = arrays

    def persistent_load(self, name: str) -> npt.NDArray[Any]:
        """The array of a name."""
        return self._arrays[name]


def unpack(content: bytes, arrays: Arrays) -> tuple[Bundle, str]:
    """A bundle, and what `code_of` said of it where it was packed."""
    bundle, code = _Unpickler(content, arrays).load()
    return bundle, code


def code_of(bundle: Bundle) -> str:
    """SHA-256 (hex) of the code and of the versions of libraries that a bundle's results depend on."""
    return _code(bundle.function.__module__)


@cache
def _code(module: str) -> str:
    return hash_json([fingerprint_code((module, "pipeline.backend"), leave=VALUES), library_versions()])


def _itself(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array


def _work(content: bytes, arrays: Arrays, topic: str) -> list[Done]:
    from distributed import get_worker

    bundle, code = unpack(content, arrays)
    worker = get_worker()
    if code != code_of(bundle):  # the results would be kept as something that they are not
        raise UserError(
            f"{CLUSTER}: expected the same code and libraries as here on every worker; {worker.address} has others. "
            "Install this checkout there, with the versions of requirements.lock."
        )
    start_tensorflow()
    return bundle.work(partial(_say, worker, topic))


def _say(worker: Any, topic: str, news: News) -> None:
    worker.log_event(topic, list(astuple(news)))
