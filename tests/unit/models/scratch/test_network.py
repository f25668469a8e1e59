"""Networks: what they are made of, what they refuse, how they train and predict."""

import subprocess
import sys

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.models.scratch.architectures import cnn3, mlp
from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense, Flatten, Layer, ReLU, Sigmoid
from pipeline.models.scratch.losses import MeanSquaredError, SoftmaxCrossEntropy
from pipeline.models.scratch.network import Network, in_order, with_replacement
from pipeline.models.scratch.optimizers import SGD, Adam
from pipeline.models.scratch.pooling import AveragePooling2D, MaxPooling2D

SMALL = (10, 10, 1)


def small_mlp(seed: int = 0, reduction: str = "mean") -> Network:
    return Network(mlp(), SoftmaxCrossEntropy(reduction), SMALL, np.random.default_rng(seed), "float64")


def new_cnn3(seed: int = 0) -> Network:
    return Network(cnn3(), SoftmaxCrossEntropy(), (28, 28, 1), np.random.default_rng(seed))


def examples(n: int, shape: Shape = SMALL) -> tuple[Array, Array]:
    generator = np.random.default_rng(n)
    return generator.random((n, *shape)), generator.integers(10, size=n)


def test_needs_no_tensorflow() -> None:
    code = "import sys, pipeline.models.scratch.architectures; print({'tensorflow', 'keras'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_parameters_are_those_of_the_write_ups() -> None:
    convolutional, dense = new_cnn3(), Network(mlp(), SoftmaxCrossEntropy(), (784,), np.random.default_rng(0))
    assert sum(p.size for p in convolutional.parameters.values()) == 93_322
    assert sum(p.size for p in dense.parameters.values()) == 109_386
    layers = ["conv1", "conv2", "conv3", "dense1", "output"]
    assert list(convolutional.parameters) == [f"{name}/{kind}" for name in layers for kind in ("kernel", "bias")]
    assert convolutional.parameters["conv2/kernel"].shape == (3, 3, 32, 64)
    assert {p.dtype.name for p in convolutional.parameters.values()} == {"float32"}


def test_numbers_of_write_up_002() -> None:
    # Catalogue, 2.3: two inputs, three sigmoid units, one sigmoid output, half the mean squared error.
    draw = np.random.RandomState(0)
    hidden, last, x, y = draw.randn(3, 2), draw.randn(3), draw.rand(1000, 2), draw.randint(0, 2, 1000)
    layers: list[Layer] = [Dense("hidden", 3), Sigmoid(), Dense("output", 1), Sigmoid()]
    network = Network(layers, MeanSquaredError(), (2,), np.random.default_rng(0), "float64")
    network.parameters["hidden/kernel"][...] = hidden.T
    network.parameters["output/kernel"][:, 0] = last

    outputs = network.forward(x)
    assert network.loss.value(outputs, y[:, None]) / 2 == pytest.approx(0.1332476222330792, rel=1e-14)
    network.backward(network.loss.gradient(outputs, y[:, None]))
    halves = {name: gradient / 2 for name, gradient in network.gradients.items()}
    dW1 = [[0.002445958485, 0.002620193420], [-0.000307645666, -0.000241875023]]
    dW1.append([-0.000347681678, -0.000371996391])
    np.testing.assert_allclose(halves["hidden/kernel"].T, dW1, atol=1e-12)
    np.testing.assert_allclose(halves["hidden/bias"], [0.004925766628, -0.000580228684, -0.000659765095], atol=1e-12)
    np.testing.assert_allclose(
        halves["output/kernel"][:, 0], [0.022160112629, 0.024330972928, 0.017971741371], atol=1e-12
    )
    np.testing.assert_allclose(halves["output/bias"], [0.029249230265], atol=1e-12)


def test_one_step_by_the_formula() -> None:
    network, (x, y) = small_mlp(), examples(6)
    before = network.get_weights()
    network.backward(network.loss.gradient(network.forward(x), y))
    gradients = {name: gradient.copy() for name, gradient in network.gradients.items()}
    network.train_on_batch(x, y, SGD(0.5))
    for name, weights in network.get_weights().items():
        np.testing.assert_allclose(weights, before[name] - 0.5 * gradients[name], rtol=0, atol=1e-15)


def test_fit_follows_the_order_given() -> None:
    x, y = examples(10)
    order = np.array([7, 1, 1, 4, 9, 0, 3])
    fitted, stepped = small_mlp(), small_mlp()
    history = fitted.fit(x, y, SGD(0.1), in_order(order, 3))
    losses = [stepped.train_on_batch(x[b], y[b], SGD(0.1))[0] for b in ([7, 1, 1], [4, 9, 0], [3])]
    np.testing.assert_array_equal(history.loss, losses)
    np.testing.assert_array_equal(history.examples, [3, 3, 1])
    for name, weights in fitted.parameters.items():
        np.testing.assert_array_equal(weights, stepped.parameters[name])


def test_history_is_measured_before_the_update() -> None:
    network, (x, y) = small_mlp(), examples(8)
    expected = network.evaluate(x, y)
    history = network.fit(x, y, SGD(0.1), [np.arange(8)])
    assert (history.loss[0], history.accuracy[0]) == pytest.approx(expected)
    assert network.evaluate(x, y)[0] < expected[0]


