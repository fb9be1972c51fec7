"""Figures of losses and sets: Δχ², best M/L, maps of the best fits (4.2, 6.1 to 6.4, A.2)."""

from typing import TYPE_CHECKING, Any

from reproduce.papers.skusa2023.drawing import common

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def figure4_2(job: "Job") -> None:
    """Figure 4.2: Δχ² against M/L of the four losses."""
    from paper_figures import style
    from paper_figures.skusa2023 import curves
    from paper_figures.skusa2023.panels import LOSSES

    first = job.settings.models.strides[0]
    named = {LOSSES[loss]: common.curve(job, f"dcnn.{loss}.every{first}") for loss in job.settings.train.losses}
    title = f"{common.dcnn(job)}\n{common.galaxy(job)}"
    style.save(
        curves.draw(common.curve(job, "exact.every1"), named, common.truth(job), 20_000, title), job.folder, "figure4_2"
    )
    _save_curves(job, named, "figure4_2")
    names = ("best_mass_to_light_losses_low", "best_mass_to_light_losses_high")
    common.compare(job, {name: value for name, value in common.metrics(job).items() if name in names})


def figure6_1(job: "Job") -> None:
    """Figure 6.1: h3 of the best fit, predicted from smaller and smaller sets."""
    _sparse_maps(job, "figure6_1", shown=(0, 1, 4, 5, 6))


def figure_a_2(job: "Job") -> None:
    """Figure A.2: h1 to h4 of the best fit, predicted from all sets."""
    _sparse_maps(job, "figure_a_2", coefficients=common.H)


def figure6_2(job: "Job") -> None:
    """Figure 6.2: Δχ² against M/L of all sets."""
    from paper_figures import style
    from paper_figures.skusa2023 import curves

    named = _set_curves(job)
    title = f"{common.dcnn(job, job.settings.train.chosen)}\n{common.galaxy(job)}"
    style.save(
        curves.draw(common.curve(job, "exact.every1"), named, common.truth(job), 40_000, title), job.folder, "figure6_2"
    )
    _save_curves(job, named, "figure6_2")


def figure6_3(job: "Job") -> None:
    """Figure 6.3: the same near the minima, with the 1σ and 2σ levels."""
    from paper_figures import style
    from paper_figures.skusa2023 import curves

    named, metrics = _set_curves(job, leave_out=2), common.metrics(job)
    levels = metrics["delta_chi2_one_sigma"], metrics["delta_chi2_two_sigma"]
    title = f"{common.dcnn(job, job.settings.train.chosen)}\n{common.galaxy(job)}"
    figure = curves.near_minimum(common.curve(job, "exact.every1"), named, levels, common.truth(job), title)
    style.save(figure, job.folder, "figure6_3")
    _save_curves(job, named, "figure6_3")
    common.compare(job, {name: metrics[name] for name in ("delta_chi2_one_sigma", "delta_chi2_two_sigma")})


def figure6_4(job: "Job") -> None:
    """Figure 6.4: best M/L of each set with its 1σ and 2σ ranges."""
    from paper_figures import style
    from paper_figures.skusa2023 import figure6_4

    table, models = common.methods(job), job.settings.models
    sets = table[(table["kind"] == "dcnn") & (table["loss"] == job.settings.train.chosen)]
    title = f"{common.dcnn(job, job.settings.train.chosen)}\n{common.galaxy(job)}"
    figure = figure6_4.draw(table.iloc[0], sets, common.truth(job), (models.first, models.last), title)
    style.save(figure, job.folder, "figure6_4")
    style.save_table(sets, job.folder, "figure6_4")
    metrics = common.metrics(job)
    common.compare(job, {name: value for name, value in metrics.items() if name.endswith("_within_sigma")})


def _sparse_maps(
    job: "Job", stem: str, shown: tuple[int, ...] | None = None, coefficients: tuple[int, ...] = (3,)
) -> None:
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure5_2

    names = common.set_names(job)
    chosen = [(n, name) for k, (n, name) in enumerate(names.items()) if shown is None or k in shown]
    maps = {n: common.fit(job, name, "best_maps") for n, name in chosen}
    best = {n: common.attribute(job, name, "best") for n, name in chosen}
    rows = [[values[..., m - 1] for values in maps.values()] for m in coefficients]
    titles = [f"{n} models\nM/L {best[n]:.2f}" for n in maps]
    title = f"best fits, {common.dcnn(job, job.settings.train.chosen)}"
    style.save(figure5_2.draw(rows, [f"$h_{m}$" for m in coefficients], titles, title), job.folder, stem)
    table = common.methods(job)
    kept = (table["kind"] == "dcnn") & (table["loss"] == job.settings.train.chosen) & table["models"].isin(maps)
    columns = ["models", "best", *(f"error_percent_h{m}" for m in coefficients)]
    style.save_table(pd.DataFrame(table[kept][columns]), job.folder, stem)


def _set_curves(job: "Job", leave_out: int = 0) -> dict[str, Any]:
    """Curve of each set, without the smallest ones if there are enough."""
    names = list(common.set_names(job).items())
    kept = names[: max(2, len(names) - leave_out)]
    return {f"{n} models": common.curve(job, name) for n, name in kept}


def _save_curves(job: "Job", named: dict[str, Any], stem: str) -> None:
    import pandas as pd

    from paper_figures import style

    every = {"exact rescaling": common.curve(job, "exact.every1"), **named}
    parts = [pd.DataFrame({"curve": name.strip("$"), "mass_to_light": x, "chi2": y}) for name, (x, y) in every.items()]
    style.save_table(pd.concat(parts, ignore_index=True), job.folder, stem)
