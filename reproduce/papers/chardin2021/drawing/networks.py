"""Figures 1 and 2, the networks from their real layers; and what the intervals and the domain score are worth."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.workflow.stages import Job


def figure1(job: "Job") -> None:
    """Figure 1: the encoder-decoder, drawn from its layers."""
    from paper_figures import layers, style

    table = _layers(job, "encoder_decoder")
    style.save(layers.figure(table, _title(job, "encoder-decoder")), job.folder, "figure01")
    style.save_table(table, job.folder, "figure01")
    job.metrics["parameters"] = float(table["parameters"].sum())


def figure2(job: "Job") -> None:
    """Figure 2: the regressor, drawn from its layers."""
    from paper_figures import layers, style

    table = _layers(job, "regressor")
    style.save(layers.figure(table, _title(job, "regressor")), job.folder, "figure02")
    style.save_table(table, job.folder, "figure02")
    job.metrics["parameters"] = float(table["parameters"].sum())


def uncertainty(job: "Job") -> None:
    """Coverage of the intervals on the unseen cluster."""
    import pandas as pd

    from paper_figures import style, uncertainty
    from reproduce.learning.intervals import LEVELS

    coverage = pd.read_csv(job.inputs["evaluate"] / "coverage.csv", keep_default_na=False, na_values=["nan"])
    style.save(uncertainty.draw(coverage, LEVELS), job.folder, "uncertainty")
    style.save_table(coverage, job.folder, "uncertainty")


def domain(job: "Job") -> None:
    """The domain score of maps made as for training, and made otherwise."""
    import pandas as pd

    from paper_figures import domain, style

    scores = pd.read_csv(job.inputs["out_of_domain"] / "scores.csv", float_precision="round_trip")
    style.save(domain.draw(scores), job.folder, "domain")
    style.save_table(scores, job.folder, "domain")


def _layers(job: "Job", network: str) -> "pd.DataFrame":
    from reproduce.learning.layers import layer_table
    from reproduce.papers.chardin2021.networks.architecture import build

    return layer_table(build(network, job.settings.train, job.settings.dataset.camera.pixels))


def _title(job: "Job", network: str) -> str:
    train = job.settings.train
    kind = train.regressor_architecture if network == "regressor" else train.architecture
    return f"{network}, {kind}"
