"""Where the texts of write-ups 001 to 004 contradict their own code or logs, right values computed."""

from math import sqrt

from pipeline.models.layer_counts import Conv
from pipeline.writeups import discrepancies_000
from pipeline.writeups.erratum import Erratum
from pipeline.writeups.parameter_counts import parameters_of, rows_of, without_second_kernel_factor
from pipeline.writeups.steps import number

MERGED_TEST_COUNTS = (1938, 2163, 3908, 1991)


def _write_up_001() -> list[Erratum]:
    binary = [row.layer.filters for row in rows_of("binary") if isinstance(row.layer, Conv)]
    deep = [row.layer.filters for row in rows_of("cnn2") if isinstance(row.layer, Conv)]
    units = sum(deep) + rows_of("cnn2")[4].shape[0]
    return [
        Erratum(
            "D001-1",
            "problem 2, hyperparameter table",
            "Softmax, categorical cross-entropy, batch 32, he_normal among the initialisers, two hidden "
            "layers of 32 + 64 + 64 = 160 neurons.",
            "The code has one sigmoid unit (hence binary cross-entropy), batch 512, the default "
            f"initialiser here and random ones later, {binary[0]} + {binary[1]} = {sum(binary)} filters "
            "and no dense layer of 64.",
            sum(binary),
        ),
        Erratum(
            "D001-2",
            "problem 3, hyperparameter table",
            "he_normal and two hidden layers.",
            "The default initialiser, and three hidden layers: two convolutions and a dense one; the sum of "
            f"{units} is right.",
            units,
        ),
    ]


def _architectures_002() -> list[Erratum]:
    dropout, batch_norm, lenet = (parameters_of(name) for name in ("cc3_dropout", "cc3_bn", "lenet"))
    return [
        Erratum(
            "D002-1",
            "3.2 and 3.3",
            "The same network retrained with dropout and with batch normalisation.",
            f"Another network with three convolutions: {dropout:,} and {batch_norm:,} parameters instead of "
            f"{lenet:,}, so regulariser and architecture cannot be told apart.",
            [dropout, batch_norm, lenet],
        ),
        Erratum(
            "D002-2",
            "3.4, comparison",
            "The regularised networks are compared with LeNet.",
            f"The control is missing: that three-convolution network ({parameters_of('cc3'):,} parameters) "
            "without a regulariser.",
            parameters_of("cc3"),
        ),
        Erratum(
            "D002-3",
            "3.2",
            "Dropout on the hidden layers.",
            "One dropout layer; LeNet's hidden layers are four, two convolutions and two dense layers.",
            4,
        ),
    ]


def _protocol_002() -> list[Erratum]:
    shift = sqrt(1 / 40_000 - 1 / 50_000)  # sd of (training mean − development mean), in units of σ
    return [
        Erratum(
            "D002-4",
            "2 and 3, preprocessing",
            "The feed-forward and the convolutional network are compared.",
            "One is standardised and the other divided by 255; a comparison needs the same scaling for both.",
        ),
        Erratum(
            "D002-5",
            "2 and 3, training",
            "The weights of the last of 20 epochs are evaluated.",
            "All four overfit by then: the validation loss was lowest at epochs 7, 7, 15 and 5.",
            [7, 7, 15, 5],
        ),
        Erratum(
            "D002-6",
            "2, prediction grid",
            "Predictions of the improved model.",
            "There is no improved model: the only feed-forward network is used.",
        ),
        Erratum(
            "D002-7",
            "2, preprocessing",
            "The scaler is fitted on all 50,000 development images before the split.",
            "Fit it on the 40,000 training images. The leak is small: the two means differ with standard "
            f"deviation {shift:.4f} σ.",
            shift,
        ),
        Erratum(
            "D002-8",
            "2, one-hot encoding",
            "The encoder is called with `sparse`.",
            "That argument is gone from scikit-learn since 1.4; it is `sparse_output` now.",
        ),
    ]


def _write_up_003() -> list[Erratum]:
    rows = rows_of("cnn753_10")
    literal = [without_second_kernel_factor(rows[i], channels) for i, channels in ((0, 1), (2, 16), (4, 8))]
    right = [rows[i].parameters for i in (0, 2, 4)]
    baseline = max(MERGED_TEST_COUNTS) / sum(MERGED_TEST_COUNTS)
    return [
        Erratum(
            "D003-1",
            "parameter formula",
            "(k·channels + 1)·filters, which gives " + ", ".join(map(number, literal)) + ".",
            "(k²·channels + 1)·filters: "
            + ", ".join(map(number, right))
            + ", the numbers the write-up does use.",
            list(right),
        ),
        Erratum(
            "D003-2",
            "bonus, learning-rate schedules",
            "Adam is listed as a schedule.",
            "Adam is an optimiser with a step size per parameter; step decay is a schedule.",
        ),
        Erratum("D003-3", "four classes", "Classes numbered from 1.", "The loss needs 0 to 3.", [0, 1, 2, 3]),
        Erratum(
            "D003-4",
            "four classes, evaluation",
            "Only accuracy is reported.",
            f"The merged classes are unbalanced: always answering the largest scores {baseline:.2%}. "
            "Recall by class belongs beside accuracy.",
            baseline,
        ),
    ]


def _tuning_004() -> list[Erratum]:
    sizes, unused = len(range(100, 501, 50)), len(range(10, 101, 10))
    return [
        Erratum(
            "D004-1",
            "tuner, dense network",
            "The test set is the validation set of the search.",
            "Hold out 20 % of the training images (48,000 and 12,000) and touch the test set once.",
            [48_000, 12_000],
        ),
        Erratum(
            "D004-2",
            "tuner, convolutional network",
            f"A second hyperparameter, unit2: {sizes * unused} combinations.",
            f"It is declared and never used: {sizes} combinations, so that at least two of 10 trials are "
            "the same model.",
            sizes,
        ),
        Erratum(
            "D004-3",
            "tuner, convolutional network",
            "The subject is tuning the learning rate.",
            "It is fixed at 0.01; it belongs in the search.",
        ),
        Erratum(
            "D004-4",
            "tuner, convolutional network",
            "Trials run with the default number of epochs.",
            "That is one epoch, too few to rank models; search with three or more.",
            1,
        ),
        Erratum(
            "D004-5",
            "refit of the best model",
            "The best trial is fitted on all 60,000 images.",
            "Its trained weights are continued, its validation images included; rebuild it with fresh "
            "weights.",
        ),
    ]


def _notebook_004() -> list[Erratum]:
    columns = 28 * 28
    return [
        Erratum(
            "D004-6",
            "3.0.2, data type",
            "float64",
            "uint8: the cell ran after the images had been divided by 255.",
        ),
        Erratum(
            "D004-7",
            "3.0.4, missing values",
            "The check prints 0.",
            f"The expression shown yields {columns} zeros, one a column; their sum is 0.",
            [columns, 0],
        ),
        Erratum("D004-8", "data", "Loading and preprocessing appear twice.", "Once, for all models."),
        Erratum(
            "D004-9",
            "notebook",
            "Cells 19, 20 and 25 stand above 12 to 17.",
            "One run from top to bottom.",
        ),
    ]


def discrepancies() -> list[Erratum]:
    """Every discrepancy, D000-1 to D004-9 in order."""
    return [
        *discrepancies_000.discrepancies(),
        *_write_up_001(),
        *_architectures_002(),
        *_protocol_002(),
        *_write_up_003(),
        *_tuning_004(),
        *_notebook_004(),
    ]
