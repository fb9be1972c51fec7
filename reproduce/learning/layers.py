"""A network as a table of its layers, for those who draw it."""

from typing import Any

import keras
import pandas as pd


def layer_table(model: keras.Model) -> pd.DataFrame:
    """The layers of a network in the order of computation.

    Returns
    -------
    DataFrame
        Columns ``name``, ``kind`` (Keras's class), ``side`` [px] (1 for vectors), ``channels``, ``parameters``,
        ``inputs`` (names of the layers it reads, separated by blanks).
    """
    rows = []
    for layer in model.layers:
        shape = layer.output.shape[1:]
        parents = [tensor._keras_history.operation.name for tensor in _inputs(layer)]
        rows.append(
            {
                "name": layer.name,
                "kind": type(layer).__name__,
                "side": shape[0] if len(shape) == 3 else 1,
                "channels": shape[-1],
                "parameters": layer.count_params(),
                "inputs": " ".join(parents),
            }
        )
    return pd.DataFrame(rows)


def _inputs(layer: keras.Layer) -> list[Any]:
    tensors = layer.input if layer._inbound_nodes[0].parent_nodes else []
    return tensors if isinstance(tensors, list) else [tensors]
