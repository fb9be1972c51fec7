"""Figures of the galaxy, its orbits and its kinematic maps (2.1 to 2.3, 7.1 to 7.3)."""

from typing import TYPE_CHECKING

from reproduce.papers.skusa2023.drawing import common

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def figure2_1(job: "Job") -> None:
    """Figure 2.1: mean velocity and velocity dispersion of the galaxy."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure2_1

    kinematics, bins, extent = common.sky(job)
    figure = figure2_1.draw(kinematics.mean_kms, kinematics.dispersion_kms, bins, extent, common.galaxy(job))
    style.save(figure, job.folder, "figure2_1")
    columns = {name: getattr(kinematics, name) for name in type(kinematics).__dataclass_fields__}
    style.save_table(pd.DataFrame(columns), job.folder, "figure2_1")


def figure2_2(job: "Job") -> None:
    """Figure 2.2: h1 to h4 of every orbit in every aperture, at M/L 5."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure2_2
    from reproduce.papers.skusa2023 import libraries

    maps = common.fit(job, "exact.every1", "model_0_maps")
    n_tubes = libraries.read(job.inputs["library"] / libraries.FILE).n_tubes
    style.save(figure2_2.draw(maps, n_tubes, f"M/L = 5, {common.galaxy(job)}"), job.folder, "figure2_2")
    table = pd.DataFrame({"h": common.H, "largest": [abs(maps[..., m - 1]).max() for m in common.H]})
    style.save_table(table, job.folder, "figure2_2")
    common.compare(
        job, {"orbits": len(maps), "tubes": n_tubes, "apertures": maps.shape[1], "coefficients": maps.shape[2]}
    )


def figure2_3(job: "Job") -> None:
    """Figure 2.3: mass of the orbits by circularity and radius, in the best fit."""
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure2_3
    from reproduce.papers.skusa2023 import libraries

    library = libraries.read(job.inputs["library"] / libraries.FILE)
    weights = common.fit(job, "exact.every1", "weights")
    radius = library.mean_radius_pc / (job.settings.library.distance_mpc * 1e6 * np.pi / 648_000)
    circularity = library.circularity[:, 2]
    style.save(figure2_3.draw(radius, circularity, weights, f"best fit, {common.galaxy(job)}"), job.folder, "figure2_3")
    table = pd.DataFrame({"radius_arcsec": radius, "circularity": circularity, "weight": weights})
    style.save_table(table, job.folder, "figure2_3")


def figure7_1(job: "Job") -> None:
    """Figure 7.1: observed kinematics, those of the best model, and the difference over the errors."""
    _kinematic_maps(job, "figure7_1", "observed", "exact.every1")


def figure7_2(job: "Job") -> None:
    """Figure 7.2: observed kinematics, those predicted from 41 models, and the difference over the errors."""
    _kinematic_maps(job, "figure7_2", "observed", common.recommended(job))


def figure7_3(job: "Job") -> None:
    """Figure 7.3: difference of the best model and the prediction from 41 models, over the errors."""
    _kinematic_maps(job, "figure7_3", "exact.every1", common.recommended(job), residual_alone=True)


def _kinematic_maps(job: "Job", stem: str, first: str, second: str, residual_alone: bool = False) -> None:
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure7_1

    kinematics, bins, extent = common.sky(job)
    seen = np.stack([kinematics.mean_kms, kinematics.dispersion_kms, kinematics.h3, kinematics.h4])
    errors = np.stack(
        [kinematics.mean_error_kms, kinematics.dispersion_error_kms, kinematics.h3_error, kinematics.h4_error]
    )
    words = {"observed": "observed", "exact.every1": "model"}
    maps = [seen if name == "observed" else common.fit(job, name, "kinematics") for name in (first, second)]
    texts = tuple(words.get(name, "prediction") for name in (first, second))
    title = common.galaxy(job)
    if second not in words:
        title += f"; {common.dcnn(job, job.settings.train.chosen)}"
    figure = figure7_1.draw(
        maps[0], maps[1], errors, bins, extent, (texts[0], texts[1]), title, residual_alone=residual_alone
    )
    style.save(figure, job.folder, stem)
    residual = (maps[0] - maps[1]) / errors
    names = ("velocity", "dispersion", "h3", "h4")
    style.save_table(pd.DataFrame(dict(zip(names, residual, strict=True))), job.folder, stem)
    largest = {f"largest_residual_{name}": float(np.abs(residual[k]).max()) for k, name in enumerate(names)}
    if stem == "figure7_1":
        common.compare(job, {name: value for name, value in largest.items() if name in common.published()})
    else:
        job.metrics |= {f"{stem}.{name}": value for name, value in largest.items()}
