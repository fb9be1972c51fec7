"""What fewer epochs than the paper's 1,000 lose: the stage `schedules`, one data set trained with several schedules."""

from pathlib import Path

import numpy as np
import pandas as pd

from reproduce.papers.kaur2021.networks import training
from reproduce.papers.kaur2021.networks.prediction import load, predict
from reproduce.papers.kaur2021.settings import Schedules, Train
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress


def run(
    drawn: Path,
    cells: int,
    train: Train,
    schedules: Schedules,
    folder: Path,
    checkpoint: Path,
    executor: Executor,
    progress: Progress,
) -> pd.DataFrame:
    """Train a data set's network with each number of epochs, each with the learning rate's whole schedule.

    Returns
    -------
    DataFrame
        Columns ``epochs split mae rmse validation_mse best_epoch``: errors of the label on the images to test with.
    """
    rows = []
    chosen = train.model_copy(
        update={"sets": {schedules.data_set: train.sets[schedules.data_set]}, "channels": (schedules.channels,)}
    )
    for epochs in schedules.epochs:
        group = chosen.model_copy(update={"epochs": epochs})
        places = folder / f"{epochs}", checkpoint / f"{epochs}"
        found = training.train(drawn, cells, group, *places, executor=executor, progress=progress)
        for network in training.networks(group):
            images = training.data(network, drawn, group).images("test")
            models = load(training.network_of(network, group, cells), places[0], network, group.members)
            error = predict(models, images) - images.label[:, 0]
            rows.append(
                {
                    "epochs": epochs,
                    "split": network.split(".")[2],
                    "mae": float(np.abs(error).mean()),
                    "rmse": float(np.sqrt(np.mean(error**2))),
                    "validation_mse": found[f"validation_mse_{network}"],
                    "best_epoch": found[f"best_epoch_{network}"],
                }
            )
    return pd.DataFrame(rows)
