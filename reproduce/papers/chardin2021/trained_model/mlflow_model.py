"""The networks as MLflow serves them. MLflow copies this file into the model and runs it there; nothing imports it."""

from pathlib import Path

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext


class ServedModel(PythonModel):
    """Flux maps in; mass maps and numbers out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the networks that were logged with the model."""
        from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

        self.pidoc = PiDoc.load(Path(context.artifacts["networks"]))

    def predict(self, context, model_input, params=None):  # MLflow takes type hints for a signature of its own
        """Estimates of maps (n, ny, nx) of log10(F / (Lsun kpc^-2)).

        The parameter ``distance_kpc`` is the clusters' distance, for luminosity and M/L; 0: not known. The answer holds
        the maps ``mass``, log10(M / Msun), and the columns of `Estimates`, each a list of length n.
        """
        distance = (params or {}).get("distance_kpc") or None
        estimates = self.pidoc.predict(np.asarray(model_input, dtype=np.float32), distance)
        return {
            "mass": estimates.mass.tolist(),
            **{str(name): list(estimates.table[name].tolist()) for name in estimates.table},
        }


set_model(ServedModel())
