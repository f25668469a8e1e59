"""The prose questions of the write-ups: what was answered and what is right."""

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Literal

from pipeline.models.layer_counts import total
from pipeline.writeups.convolution import maps
from pipeline.writeups.discrepancies_000 import TEST_ACCURACY
from pipeline.writeups.parameter_counts import parameters_of, reading
from pipeline.writeups.steps import Value, number


@dataclass(frozen=True)
class Question:
    """A prose question, the write-up's answer, the right one, and how the former fares."""

    id: str
    write_up: str
    where: str
    question: str
    written: str
    right: str
    verdict: Literal["right", "partly right", "wrong"]

    def to_dict(self) -> dict[str, Value]:
        """Question as plain values for JSON; `agrees` only when the answer is right as it stands."""
        return {**asdict(self), "agrees": self.verdict == "right"}


def _averages() -> tuple[str, str]:
    """Averages of the valid maps: cross-correlation, true convolution."""
    every = maps()
    return number(every["valid_correlation"].mean()), number(every["valid_convolution"].mean())


def _write_up_000() -> list[Question]:
    correlation, convolution = _averages()
    standard_error = sqrt(2 * 0.99 * 0.01 / 10_000)  # two test accuracies near 0.99 on 10,000 images each
    close = [accuracy for name, accuracy in TEST_ACCURACY.items() if name != "batch_norm"]
    spread = (max(close) - min(close)) / standard_error
    return [
        Question(
            "Q000-1",
            "000",
            "question 1",
            "Convolve the matrix with the kernel, then average-pool the result.",
            "−5.75",
            f"{correlation} with cross-correlation, which is what deep learning calls convolution; "
            f"{convolution} with the kernel turned by 180°.",
            "wrong",
        ),
        Question(
            "Q000-2",
            "000",
            "question 2",
            "What is observed when training with Adam, with and without a library?",
            "The library's model is more accurate and trains faster.",
            "Adam was never written by hand: the scratch model is a dense network under plain gradient "
            "descent. Its own logs show the scratch model finishing first, and the accuracy gap mixes "
            "architecture with library.",
            "wrong",
        ),
        Question(
            "Q000-3",
            "000",
            "question 3",
            "How do five regularisers affect the accuracy?",
            "They rank L1, early stopping, dropout, L2, batch normalisation.",
            f"The first four and the unregularised baseline lie at most {spread:.1f} standard errors of a "
            f"difference apart (one is ≈ {standard_error:.4f}), which ten comparisons allow by chance, and "
            "early stopping never acted. One run each cannot rank them.",
            "wrong",
        ),
    ]


WRITE_UP_001 = (
    Question(
        "Q001-1",
        "001",
        "problem 2",
        "Does early stopping save computation?",
        "Yes, half: it stopped at epoch 10 of 20.",
        "Only a run from fresh weights could show that. This one continued a trained network, so 20 + "
        "10 epochs were spent.",
        "wrong",
    ),
    Question(
        "Q001-2",
        "001",
        "problem 2, initialisers",
        "Which initialiser is best?",
        "random_normal; then, that all three do the same.",
        "random_normal and random_uniform tie at 30 errors and neither differs significantly from "
        "glorot_uniform's 37. Random biases and the threshold of 0.9 drive the missed sevens.",
        "wrong",
    ),
    Question(
        "Q001-3",
        "001",
        "problem 3",
        "What does the confusion matrix say?",
        "Class 0: 973 of 1000, or of 978; class 1 has a very high precision; class 8 is taken for 3 "
        "and 5; both matrices agree.",
        "Class 0: 973 of 980. A row gives recall, not precision. Class 8 went twice to 0, 2, 7 and 9 "
        "each and once to 3, never to 5. There is one matrix.",
        "wrong",
    ),
    Question(
        "Q001-4",
        "001",
        "problem 4",
        "Which mode of gradient descent is preferable?",
        "Mini-batch.",
        "Reasonable in general, but batch gradient descent was judged after about ten updates, and "
        "the order of the inference times of three identical graphs is noise.",
        "partly right",
    ),
)

WRITE_UP_002 = (
    Question(
        "Q002-1",
        "002",
        "2.3",
        "How many units does the last layer need?",
        "10",
        "10, one a class.",
        "right",
    ),
    Question(
        "Q002-2",
        "002",
        "2.5",
        "Does the number of parameters depend on the images' height and width?",
        "Yes, but only indirectly.",
        "In the feed-forward network directly, and linearly in height × width × channels, through its "
        "first dense layer. In convolutions not at all. In a convolutional network through the one "
        "dense layer behind the flattening; with global pooling, not at all.",
        "wrong",
    ),
    Question(
        "Q002-3",
        "002",
        "3.1 (8)",
        "Which activation belongs on the output?",
        "Softmax.",
        "Softmax: ten exclusive classes.",
        "right",
    ),
    Question(
        "Q002-4",
        "002",
        "3.4",
        "Which technique helps more against overfitting?",
        "Dropout; batch normalisation to some extent.",
        "The runs cannot tell: both were put into a larger architecture than the network they are "
        "compared with. By the gap between training and validation, batch normalisation overfits more "
        "than that network.",
        "wrong",
    ),
)


