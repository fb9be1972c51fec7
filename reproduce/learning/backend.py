"""What makes training repeatable to the bit. Importing this module sets it, so that it comes before any computation.

With TensorFlow, two things are needed on a CPU. `enable_op_determinism` chooses deterministic kernels. And operations
must run one after the other: when several ran at once, the last bit of the regressor's first kernel changed from run to
run (measured, docs/networks.md), most likely because a sum of three gradients (AddN) begins with the one whose buffer
is free first. Each operation still uses all cores, and a step takes no more CPU time.
"""

import contextlib
import warnings
from collections.abc import Iterator

import keras
import numpy as np

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    try:
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    except RuntimeError as error:
        warnings.warn(
            f"TensorFlow was used before reproduce.learning: training repeats to float tolerance alone ({error})",
            stacklevel=2,
        )


def limit_threads(number: int) -> None:
    """Let TensorFlow use so many cores in this process; without effect once it has computed something."""
    if keras.backend.backend() == "tensorflow":
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(number)


def has_gpu() -> bool:
    """Whether Keras computes on a GPU here."""
    if keras.backend.backend() == "tensorflow":
        return bool(tf.config.list_physical_devices("GPU"))
    return bool(keras.distribution.list_devices("gpu"))


def initialise(model: keras.Model, seed: int) -> None:
    """Draw every kernel anew (Glorot & Bengio 2010, Keras's own choice) from `seed` and the layer's place in the model.

    Keras draws the seeds of its initialisers from Python's global random numbers, of which other threads, such as those
    of a Dask worker, may take some in between.
    """
    for place, layer in enumerate(_layers(model)):
        if hasattr(layer, "kernel"):
            number = int(np.random.default_rng([seed, place]).integers(2**31))
            layer.kernel.assign(keras.initializers.GlorotUniform(number)(layer.kernel.shape))


def reseed(model: keras.Model, stream: tuple[int, ...]) -> None:
    """Set every dropout layer's random state from integers and the layer's place in the model."""
    for place, layer in enumerate(_layers(model)):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            first = np.random.default_rng([*stream, place]).integers(2**31)
            generator.state.assign(np.asarray([first, 0]).astype(generator.state.dtype))


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """The layers of a model, and of the models within it, in order."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer
