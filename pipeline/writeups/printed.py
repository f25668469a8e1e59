"""The accuracies that the write-ups printed, and how far a run of ours is from them."""

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Printed:
    """One printed accuracy: its row in the table of variants, the number of images it was measured on, its metric."""

    accuracy: float
    images: int
    metric: str = "test_accuracy"


# Single runs, without a seed. Counts where a confusion matrix was printed.
PRINTED: dict[str, Printed] = {
    "mnist_scratch_mlp_sgd": Printed(0.9798, 10_000),
    "mnist_cnn": Printed(0.9901, 10_000),
    "mnist_reg_l1_conv1": Printed(0.9913, 10_000),
    "mnist_reg_l2_conv1": Printed(0.9883, 10_000),
    "mnist_reg_dropout": Printed(0.9898, 10_000),
    "mnist_reg_bn": Printed(0.9753, 10_000),
    "mnist_reg_es_p5": Printed(0.9902, 10_000),
    "mnist37_cnn_warm_es": Printed(2031 / 2038, 2_038),
    "mnist37_init_glorot_uniform": Printed(2001 / 2038, 2_038),
    "mnist37_init_random_uniform": Printed(2008 / 2038, 2_038),
    "mnist37_init_random_normal": Printed(2008 / 2038, 2_038),
    "mnist_cnn2_es": Printed(0.9907, 10_000),  # the four entries that its matrix lacks counted as errors
    "mnist_gd_batch": Printed(0.7195, 10_000),
    "mnist_gd_sgd1": Printed(0.9760, 10_000),
    "mnist_gd_mini32": Printed(0.9772, 10_000),
    "cifar_ffn_devscaler": Printed(0.4821, 10_000),
    "cifar_lenet": Printed(0.5915, 10_000),
    "cifar_cnn3_dropout": Printed(0.7254, 10_000),
    "cifar_cnn3_bn": Printed(0.6933, 10_000),
    "mnist_tuner_mlp_testval": Printed(
        0.9634, 10_000, "val_accuracy"
    ),  # its validation images were the test images
    "mnist_tuner_cnn_unit2": Printed(11_725 / 12_000, 12_000, "val_accuracy"),
    "mnist_tuner_cnn_refit_warm": Printed(0.9863, 10_000),
}


def standard_error(one: float, other: float, images: int) -> float:
    """Standard error of the difference of two accuracies on as many images each, treated as independent.

    It covers the sampling of images only, not the spread over seeds, and is too large for runs on the same images.
    """
    return sqrt((one * (1 - one) + other * (1 - other)) / images)
