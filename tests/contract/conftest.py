"""Contract tests train for real: TensorFlow as the workers have it, on a handful of images."""

import numpy as np
import pytest

from pipeline.backend import start_tensorflow
from pipeline.data.preparation import unit_scaling
from pipeline.training.data import TrainingData

start_tensorflow()


@pytest.fixture(scope="session")
def few_images() -> TrainingData:
    """40 train and 24 validation images of noise in ten classes, 28x28x1."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (64, 28, 28, 1), dtype=np.uint8)
    labels = generator.integers(0, 10, 64).astype(np.uint8)
    labels[:10] = range(10)
    return TrainingData("few", 10, images[:40], labels[:40], images[40:], labels[40:], unit_scaling())
