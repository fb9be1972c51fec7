"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

from pathlib import Path

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext


class ServedModel(PythonModel):
    """Images of clusters in; ages, masses, radii and extinctions out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the networks that were logged with the model."""
        from reproduce.papers.bialopetravicius2019.networks.model import ResNet

        self.networks = ResNet.load(Path(context.artifacts["networks"]))

    def predict(self, context, model_input, params=None):  # MLflow takes type hints for a signature of its own
        """Columns of `observed.answers_table`, each a list of length n, of images (n, 3, 80, 80) [electrons/s]."""
        from reproduce.papers.bialopetravicius2019.observed import answers_table

        table = answers_table(self.networks, np.asarray(model_input, dtype=np.float32))
        return {name: np.asarray(table[name]).tolist() for name in table.colnames}


set_model(ServedModel())
