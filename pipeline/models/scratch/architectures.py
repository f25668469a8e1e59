"""The two networks of the write-ups that are built from scratch."""

import numpy as np

from pipeline.models.scratch.arrays import Shape
from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense, Flatten, Layer, ReLU
from pipeline.models.scratch.losses import SoftmaxCrossEntropy
from pipeline.models.scratch.network import Network
from pipeline.models.scratch.pooling import MaxPooling2D


def mlp(
    generator: np.random.Generator,
    *,
    input_shape: Shape = (784,),
    classes: int = 10,
    bias_initializer: str = "zeros",
    reduction: str = "mean",
    dtype: str = "float32",
) -> Network:
    """A_MLP: dense 128, dense 64, classes; 109,386 parameters for 784 inputs and 10 classes.

    Images are flattened, so that `input_shape` may be that of vectors or of images. With
    bias_initializer="glorot_uniform" and reduction="sum" it is the network of the write-up.
    """
    layers: list[Layer] = [
        Flatten(),
        Dense("dense1", 128, bias_initializer=bias_initializer),
        ReLU(),
        Dense("dense2", 64, bias_initializer=bias_initializer),
        ReLU(),
        Dense("output", classes, bias_initializer=bias_initializer),
    ]
    return Network(layers, SoftmaxCrossEntropy(reduction), input_shape, generator, dtype)


def cnn3(
    generator: np.random.Generator,
    *,
    input_shape: Shape = (28, 28, 1),
    classes: int = 10,
    bias_initializer: str = "zeros",
    reduction: str = "mean",
    dtype: str = "float32",
) -> Network:
    """A_CNN3: convolutions of 32, 64 and 64 filters, dense 64, classes; 93,322 parameters on 28x28x1.

    ReLU stands after the pooling, not before it: the largest value's positive part is the positive parts'
    largest value, so every number is the same, at a quarter of the work.
    """
    layers: list[Layer] = [
        Conv2D("conv1", 32, 3, bias_initializer=bias_initializer),
        MaxPooling2D(),
        ReLU(),
        Conv2D("conv2", 64, 3, bias_initializer=bias_initializer),
        MaxPooling2D(),
        ReLU(),
        Conv2D("conv3", 64, 3, bias_initializer=bias_initializer),
        ReLU(),
        Flatten(),
        Dense("dense1", 64, bias_initializer=bias_initializer),
        ReLU(),
        Dense("output", classes, bias_initializer=bias_initializer),
    ]
    return Network(layers, SoftmaxCrossEntropy(reduction), input_shape, generator, dtype)
