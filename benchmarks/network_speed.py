"""Speed of the networks on one core, against the paper's 70 ms for one mass map (Sect. 4.1).

    python -m benchmarks.network_speed [--training] [--precision mixed_bfloat16]

Prints CPU milliseconds a map (user and system time of this process, so that a busy machine does not matter): one map at
a time, in batches, and with --training for a step of training. Weights are random; they do not change the cost.
"""

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from reproduce.papers.chardin2021.networks import encoder_decoder, regressor

PIXELS = 160
NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "encoder-decoder, released": lambda: encoder_decoder.build(PIXELS),
    "encoder-decoder, compact": lambda: encoder_decoder.build(PIXELS, architecture="compact"),
    "the same at half width": lambda: encoder_decoder.build(PIXELS, architecture="compact", width=0.5),
    "regressor, released": lambda: regressor.build(PIXELS),
    "regressor, compact": lambda: regressor.build(PIXELS, architecture="compact"),
}


def milliseconds(work: Callable[[], object], n_maps: int, repeat: int) -> float:
    """CPU time of the fastest of some repetitions, per map."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * min(times) / n_maps


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--training", action="store_true", help="also measure training")
    parser.add_argument("--precision", default="float32", help="Keras's policy of arithmetic, such as mixed_bfloat16")
    given = parser.parse_args()
    keras.config.set_dtype_policy(given.precision)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(16, PIXELS, PIXELS, 1)).astype(np.float32)
    print(f"{'CPU ms a map, one thread':28s}{'one map':>10s}{'batch of 16':>14s}{'training':>11s}")
    for name, build in NETWORKS.items():
        model = build()
        model.predict_on_batch(maps)
        model.predict_on_batch(maps[:1])
        one = milliseconds(lambda model=model: model.predict_on_batch(maps[:1]), 1, 20)  # type: ignore[misc]
        many = milliseconds(lambda model=model: model.predict_on_batch(maps), 16, 5)  # type: ignore[misc]
        cost = ""
        if given.training:
            target = maps if model.output_shape[1:] == maps.shape[1:] else maps[:, :2, 0, 0]
            model.compile(keras.optimizers.Adam(), "mse")
            model.train_on_batch(maps, target)
            cost = f"{milliseconds(lambda m=model, t=target: m.train_on_batch(maps, t), 16, 3):.1f}"  # type: ignore[misc]
        print(f"{name:28s}{one:10.1f}{many:14.1f}{cost:>11s}", flush=True)


if __name__ == "__main__":
    main()
