"""One side of a condition as an arm: a value a repeat, from variants, numbers, or networks nobody trains."""

import zlib
from collections.abc import Callable, Mapping
from math import prod

import numpy as np
from scipy import stats

from pipeline.claims.recorded import Floats, NotRecordedError, Recorded
from pipeline.claims.vocabulary import KINDS, Network, Operand, SplitOf
from pipeline.data.splits import split_indices
from pipeline.metrics import metric as metric_of
from pipeline.metrics import words
from pipeline.models.architectures import blocks_of
from pipeline.models.layer_counts import ImpossibleShapeError, count, layers_of, total
from pipeline.params.task import Split
from pipeline.statistics.comparison import Arm

MOST_NAMED = 2  # variants in one operand; the claim itself names them all


def make_arm(operand: Operand, metric: str, recorded: Recorded) -> Arm:
    """An operand's values in each repeat, with its name in words; see `ask` for what it raises."""
    chosen = operand.metric or metric
    with np.errstate(invalid="ignore"):  # infinite - infinite is undefined, and scored as such
        name, values = _evaluate(operand, lambda variant: recorded.values(chosen, variant), recorded.n)
    if (about := metric_of(chosen)) and about.identity:
        values = np.full(len(values), values.max())
    if operand.metric:
        name = f"{name} ({operand.metric})"
    runs, at_chance = _identify(operand, chosen, recorded), _is_at_chance(operand, recorded)
    if operand.times != 1:
        return Arm(f"{operand.times:g} times {name}", operand.times * values, None, runs, at_chance)
    return Arm(name, values, _images(operand, chosen, recorded), runs, at_chance)


def label_operand(operand: Operand, titles: Mapping[str, str], share: bool = False) -> str:
    """An operand as a sentence names it: variants by titles, more than two by their number, a `share` in percent."""
    named = [titles.get(name) or name for name in operand.variants]
    listed = " and ".join(named) if len(named) <= MOST_NAMED else f"{len(named)} variants"
    match operand:
        case Operand(variant=str()):
            text = named[0]
        case Operand(spread=str()):
            text = f"the sd of {named[0]}"
        case Operand(deviation=str()):
            text = f"the distance of {named[0]} from its median"
        case Operand(difference=[_, _]):
            text = f"{named[0]} minus {named[1]}"
        case Operand(rank=str(name)):
            text = f"the rank of {titles.get(name) or name}"
        case Operand(value=float(number)):
            text = f"{100 * number:g} %" if share else np.format_float_positional(number, trim="-")
            text = text.replace("-", "−")
        case Operand(network=Network() as network):
            text = _name_network(network)
        case Operand(split=SplitOf() as split):
            text = f"the split of seed {split.seed}"
        case _:
            text = f"the {'lowest' if operand.lowest else 'highest' if operand.highest else 'spread'} of {listed}"
    text = f"{text} ({words(operand.metric)})" if operand.metric else text
    return f"{operand.times:g} times {text}" if operand.times != 1 else text


def _identify(operand: Operand, metric: str, recorded: Recorded) -> tuple[str, ...] | None:
    """What an operand is computed from in each repeat: equal texts mean equal runs, bit for bit, in equal roles."""
    named = operand.variants
    if not named or not all(name in recorded.identities for name in named):
        return None
    kind = next(name for name in KINDS if getattr(operand, name) is not None)
    runs = zip(*(recorded.identities[name] for name in named), strict=True)
    return tuple(" ".join((metric, kind, f"{operand.times:g}", *one)) for one in runs)


def is_same_run(operand: Operand, recorded: Recorded) -> bool:
    """Whether an operand is the difference of two variants that are the same run, bit for bit, in every repeat."""
    first, second = map(recorded.identities.get, operand.difference or ("", ""))
    return operand.difference is not None and first is not None and first == second


def _is_at_chance(operand: Operand, recorded: Recorded) -> bool:
    return bool(operand.variants) and set(operand.variants) <= recorded.at_chance


