"""Use of a trained model, the package's own or one that the chain made.

=====================  ============================================================================
`pidoc`                from Python: maps in, estimates out
`observer_pidoc`       the same for networks that are told what is known
`estimates`            what either says, as a table and in words
`predict_command`      ``python -m reproduce predict``: anybody's images
`observed_clusters`    the stage `apply`: the paper's observed clusters
`log_model_command`    ``python -m reproduce log-model``: into MLflow
`mlflow_model`         the model as MLflow serves it
`user_maps`            maps and distances of users: units, masks, values that can be true
`image_formats`        what FITS and NumPy files hold
`image_file`           such a file as a map for the networks
`prediction_files`     what `predict` writes of an image
`model_folder`         the folder that holds a trained model, as the stage `model` writes it
`observer_folder`      the same for networks that are told what is known
`consistency`          whether the files of a model belong together
=====================  ============================================================================
"""