def _write_up_003() -> list[Question]:
    valid = [number(total(reading(classes))) for classes in (10, 4)]
    same = [number(total(reading(classes, "same", "same"))) for classes in (10, 4)]
    return [
        Question(
            "Q003-1",
            "003",
            "parameter calculation",
            "How many parameters are trainable, and how many are not?",
            "800, 3,208 and 292 in the convolutions, a head left as a formula; none that is not trainable.",
            f"{valid[0]} with ten classes and {valid[1]} with four (valid padding), or {same[0]} and "
            f"{same[1]} (same padding); none that is not trainable. The written formula lacks a kernel "
            "factor: it needs k².",
            "partly right",
        ),
        Question(
            "Q003-2",
            "003",
            "bonus",
            "What would improve the performance?",
            "Dropout, augmentation, learning-rate scheduling (Adam among them), batch normalisation, "
            "early stopping.",
            "The list is sound, but Adam is an optimiser and not a schedule, and mirroring a digit can "
            "change what it is. None of it was run.",
            "partly right",
        ),
    ]


WRITE_UP_004_DATA = (
    Question(
        "Q004-1",
        "004",
        "3.0.2",
        "What is the data type of the images?",
        "float64",
        "uint8; the cell ran after the images had been divided by 255.",
        "wrong",
    ),
    Question(
        "Q004-2",
        "004",
        "3.0.4",
        "How many values are missing?",
        "0",
        "0 (the expression shown would print 784 zeros, one a column).",
        "right",
    ),
    Question(
        "Q004-3",
        "004",
        "3.0.9",
        "How is the data split, and what does random_state do?",
        "It makes the shuffling reproducible.",
        "So it does, for one version of the library and one order of the data.",
        "right",
    ),
)

WRITE_UP_004_NETWORKS = (
    Question(
        "Q004-4",
        "004",
        "3.0.5",
        "What is the stride?",
        "The number of pixels the filter moves at each step.",
        "That, for pooling windows and feature maps as well.",
        "right",
    ),
    Question(
        "Q004-6",
        "004",
        "3.0.7",
        "What do pooling and flattening do?",
        "Pooling reduces the number of parameters.",
        "Pooling has no parameters and removes none of its own; it shrinks the map and with it the "
        "dense layer that follows.",
        "partly right",
    ),
    Question(
        "Q004-7",
        "004",
        "3.0.8",
        "How is a network tuned?",
        "The steps of the tuner, run with the test set as validation.",
        "Never select on the test set: hold out a validation set, fix the seed, and tell the tuner to "
        "overwrite its old trials.",
        "wrong",
    ),
    Question(
        "Q004-8",
        "004",
        "3.0.10",
        "What does the learning rate do?",
        "Too high and the network converges too quickly.",
        "Too high and the loss oscillates, diverges or settles at a worse value; too low and training "
        "is slow.",
        "wrong",
    ),
    Question(
        "Q004-9",
        "004",
        "3.0.11",
        "What makes a network deep?",
        "Several hidden layers.",
        "Several hidden layers.",
        "right",
    ),
)


def _cnn_against_ann() -> Question:
    smallest, baseline = number(parameters_of("tuned_cnn_100")), number(parameters_of("cnn3"))
    return Question(
        "Q004-5",
        "004",
        "3.0.6",
        "How does a CNN differ from an ANN?",
        "Weight sharing makes it invariant to translation, and it has fewer parameters.",
        "Weight sharing gives equivariance; pooling adds a limited invariance. A CNN is an ANN too. "
        "Its size hangs on the dense layer behind the flattening: the tuned CNN has at least "
        f"{smallest} parameters, that of write-up 000 has {baseline}.",
        "wrong",
    )


def questions() -> list[Question]:
    """Every prose question, in the order of the write-ups."""
    found = [
        *_write_up_000(),
        *WRITE_UP_001,
        *WRITE_UP_002,
        *_write_up_003(),
        *WRITE_UP_004_DATA,
        *WRITE_UP_004_NETWORKS,
        _cnn_against_ann(),
    ]
    return sorted(found, key=lambda question: question.id)
