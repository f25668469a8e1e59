"""What a claim asks of its study: refused before anything is planned."""

from collections.abc import Collection, Iterator, Mapping

from pipeline.claims.vocabulary import TIMED, Condition
from pipeline.errors import UserError, hint
from pipeline.models.architectures import layer_names
from pipeline.params.schema import Study
from pipeline.params.section import place
from pipeline.params.task import Task

DROP = "accuracy_drop_shift_"
SHIFTED = ("test_accuracy_shift_", DROP)


def check_claims(tasks: Mapping[str, Task], study: Study, where: str, key: str) -> None:
    """Raise a UserError for the first claim of a study that speaks of something it doesn't have."""
    unsampled = {name for name, own in study.variants.items() if not _is_sampled(tasks, study, own)}
    for name, claim in study.claims.items():
        for scope, conditions in claim.tests.items():
            for number, condition in enumerate(conditions):
                for mistake in _mistakes(study, condition, unsampled):
                    at = place(where, f"{key}.claims.{name}.{scope}.{number}")
                    raise UserError(f"{at}: {mistake}")


def _is_sampled(tasks: Mapping[str, Task], study: Study, own: Mapping[str, object]) -> bool:
    """Whether a variant's repeats are independent: no stream is held fixed, and no split is drawn anew."""
    task = tasks[str(own.get("task") or study.task)]
    return own.get("vary") is None and task.split.seed != "repeat"


def _mistakes(study: Study, condition: Condition, unsampled: Collection[str]) -> Iterator[str]:
    spread = {one.spread for one in condition.operands if one.spread}  # spreads stand against numbers only
    for variant in condition.variants:
        if variant in unsampled and variant not in spread:
            yield f"'{variant}' has 'vary' or a split per repeat: expected only its 'spread' to be asked about."
    for variant in condition.variants:
        if variant not in study.variants:
            yield f"'{variant}' is no variant of the study. {hint(variant, study.variants)}"
    for name in condition.metrics:
        if name.startswith(SHIFTED) and int(name.rpartition("_")[2]) not in (study.shifts or ()):
            yield f"{name}: expected a shift that the study's 'shifts' name; received {study.shifts}."
        if name.startswith(DROP) and 0 not in (study.shifts or ()):
            yield f"{name}: expected 'shifts' with 0, which the loss is measured from; received {study.shifts}."
    for network in (one.network for one in condition.operands if one.network):
        layers = layer_names(network.architecture, network.pooling)
        if network.layer is not None and network.layer not in layers:
            yield f"'{network.layer}' is no layer of {network.architecture}. {hint(network.layer, layers)}"
    if len({name in TIMED for name in condition.metrics}) > 1:
        yield "expected metrics that are all times, or none; times are measured apart."
