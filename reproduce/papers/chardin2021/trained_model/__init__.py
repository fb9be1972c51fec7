"""Use of a trained model, the package's own or one that the chain made.

===================== ===========================================================================================
`pidoc`               from Python: maps in, estimates out
`image_file`          anybody's FITS or NumPy image as a map for the networks
`predict_command`     ``python -m reproduce predict``
`observed_clusters`   the stage `apply`: the paper's observed clusters
`model_folder`        the folder that holds a trained model; the stage `model` writes one
`mlflow_model`        the model as MLflow serves it
`log_model_command`   ``python -m reproduce log-model``
===================== ===========================================================================================
"""
