"""One study's runs in MLflow by key: missing ones added, changed ones refreshed, superseded ones marked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Self, TypeVar

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag

from pipeline.outputs.tracking.entries import KEY, Entry, Point
from pipeline.outputs.tracking.mlflow_store import list_runs

COMPLETE = "claimcheck.complete"
SUPERSEDED = "claimcheck.superseded"
MODEL = "claimcheck.model"
DVC_EXPERIMENT = "dvc.experiment"
MAX_METRICS, MAX_PARAMS, MAX_TAGS = 900, 100, 100  # of one call, which takes 1000 in all

T = TypeVar("T")


@dataclass
class Experiment:
    """The complete runs of one MLflow experiment by key, and what has been declared of them."""

    client: MlflowClient  # of a store that nobody else writes to meanwhile
    experiment_id: str
    dvc_experiment: str | None  # the `dvc exp run` that this belongs to; it calls no other's runs superseded
    known: dict[str, Run] = field(default_factory=dict)  # what was there
    run_ids: dict[str, str] = field(default_factory=dict)  # what was declared since
    added: int = 0  # how much of that was not there

    @classmethod
    def open(cls, client: MlflowClient, experiment_id: str, dvc_experiment: str | None) -> Self:
        """The experiment as the store holds it, cleared of runs that a killed process left half-written."""
        opened = cls(client, experiment_id, dvc_experiment)
        for run in [one for one in list_runs(client, experiment_id) if KEY in one.data.tags]:
            if run.data.tags.get(COMPLETE) == "true":
                opened.known[run.data.tags[KEY]] = run
            else:
                client.delete_run(run.info.run_id)
        return opened

    def upsert(self, entry: Entry) -> str:
        """MLflow run id of an entry, which is in the store and up to date afterwards."""
        run = self.known.get(entry.key)
        run_id = self._add(entry) if run is None else self._refresh(run, entry)
        self.run_ids[entry.key] = run_id
        return run_id

    def had(self, entry: Entry, tag: str) -> bool:
        """Whether an entry was in the store, with a tag, when the experiment was opened."""
        return entry.key in self.known and tag in self.known[entry.key].data.tags

    def supersede(self) -> None:
        """Mark every run that the files no longer declare."""
        for key, run in self.known.items():
            if key not in self.run_ids:
                self._set_tags(run, _mark(run.data.tags, False, self.dvc_experiment))

    def _add(self, entry: Entry) -> str:
        note = {"mlflow.note.content": entry.description} if entry.description else {}
        tags = {**entry.tags, **_mark({}, True, self.dvc_experiment), **note}
        run = self.client.create_run(self.experiment_id, tags=tags, run_name=entry.name)
        run_id: str = run.info.run_id
        self._log(run_id, entry.points, entry.params)
        if entry.data:
            self.client.log_inputs(run_id, list(entry.data))
        for path, folder in entry.artifacts:
            self.client.log_artifact(run_id, str(path), folder or None)
        for file, text in entry.texts.items():
            self.client.log_text(run_id, text, file)
        self.client.set_terminated(run_id, "FINISHED")
        self.client.set_tag(run_id, COMPLETE, "true")  # last: without it the run counts as interrupted
        self.added += 1
        return run_id

    def _refresh(self, run: Run, entry: Entry) -> str:
        run_id: str = run.info.run_id
        self._set_tags(run, {**entry.tags, **_mark(run.data.tags, True, self.dvc_experiment)})
        shown, latest = run.data.metrics, {point.name: point for point in entry.points}
        # As text, so that a NaN is itself.
        changed = [point for point in latest.values() if str(shown.get(point.name)) != str(point.value)]
        self._log(run_id, [self._on_top(run_id, point) for point in changed])
        return run_id

    def _on_top(self, run_id: str, point: Point) -> Point:
        """The point at a step where MLflow shows it as the latest, even when n has shrunk."""
        steps = [old.step for old in self.client.get_metric_history(run_id, point.name)]
        return point._replace(step=max([point.step, *steps]))

    def _log(self, run_id: str, points: Sequence[Point], params: Mapping[str, str] | None = None) -> None:
        """Log metrics and params in as few calls as MLflow allows: every call costs some transactions."""
        now = time.time_ns() // 1_000_000
        metrics = _split([Metric(one.name, one.value, now, one.step) for one in points], MAX_METRICS)
        settings = _split([Param(name, value) for name, value in (params or {}).items()], MAX_PARAMS)
        for some, others in zip_longest(metrics, settings, fillvalue=()):
            self.client.log_batch(run_id, metrics=some, params=others)

    def _set_tags(self, run: Run, tags: Mapping[str, str]) -> None:
        changed = [RunTag(name, value) for name, value in tags.items() if run.data.tags.get(name) != value]
        for chunk in _split(changed, MAX_TAGS):
            self.client.log_batch(run.info.run_id, tags=chunk)


def _mark(tags: Mapping[str, str], declared: bool, dvc_experiment: str | None) -> dict[str, str]:
    """Tags that say whether the checkout, or else which `dvc exp run`s, declare a run."""
    if dvc_experiment is None:
        return {SUPERSEDED: "false" if declared else "true"}
    if not declared:
        return {}
    names = tags[DVC_EXPERIMENT].split(", ") if DVC_EXPERIMENT in tags else []
    return {DVC_EXPERIMENT: ", ".join([*names, *([] if dvc_experiment in names else [dvc_experiment])])}


def _split(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
