"""Networks without a framework, small enough to read: what is meant by "from scratch".

Layouts are Keras's (images NHWC, kernels (height, width, in, out), dense kernels (in, out)) and so are the
names ("conv1/kernel"), so that weights can be exchanged layer by layer. Read `layers`, then `windows`,
`convolution`, `pooling`, `losses`, `optimizers`, and `network` last. Nothing but numpy, and scipy's logistic function.
"""

from pipeline.models.scratch.architectures import cnn3, mlp
from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense, Flatten, Layer, ReLU, Sigmoid
from pipeline.models.scratch.losses import (
    BinaryCrossEntropy,
    Loss,
    MeanSquaredError,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    accuracy,
)
from pipeline.models.scratch.network import History, Network, in_order, with_replacement
from pipeline.models.scratch.optimizers import SGD, Adam, Optimizer
from pipeline.models.scratch.pooling import AveragePooling2D, MaxPooling2D

__all__ = [
    "SGD",
    "Adam",
    "AveragePooling2D",
    "BinaryCrossEntropy",
    "Conv2D",
    "Dense",
    "Flatten",
    "History",
    "Layer",
    "Loss",
    "MaxPooling2D",
    "MeanSquaredError",
    "Network",
    "Optimizer",
    "ReLU",
    "Sigmoid",
    "SigmoidSquaredError",
    "SoftmaxCrossEntropy",
    "accuracy",
    "cnn3",
    "in_order",
    "mlp",
    "with_replacement",
]