def test_summed_loss_is_a_mean_with_a_larger_learning_rate() -> None:
    # Write-up 000: learning rate 0.001 on the sum over 100 examples is 0.1 on their mean.
    x, y = examples(100)
    total, mean = small_mlp(reduction="sum"), small_mlp(reduction="mean")
    total.fit(x, y, SGD(0.001), [np.arange(100)] * 5)
    mean.fit(x, y, SGD(0.1), [np.arange(100)] * 5)
    for name, weights in total.parameters.items():
        np.testing.assert_allclose(weights, mean.parameters[name], rtol=0, atol=1e-13)


def test_network_learns_and_repeats_itself_bit_for_bit() -> None:
    x, y = examples(64, (28, 28, 1))
    for image, label in zip(x, y, strict=True):
        image[2 * label : 2 * label + 4] += 1  # a bright band, lower for a larger number

    def trained() -> Network:
        network = new_cnn3(1)
        network.fit(x, y, Adam(), with_replacement(np.random.default_rng(2), 64, 32, steps=60))
        return network

    first, second = trained(), trained()
    assert first.evaluate(x, y)[1] > 0.9
    for name, weights in first.parameters.items():
        np.testing.assert_array_equal(weights, second.parameters[name])


@pytest.mark.parametrize("batch_size", [1, 7, 20, 100])
def test_predictions_do_not_depend_on_the_batch_size(batch_size: int) -> None:
    network, (x, _) = small_mlp(), examples(20)
    probabilities = network.predict(x, batch_size)
    np.testing.assert_allclose(probabilities, network.predict(x, 20), rtol=0, atol=1e-14)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_no_examples_give_no_predictions() -> None:
    assert small_mlp().predict(examples(3)[0][:0]).shape == (0, 10)


def test_weights_can_be_carried_over() -> None:
    source, target, (x, _) = small_mlp(0), small_mlp(1), examples(5)
    weights = source.get_weights()
    target.set_weights(weights)
    weights["output/bias"] += 1  # a copy: neither network changes
    np.testing.assert_array_equal(target.predict(x), source.predict(x))


def test_sampling_with_replacement_draws_from_all_examples() -> None:
    batches = list(with_replacement(np.random.default_rng(0), 10, 100, steps=14))
    assert [len(batch) for batch in batches] == [100] * 14
    counts = np.bincount(np.concatenate(batches), minlength=10)
    assert len(counts) == 10
    assert np.abs(counts - 140).max() < 5 * np.sqrt(140 * 0.9)


@pytest.mark.parametrize(
    ("layers", "input_shape", "message"),
    [
        ([Dense("top", 3)], (4, 4, 1), r"top: Expected .*\(features,\)\. Received shape \(4, 4, 1\)"),
        ([Conv2D("conv1", 2, 3)], (16,), r"conv1: Expected .*channels\)\. Received shape \(16,\)"),
        ([Conv2D("conv1", 2, 5)], (4, 9, 1), r"conv1: .*at least 5x5 cells\. Received shape \(4, 9, 1\)"),
        ([MaxPooling2D()], (1, 8, 3), r"maxpooling2d: .*at least 2x2 cells\. Received shape \(1, 8, 3\)"),
        ([AveragePooling2D()], (8, 8), r"averagepooling2d: .*channels\)\. Received shape \(8, 8\)"),
    ],
)
def test_layers_refuse_shapes_by_name(layers: list[Layer], input_shape: Shape, message: str) -> None:
    layers = [*layers, Flatten(), Dense("output", 2)]
    with pytest.raises(ValueError, match=message):
        Network(layers, MeanSquaredError(), input_shape, np.random.default_rng(0))


@pytest.mark.parametrize("layer", [Dense("d", 2), ReLU(), Sigmoid(), Flatten()])
def test_every_layer_checks_its_batch(layer: Layer) -> None:
    layer.build((6,), np.random.default_rng(0), "float64")
    with pytest.raises(ValueError, match=r"examples of shape \(6,\)\. Received shape \(3, 5\)"):
        layer(np.zeros((3, 5)))


def test_batches_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Expected .*\(28, 28, 1\)\. Received shape \(64, 28, 28\)"):
        new_cnn3().predict(np.zeros((64, 28, 28)))
    x, y = examples(4)
    with pytest.raises(ValueError, match=r"targets for 4 examples\. Received shape \(3,\)"):
        small_mlp().fit(x, y[:3], SGD(), [])


def test_weights_that_do_not_fit_are_refused_and_change_nothing() -> None:
    network = small_mlp()
    before = network.get_weights()
    wrong_shape = {**small_mlp(1).get_weights(), "output/bias": np.zeros(9)}
    with pytest.raises(ValueError, match=r"output/bias: Expected .*\(10,\)\. Received shape \(9,\)"):
        network.set_weights(wrong_shape)
    with pytest.raises(UserError, match=r"Expected weights named dense1/kernel.* Received dense1/kernel\.$"):
        network.set_weights({"dense1/kernel": before["dense1/kernel"]})
    for name, weights in network.parameters.items():
        np.testing.assert_array_equal(weights, before[name])


def test_options_that_do_not_exist_are_refused() -> None:
    generator = np.random.default_rng(0)
    with pytest.raises(UserError, match=r"Received 'vaild'. Did you mean 'valid'\?"):
        Conv2D("conv", 1, 3, padding="vaild").build((5, 5, 1), generator, "float32")
    with pytest.raises(UserError, match=r"Received 'float16'. Did you mean 'float"):
        Network(mlp(), SoftmaxCrossEntropy(), SMALL, generator, "float16")
    with pytest.raises(UserError, match=r"different name for each layer\. Received a, a"):
        Network([Dense("a", 2), Dense("a", 2)], MeanSquaredError(), (3,), generator)
