"""One epoch of MNIST in numpy and in Keras, from the same weights over the same batches."""

import gzip
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from pipeline.models.scratch.architectures import cnn3
from pipeline.models.scratch.arrays import Array
from pipeline.models.scratch.losses import SoftmaxCrossEntropy
from pipeline.models.scratch.network import Network, in_order
from pipeline.models.scratch.optimizers import Adam

MIRROR = "CLAIMCHECK_MIRROR"
BATCH_SIZE = 64


def idx(folder: Path, name: str) -> Array:
    """Array of unsigned bytes in an IDX file: the third magic byte is its type, the fourth its axes."""
    raw = gzip.decompress((folder / f"{name}.gz").read_bytes())
    assert raw[:3] == b"\x00\x00\x08", f"{name}.gz does not hold unsigned bytes"
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", count=axes, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


@pytest.fixture(scope="module")
def mnist() -> dict[str, Array]:
    folder = os.environ.get(MIRROR)
    if not folder:
        pytest.skip(f"{MIRROR} does not name a folder with the four MNIST files, *-ubyte.gz")
    arrays = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = idx(Path(folder), f"{prefix}-images-idx3-ubyte")
        arrays[f"x_{split}"] = images[..., None].astype("float32") / 255
        arrays[f"y_{split}"] = idx(Path(folder), f"{prefix}-labels-idx1-ubyte")
    return arrays


def keras_twin(network: Network) -> Any:
    """A_CNN3 in Keras with the weights of the one in numpy."""
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu", name="conv1"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu", name="conv3"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu", name="dense1"),
            keras.layers.Dense(10, activation="softmax", name="output"),
        ]
    )
    model.set_weights(list(network.parameters.values()))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.slow
def test_test_accuracies_agree_after_one_epoch(mnist: dict[str, Array]) -> None:
    generator = np.random.default_rng(0)
    network = Network(cnn3(), SoftmaxCrossEntropy(), (28, 28, 1), generator)
    model = keras_twin(network)
    order = generator.permutation(len(mnist["x_train"]))

    network.fit(mnist["x_train"], mnist["y_train"], Adam(), in_order(order, BATCH_SIZE))
    model.fit(
        mnist["x_train"][order],
        mnist["y_train"][order],
        batch_size=BATCH_SIZE,
        epochs=1,
        shuffle=False,
        verbose=0,
    )

    ours = network.evaluate(mnist["x_test"], mnist["y_test"])[1]
    theirs = model.evaluate(mnist["x_test"], mnist["y_test"], verbose=0)[1]
    assert ours == pytest.approx(theirs, abs=0.003)
    assert ours > 0.97
