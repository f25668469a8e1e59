"""A Dask cluster as a pool: workers share no disk, an array goes to each of them once, a lost job is done again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import dask
import joblib
import numpy.typing as npt
from distributed import Client, KilledWorker, WorkerPlugin, get_worker

from pipeline.backend import start_tensorflow
from pipeline.errors import UserError
from pipeline.files import Arrays
from pipeline.training.letters import code_of, pack, unpack
from pipeline.training.pool import Bundle, Done, News, Say

SECONDS_TO_ANSWER = 10
QUIET = {"distributed.admin.large-graph-warning-threshold": "1TB"}  # the weights of a bundle are large, and sent once


class Shared(WorkerPlugin):
    """An array that every worker is given once, when it is first needed by anyone or when the worker joins.

    Dask would fetch a task's result again and again, as it drops copies that nobody waits for.
    """

    idempotent = True

    def __init__(self, digest: str, array: npt.NDArray[Any]) -> None:
        self.name, self.array = f"claimcheck-{digest}", array


@dataclass(frozen=True)
class DaskPool:
    """Workers of a cluster, each a process of one thread with the same code and libraries as this one."""

    client: Client
    shared: dict[str, Shared] = field(default_factory=dict, init=False)  # by digest; the workers', until `release`

    @property
    def workers(self) -> int:
        """How many there are now; others may join and go."""
        return len(self.client.ncores())

    def run(self, bundles: Iterable[Bundle], hear: Say) -> Iterator[list[Done]]:
        """See `Pool`."""
        letters = pack(bundles)
        self._share([letter.arrays for letter in letters])
        topic = f"claimcheck-{uuid4().hex}"
        with joblib.parallel_config(backend="dask", client=self.client), self._listening(topic, hear):
            pool = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
            try:
                yield from pool(joblib.delayed(_work)(one.content, self._own(one.arrays), topic) for one in letters)
            except KilledWorker:
                raise UserError(
                    "Workers of the cluster were killed, by someone or for want of memory. Finished runs are kept; run "
                    "it again, with more memory for each where that is short: dask worker --memory-limit."
                ) from None

    def release(self) -> None:
        """Let the workers forget the arrays that they were given."""
        for array in self.shared.values():
            self.client.unregister_worker_plugin(array.name)

    def _share(self, arrays: Iterable[Arrays]) -> None:
        """Give the arrays that several bundles need to every worker."""
        every = list(arrays)
        uses = Counter(digest for own in every for digest in own)
        for own in every:
            for digest, array in own.items():
                if uses[digest] > 1 and digest not in self.shared:
                    self.shared[digest] = Shared(digest, array)
                    self.client.register_plugin(self.shared[digest])

    def _own(self, arrays: Arrays) -> dict[str, npt.NDArray[Any] | None]:
        """Arrays of one bundle; None for those that the worker has."""
        return {digest: None if digest in self.shared else array for digest, array in arrays.items()}

    @contextmanager
    def _listening(self, topic: str, hear: Say) -> Iterator[None]:
        self.client.subscribe_topic(topic, lambda event: hear(News(*event[1])))
        try:
            with dask.config.set(QUIET):
                yield
        finally:
            self.client.unsubscribe_topic(topic)


@contextmanager
def cluster(address: str) -> Iterator[DaskPool]:
    """Workers of the scheduler at an address, such as tcp://127.0.0.1:8786.

    Raises
    ------
    UserError
        When nobody answers, there is no worker, or workers have more threads than one.
    """
    try:
        client = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(
            f"execution.scheduler: expected a Dask scheduler at {address}; {error}. "
            "Start one: dask scheduler --host 127.0.0.1 --dashboard-address 127.0.0.1:8787"
        ) from None
    with client:
        threads = client.ncores().values()
        if not threads or max(threads) > 1:
            raise UserError(
                f"execution.backend: expected workers of one thread each at {address}; received {len(threads)} workers "
                f"with {sum(threads)} threads. "
                f"Start some: dask worker {address} --nworkers 2 --nthreads 1"
            )
        pool = DaskPool(client)
        try:
            yield pool
        finally:
            pool.release()


def _work(content: bytes, own: dict[str, npt.NDArray[Any] | None], topic: str) -> list[Done]:
    worker = get_worker()
    given = {one.name: one.array for one in worker.plugins.values() if isinstance(one, Shared)}
    arrays = {name: given[f"claimcheck-{name}"] if array is None else array for name, array in own.items()}
    bundle, code = unpack(content, arrays)
    if code != code_of(bundle):  # the results would be kept as something that they are not
        raise UserError(
            f"execution.backend: expected the same code and libraries as here on every worker; {worker.address} has "
            "others. Install this checkout there, with the versions of requirements.lock."
        )
    start_tensorflow()
    return bundle.work(partial(_say, worker, topic))


def _say(worker: Any, topic: str, news: News) -> None:
    worker.log_event(topic, list(astuple(news)))
