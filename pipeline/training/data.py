"""What one run is given: train and validation examples with their scaling."""

from dataclasses import dataclass, field, replace

from pipeline.data.images import Examples
from pipeline.data.scaling import Scaling
from pipeline.data.splits import split_examples
from pipeline.params.task import Split


@dataclass(frozen=True)
class TrainingData:
    """What training may see of a task; equal when digests are equal.

    Attributes
    ----------
    digest : str
        SHA-256 over the digests of everything in it; after a division, with its seed.
    classes : int
        Number of classes.
    train, validation : Examples
        Unscaled images and labels; `validation` is None without a validation set.
    scaling : Scaling
        From pixels to what the network is given.
    split : Split or None
        How each repeat divides `train`, which is then all development images; see `divide`.
    """

    digest: str
    classes: int
    train: Examples = field(compare=False, repr=False)
    validation: Examples | None = field(compare=False, repr=False)
    scaling: Scaling = field(compare=False, repr=False)
    split: Split | None = field(default=None, compare=False)

    def divide(self, seed: int) -> "TrainingData":
        """Train and validation examples of the repeat whose stream `split` has this seed; needs a `split`."""
        assert self.split is not None
        train, validation = split_examples(self.train, self.split, seed)
        digest = f"{self.digest}/{seed}"
        return replace(self, digest=digest, train=train, validation=validation, split=None)
