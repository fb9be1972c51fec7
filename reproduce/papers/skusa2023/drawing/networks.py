"""Figures of the networks, and of what they say at one M/L (3.1, 3.2, 4.1, 5.1, 5.2, A.1)."""

from typing import TYPE_CHECKING

from reproduce.papers.skusa2023.drawing import common

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def figure3_1(job: "Job") -> None:
    """Figure 3.1: the network without the mask at M/L 3 and 7, and the difference."""
    import h5py
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure3_1
    from reproduce.papers.skusa2023.examples import FILE

    metrics = {}
    with h5py.File(job.inputs["examples"] / FILE) as file:
        for m in job.settings.train.unmasked[:1]:
            low, high = file[f"unmasked/h{m}"][:]
            models = file[f"unmasked_models/h{m}"][:]
            titles = ("M/L = 3", "M/L = 7", "difference", "model, M/L = 7")
            title = f"$h_{m}$ without the mask, {common.dcnn(job, job.settings.train.losses[0])}"
            style.save(figure3_1.draw((low, high, high - low, models[1]), titles, title), job.folder, "figure3_1")
            metrics = {f"largest_difference_h{m}": float(abs(high - low).max())}
            metrics[f"largest_model_difference_h{m}"] = float(abs(models[1] - models[0]).max())
    style.save_table(pd.DataFrame([metrics]), job.folder, "figure3_1")


def figure3_2(job: "Job") -> None:
    """Figure 3.2: the layers of the deconvolutional network, from the network itself."""
    from paper_figures import style
    from paper_figures.skusa2023 import figure3_2

    layers = common.layers(job)
    drawn = layers[~layers["kind"].isin(["LeakyReLU"])].copy()
    passed = dict(zip(layers["name"], layers["inputs"], strict=True))
    for skipped in set(layers["name"]) - set(drawn["name"]):
        drawn["inputs"] = [text.replace(skipped, passed[skipped]) for text in drawn["inputs"]]
    figure = figure3_2.draw(drawn, f"deconvolutional network, {layers['parameters'].sum():,} parameters")
    style.save(figure, job.folder, "figure3_2")
    style.save_table(layers, job.folder, "figure3_2")


def figure4_1(job: "Job") -> None:
    """Figure 4.1: maps of model 0, their prediction with the loss L2, the difference over the error."""
    import h5py
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure4_1
    from reproduce.papers.skusa2023.models import FILE

    loss = job.settings.train.losses[0]
    model = common.fit(job, "exact.every1", "model_0_maps")
    predicted = common.fit(job, f"dcnn.{loss}.every{job.settings.models.strides[0]}", "model_0_maps")
    with h5py.File(job.inputs["models"] / FILE) as file:
        errors = file["errors"][:]
    off = [100 * np.linalg.norm((model - predicted)[..., m - 1]) / np.linalg.norm(model[..., m - 1]) for m in common.H]
    names = [f"$h_{m}$, relative error {value:.0f} %" for m, value in zip(common.H, off, strict=True)]
    style.save(
        figure4_1.draw(model, predicted, errors, names, f"M/L = 5, {common.dcnn(job, loss)}"), job.folder, "figure4_1"
    )
    largest = [float(np.abs((model - predicted)[..., m - 1] / errors[m - 1]).max()) for m in common.H]
    blank = [float(np.abs(model[..., m - 1] / errors[m - 1]).max()) for m in common.H]
    inside = [100 * float(np.mean(np.abs(model[..., m - 1]) < errors[m - 1])) for m in common.H]
    columns = {
        "h": common.H,
        "relative_error_percent": off,
        "largest_residual_errors": largest,
        "largest_of_blank_map_errors": blank,
        "model_below_error_percent": inside,
    }
    style.save_table(pd.DataFrame(columns), job.folder, "figure4_1")
    common.compare(job, {"model_0_largest_residual": max(largest)})


def figure5_1(job: "Job") -> None:
    """Figure 5.1: losses of generator and discriminator at all steps of the GAN's trainings."""
    from paper_figures import style
    from paper_figures.skusa2023 import figure5_1
    from reproduce.papers.skusa2023.evaluation import steps
    from reproduce.papers.skusa2023.networks.adversary import networks

    first = job.settings.gan.strides[0]
    table = steps(job.inputs["gan"], [one for one in networks(job.settings.gan) if one.stride == first])
    n_epochs = int(table["epoch"].max()) + 1
    style.save(figure5_1.draw(table, f"{common.count(n_epochs)}, all coefficients"), job.folder, "figure5_1")
    style.save_table(table, job.folder, "figure5_1")
    job.metrics |= {f"gan_median_loss_{name}": float(table[name].median()) for name in ("discriminator", "generator")}


def figure5_2(job: "Job") -> None:
    """Figure 5.2: images of the GAN and the nearest models."""
    import h5py
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure5_2
    from reproduce.papers.skusa2023.examples import FILE

    with h5py.File(job.inputs["examples"] / FILE) as file:
        drawn = [file[f"gan/h{m}"][:] for m in common.H]
        models = [file[f"gan_models/h{m}"][:] for m in common.H]
    rows = [[pair[0] for pair in drawn], [pair[1] for pair in drawn], models]
    names = ("GAN, nearest", "GAN, first draw", "model")
    title = f"GAN with the mask, {common.gan(job)}"
    style.save(figure5_2.draw(rows, names, [f"$h_{m}$" for m in common.H], title), job.folder, "figure5_2")
    off = [common.percent(pair[0], model) for pair, model in zip(drawn, models, strict=True)]
    style.save_table(pd.DataFrame({"h": common.H, "error_percent_of_nearest": off}), job.folder, "figure5_2")


def figure_a_1(job: "Job") -> None:
    """Figure A.1: an image of the GAN without the mask."""
    import h5py
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure3_1
    from reproduce.papers.skusa2023.examples import FILE

    rows = []
    with h5py.File(job.inputs["examples"] / FILE) as file:
        for m in job.settings.gan.unmasked[:1]:
            best, first = file[f"gan_unmasked/h{m}"][:]
            model = file[f"gan_unmasked_models/h{m}"][:]
            titles = ("GAN, nearest", "GAN, first draw", "model")
            title = f"$h_{m}$, GAN without the mask, {common.gan(job)}"
            style.save(figure3_1.draw((best, first, model), titles, title), job.folder, "figure_a_1")
            rows.append({"h": m, "error_percent_of_nearest": common.percent(best, model)})
    style.save_table(pd.DataFrame(rows), job.folder, "figure_a_1")