def _evaluate(operand: Operand, of: Callable[[str], Floats], n: int) -> tuple[str, Floats]:
    """An operand in words, and its values in n repeats; `of` gives a variant's."""
    match operand:
        case Operand(variant=str(name)):
            return name, of(name)
        case Operand(spread=str(name)):
            return f"the sd of {name} over repeats", of(name)
        case Operand(value=float(number)):
            return f"{number:g}", np.full(n, number)
        case Operand(difference=[first, second]):
            return f"{first} minus {second}", of(first) - of(second)
        case Operand(deviation=str(name)):
            return f"the distance of {name} from its median", _deviations(of(name))
        case Operand(network=Network() as network):
            return _name_network(network), np.full(n, _parameters(network))
        case Operand(split=SplitOf() as split):
            return f"the split of seed {split.seed}", np.full(n, float(_checksum(split)))
    names = operand.lowest or operand.highest or operand.sd_over or operand.among or []
    return _reduce(operand, ", ".join(names), np.array([of(name) for name in names]))


def _reduce(operand: Operand, listed: str, values: Floats) -> tuple[str, Floats]:
    """The same of an operand over several variants, whose values have shape (variants, n)."""
    if operand.lowest:
        return f"the lowest of {listed}", values.min(axis=0)
    if operand.highest:
        return f"the highest of {listed}", values.max(axis=0)
    if operand.sd_over:
        return f"the spread over {listed}", values.std(axis=0, ddof=1)
    place = (operand.among or []).index(str(operand.rank))
    return f"the rank of {operand.rank} among {listed}", stats.rankdata(-values, axis=0)[place]


def _deviations(values: Floats) -> Floats:
    finite = values[np.isfinite(values)]
    return np.abs(values - (np.median(finite) if finite.size else np.nan))


def _images(operand: Operand, metric: str, recorded: Recorded) -> Floats | None:
    """What each repeat got of each test image, where the operand is linear in it; a number is one for all."""
    match operand:
        case Operand(variant=str(name)):
            return recorded.images(metric, name)
        case Operand(value=float(number)):
            return np.asarray(number)
        case Operand(difference=[first, second]):
            one, other = recorded.images(metric, first), recorded.images(metric, second)
            return None if one is None or other is None or one.shape != other.shape else one - other
    return None


def _parameters(network: Network) -> float:
    try:
        return float(count_parameters(network))
    except ImpossibleShapeError as error:
        raise NotRecordedError(f"there is no {_name_network(network)}: {error}") from None


def _checksum(split: SplitOf) -> int:
    """CRC-32 of the indices that train, drawn anew at each call."""
    declared = Split(kind="shuffled", fraction=split.fraction, seed=split.seed)
    train, _ = split_indices(np.zeros(split.n, np.uint8), declared, "claim")
    return zlib.crc32(train.astype("<i8").tobytes())


def _name_network(network: Network) -> str:
    size = "x".join(map(str, network.input_shape))
    layer = f"{network.layer} of " if network.layer else ""
    dense = "a dense layer in place of " if network.as_dense else ""
    units = f" with {network.units} units" if network.units else ""
    pooling = "" if network.pooling else " without pooling"
    return f"{dense}{layer}{network.architecture}{units}{pooling} on {size}"


def count_parameters(network: Network) -> int:
    """Parameters of all layers, of one, or of a dense layer that gives the same output from the same input.

    Raises
    ------
    KeyError
        When the network has no layer of the name; `check.check_claims` refuses such a claim.
    """
    named = dict(layers_of(blocks_of(network.architecture, network.units), network.classes, pooling=network.pooling))
    rows = dict(zip(named, count(list(named.values()), tuple(network.input_shape)), strict=True))
    if network.layer is None:
        return total(list(rows.values()))
    row = rows[network.layer]
    if not network.as_dense:
        return row.parameters
    before = [network.input_shape, *(one.shape for one in rows.values())][list(rows).index(network.layer)]
    return prod(row.shape) * (prod(before) + 1)
