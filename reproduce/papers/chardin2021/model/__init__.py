"""Use of the trained networks: PiDoc, the command predict, the MLflow model."""
