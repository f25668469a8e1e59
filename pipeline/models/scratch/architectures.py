"""The two networks of the write-ups that are built from scratch: their layers, each time anew, for `Network`."""

from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense, Flatten, Layer, ReLU
from pipeline.models.scratch.pooling import MaxPooling2D


def mlp(classes: int = 10, bias_initializer: str = "zeros") -> list[Layer]:
    """A_MLP: dense 128, dense 64, classes; 109,386 parameters for 784 inputs and 10 classes.

    Inputs may be vectors or images, which are flattened. With bias_initializer="glorot_uniform" and
    SoftmaxCrossEntropy("sum") it is the network of the write-up.
    """
    return [
        Flatten(),
        Dense("dense1", 128, bias_initializer=bias_initializer),
        ReLU(),
        Dense("dense2", 64, bias_initializer=bias_initializer),
        ReLU(),
        Dense("output", classes, bias_initializer=bias_initializer),
    ]


def cnn3(classes: int = 10, bias_initializer: str = "zeros") -> list[Layer]:
    """A_CNN3: convolutions of 32, 64 and 64 filters, dense 64, classes; 93,322 parameters on 28x28x1.

    ReLU stands after the pooling, not before it: the largest value's positive part is the positive parts'
    largest value, so every number is the same, at a quarter of the work.
    """
    return [
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
