"""What makes training repeatable to the bit. Importing this module sets it, so that it comes before any computation.

With TensorFlow, two things are needed on a CPU. `enable_op_determinism` chooses deterministic kernels. And operations
must run one after the other: when several run at once, the sum of three gradients (AddN) takes them in the order in
which their buffers become free, and the last bit of the regressor's first kernel changed from run to run (measured,
docs/networks.md). Each operation still uses all cores, and training is no slower.
"""

import warnings

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    try:
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    except RuntimeError as error:
        warnings.warn(
            f"TensorFlow was used before reproduce.network was imported: training repeats to float tolerance ({error})",
            stacklevel=2,
        )


def reseed(model: keras.Model, stream: tuple[int, ...]) -> None:
    """Set every dropout layer's random state from integers and the layer's place in the model."""
    import numpy as np

    for place, layer in enumerate(model.layers):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            first = np.random.default_rng([*stream, place]).integers(2**31)
            generator.state.assign(np.asarray([first, 0]).astype(generator.state.dtype))
