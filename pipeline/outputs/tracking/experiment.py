"""One study's runs in MLflow by key: missing ones added, changed ones refreshed, superseded ones marked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Self, TypeVar

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Metric, Param, Run, RunTag, ViewType

from pipeline.outputs.tracking.entries import KEY, Entry, Point
from pipeline.outputs.tracking.locks import WRITER
from pipeline.outputs.tracking.mlflow_store import list_runs
from pipeline.outputs.tracking.writers import lives, name_writer

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
        """The experiment as the store holds it, healed of what killed or simultaneous processes left.

        Half-written runs are deleted, but for those of another process that lives; of runs with one key one stays.
        """
        opened, own = cls(client, experiment_id, dvc_experiment), name_writer()
        for run in sorted(filter(_is_ours, list_runs(client, experiment_id, ViewType.ALL)), key=_precedence):
            tags = run.data.tags
            if tags.get(COMPLETE) == "true" and tags[KEY] not in opened.known:
                opened.known[tags[KEY]] = run
            elif not _is_deleted(run) and (tags.get(COMPLETE) == "true" or not _belongs_to_another(tags, own)):
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
        """Mark every run that the files no longer declare; those of no `dvc exp run` go to MLflow's bin, marked."""
        for run in [run for key, run in self.known.items() if key not in self.run_ids]:
            self._set_tags(run, _mark(run.data.tags, False, self.dvc_experiment))
            if self.dvc_experiment is None and DVC_EXPERIMENT not in run.data.tags and not _is_deleted(run):
                self.client.delete_run(run.info.run_id)

    def _add(self, entry: Entry) -> str:
        start, end = entry.span or (None, None)
        tags = {**_describe(entry), **_mark({}, True, self.dvc_experiment), WRITER: name_writer()}
        run = self.client.create_run(self.experiment_id, start, tags, entry.name)
        run_id: str = run.info.run_id
        self._log(run_id, entry.points, entry.params)
        if entry.data:
            self.client.log_inputs(run_id, list(entry.data))
        for path, folder in entry.artifacts:
            self.client.log_artifact(run_id, str(path), folder or None)
        self._log_texts(run_id, entry)
        self.client.set_terminated(run_id, "FINISHED", end)
        self.client.set_tag(run_id, COMPLETE, "true")  # last: without it the run counts as interrupted
        self.added += 1
        return run_id

    def _refresh(self, run: Run, entry: Entry) -> str:
        run_id: str = run.info.run_id
        if _is_deleted(run):
            self.client.restore_run(run_id)
        self._set_tags(run, {**_describe(entry), **_mark(run.data.tags, True, self.dvc_experiment)})
        shown, latest = run.data.metrics, {point.name: point for point in entry.points}
        # As text, so that a NaN is itself.
        changed = [point for point in latest.values() if str(shown.get(point.name)) != str(point.value)]
        self._log(run_id, [self._on_top(run_id, point) for point in changed])
        self._log_texts(run_id, entry)
        return run_id

    def _log_texts(self, run_id: str, entry: Entry) -> None:
        for file, text in entry.texts.items():
            self.client.log_text(run_id, text, file)

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


def _describe(entry: Entry) -> dict[str, str]:
    """Tags of an entry, with its description, which is the pipeline's and follows the results."""
    return {**entry.tags, **({"mlflow.note.content": entry.description} if entry.description else {})}


def _is_deleted(run: Run) -> bool:
    return bool(run.info.lifecycle_stage == LifecycleStage.DELETED)


def _is_ours(run: Run) -> bool:
    """Whether a run is one of the pipeline's; what was deleted by hand is not, what was superseded is."""
    return KEY in run.data.tags and (not _is_deleted(run) or run.data.tags.get(SUPERSEDED) == "true")


def _precedence(run: Run) -> tuple[bool, int, str]:
    """Which of several runs with one key stays: one that is shown, the earliest."""
    return _is_deleted(run), run.info.start_time, run.info.run_id


def _belongs_to_another(tags: Mapping[str, str], own: str) -> bool:
    """Whether a half-written run is being written by another process of this host."""
    return tags.get(WRITER, own) != own and lives(tags[WRITER]) is True


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
