"""Tables: every method beside exact rescaling, the losses, and those of the thesis."""

from typing import TYPE_CHECKING

from reproduce.papers.skusa2023.drawing import common

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def baselines(job: "Job") -> None:
    """Every method beside exact rescaling, which needs one library and no training (not in the thesis)."""
    from paper_figures import style
    from paper_figures.skusa2023 import methods

    table = methods.baselines(common.methods(job), job.settings.train.chosen)
    style.save_table(table, job.folder, "baselines", methods.UNITS, latex=True)


def losses(job: "Job") -> None:
    """The four losses in numbers, beside the mean map and a blank one (thesis Sect. 4.3)."""
    from paper_figures import style
    from paper_figures.skusa2023 import methods
    from paper_figures.skusa2023.panels import LOSSES

    table = methods.losses(common.methods(job), {name: _plain(text) for name, text in LOSSES.items()})
    style.save_table(table, job.folder, "losses", methods.UNITS, latex=True)


def _plain(text: str) -> str:
    """A loss without the marks of a formula."""
    return text.strip("$").replace("\\epsilon", "ε").replace("_", "")


def table2_1(job: "Job") -> None:
    """Table 2.1: parameters of the first five models."""
    import pandas as pd

    from paper_figures import style

    library, models = job.settings.library, job.settings.models
    fixed = {
        "m_bh": library.black_hole_msun,
        "a_bh": library.softening_arcsec,
        "c_dh": library.halo_concentration,
        "f_dh": library.halo_fraction,
        "q": library.q,
        "p": library.p,
        "u": library.u,
    }
    rows = [fixed | {"mass_to_light": library.mass_to_light - k * models.step} for k in range(5)]
    units = {"m_bh": "Msun", "a_bh": "arcsec", "mass_to_light": "solMass / solLum"}
    style.save_table(pd.DataFrame(rows), job.folder, "table2_1", units, latex=True)
    ours = {
        "black_hole_msun": library.black_hole_msun,
        "black_hole_radius": library.softening_arcsec,
        "halo_concentration": library.halo_concentration,
        "halo_fraction": library.halo_fraction,
        "shape_q": library.q,
        "shape_p": library.p,
        "shape_u": library.u,
        "distance_mpc": library.distance_mpc,
        "mass_to_light_first": models.first,
        "mass_to_light_last": models.last,
        "mass_to_light_step": models.step,
    }
    common.compare(job, ours)


def table3_1(job: "Job") -> None:
    """Tables 3.1 and 5.1: parameters of the trainings, the thesis's and those of this profile."""
    from paper_figures import style
    from paper_figures.skusa2023 import methods

    train, gan, published = job.settings.train, job.settings.gan, common.published()
    ours = {
        "learning_rate": train.learning_rate,
        "epochs": common.epochs(job, "train"),
        "validation_fraction": job.settings.models.validation_fraction,
        "batch_size": train.batch_size,
        "losses": len(train.losses),
        "networks": len(train.losses) * len(common.H),
        "gan_epochs": common.epochs(job, "gan"),
        "gan_batch_size": gan.batch_size,
    }
    rows = {published[name]["text"]: (published[name]["value"], value) for name, value in ours.items()}
    rows["learning rate of the GAN's Adam"] = (None, gan.learning_rate)
    style.save_table(methods.choices(rows), job.folder, "table3_1", latex=True)
    common.compare(job, ours)


def table_b_1(job: "Job") -> None:
    """Table B.1: layers of the deconvolutional network and their parameters."""
    from paper_figures import style

    layers = common.layers(job)
    style.save_table(layers.drop(columns=["inputs"]), job.folder, "table_b_1", latex=True)
    counts = dict(zip(layers["name"], layers["parameters"], strict=True))
    named = {f"{name}_parameters": float(n) for name, n in counts.items() if f"{name}_parameters" in common.published()}
    common.compare(job, named | {"parameters": float(sum(counts.values()))})
