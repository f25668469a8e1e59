"""Contract tests build and train for real: TensorFlow as the workers have it, on a handful of images."""

from pipeline.backend import start_tensorflow

start_tensorflow()
