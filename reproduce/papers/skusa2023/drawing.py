"""The figures and tables: each function reads what its stage needs and hands numbers to `paper_figures`."""

import json
from typing import TYPE_CHECKING, Any

import data_manifests

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.workflow.stages import Job

H = (1, 2, 3, 4)


def figure2_1(job: "Job") -> None:
    """Figure 2.1: mean velocity and velocity dispersion of the galaxy."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure2_1

    kinematics, bins, extent = _sky(job)
    figure = figure2_1.draw(kinematics.mean_kms, kinematics.dispersion_kms, bins, extent, _galaxy(job))
    style.save(figure, job.folder, "figure2_1")
    columns = {name: getattr(kinematics, name) for name in type(kinematics).__dataclass_fields__}
    style.save_table(pd.DataFrame(columns), job.folder, "figure2_1")


def figure2_2(job: "Job") -> None:
    """Figure 2.2: h1 to h4 of every orbit in every aperture, at M/L 5."""
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure2_2
    from reproduce.papers.skusa2023 import libraries

    maps = _fit(job, "exact.every1", "model_0_maps")
    n_tubes = libraries.read(job.inputs["library"] / libraries.FILE).n_tubes
    style.save(figure2_2.draw(maps, n_tubes, f"M/L = 5, {_galaxy(job)}"), job.folder, "figure2_2")
    table = pd.DataFrame({"h": H, "largest": [abs(maps[..., m - 1]).max() for m in H]})
    style.save_table(table, job.folder, "figure2_2")
    _compare(job, {"orbits": len(maps), "tubes": n_tubes, "apertures": maps.shape[1], "coefficients": maps.shape[2]})


def figure2_3(job: "Job") -> None:
    """Figure 2.3: mass of the orbits by circularity and radius, in the best fit."""
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure2_3
    from reproduce.papers.skusa2023 import libraries

    library = libraries.read(job.inputs["library"] / libraries.FILE)
    weights = _fit(job, "exact.every1", "weights")
    radius = library.mean_radius_pc / (job.settings.library.distance_mpc * 1e6 * np.pi / 648_000)
    circularity = library.circularity[:, 2]
    style.save(figure2_3.draw(radius, circularity, weights, f"best fit, {_galaxy(job)}"), job.folder, "figure2_3")
    table = pd.DataFrame({"radius_arcsec": radius, "circularity": circularity, "weight": weights})
    style.save_table(table, job.folder, "figure2_3")


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
            title = f"$h_{m}$ without the mask, {_dcnn(job, job.settings.train.losses[0])}"
            style.save(figure3_1.draw((low, high, high - low, models[1]), titles, title), job.folder, "figure3_1")
            metrics = {f"largest_difference_h{m}": float(abs(high - low).max())}
            metrics[f"largest_model_difference_h{m}"] = float(abs(models[1] - models[0]).max())
    style.save_table(pd.DataFrame([metrics]), job.folder, "figure3_1")


def figure3_2(job: "Job") -> None:
    """Figure 3.2: the layers of the deconvolutional network, from the network itself."""
    from paper_figures import style
    from paper_figures.skusa2023 import figure3_2

    layers = _layers(job)
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
    model = _fit(job, "exact.every1", "model_0_maps")
    predicted = _fit(job, f"dcnn.{loss}.every{job.settings.models.strides[0]}", "model_0_maps")
    with h5py.File(job.inputs["models"] / FILE) as file:
        errors = file["errors"][:]
    off = [100 * np.linalg.norm((model - predicted)[..., m - 1]) / np.linalg.norm(model[..., m - 1]) for m in H]
    names = [f"$h_{m}$, relative error {value:.0f} %" for m, value in zip(H, off, strict=True)]
    style.save(figure4_1.draw(model, predicted, errors, names, f"M/L = 5, {_dcnn(job, loss)}"), job.folder, "figure4_1")
    largest = [float(np.abs((model - predicted)[..., m - 1] / errors[m - 1]).max()) for m in H]
    blank = [float(np.abs(model[..., m - 1] / errors[m - 1]).max()) for m in H]
    inside = [100 * float(np.mean(np.abs(model[..., m - 1]) < errors[m - 1])) for m in H]
    columns = {
        "h": H,
        "relative_error_percent": off,
        "largest_residual_errors": largest,
        "largest_of_blank_map_errors": blank,
        "model_below_error_percent": inside,
    }
    style.save_table(pd.DataFrame(columns), job.folder, "figure4_1")
    _compare(job, {"model_0_largest_residual": max(largest)})


def figure4_2(job: "Job") -> None:
    """Figure 4.2: Δχ² against M/L of the four losses."""
    from paper_figures import style
    from paper_figures.skusa2023 import curves
    from paper_figures.skusa2023.panels import LOSSES

    first = job.settings.models.strides[0]
    named = {LOSSES[loss]: _curve(job, f"dcnn.{loss}.every{first}") for loss in job.settings.train.losses}
    title = f"{_dcnn(job)}; {_galaxy(job)}"
    style.save(curves.draw(_curve(job, "exact.every1"), named, _truth(job), 20_000, title), job.folder, "figure4_2")
    _save_curves(job, named, "figure4_2")
    names = ("best_mass_to_light_losses_low", "best_mass_to_light_losses_high")
    _compare(job, {name: value for name, value in _metrics(job).items() if name in names})


def figure5_1(job: "Job") -> None:
    """Figure 5.1: losses of generator and discriminator at all steps of the GAN's trainings."""
    from paper_figures import style
    from paper_figures.skusa2023 import figure5_1
    from reproduce.papers.skusa2023.evaluation import steps
    from reproduce.papers.skusa2023.networks.adversary import networks

    first = job.settings.gan.strides[0]
    table = steps(job.inputs["gan"], [one for one in networks(job.settings.gan) if one.stride == first])
    n_epochs = int(table["epoch"].max()) + 1
    style.save(figure5_1.draw(table, f"{n_epochs} epochs, all coefficients"), job.folder, "figure5_1")
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
        drawn = [file[f"gan/h{m}"][:] for m in H]
        models = [file[f"gan_models/h{m}"][:] for m in H]
    rows = [[pair[0] for pair in drawn], [pair[1] for pair in drawn], models]
    names = ("GAN, nearest", "GAN, first draw", "model")
    title = f"GAN with the mask, {_gan(job)}"
    style.save(figure5_2.draw(rows, names, [f"$h_{m}$" for m in H], title), job.folder, "figure5_2")
    off = [_percent(pair[0], model) for pair, model in zip(drawn, models, strict=True)]
    style.save_table(pd.DataFrame({"h": H, "error_percent_of_nearest": off}), job.folder, "figure5_2")


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
            title = f"$h_{m}$, GAN without the mask, {_gan(job)}"
            style.save(figure3_1.draw((best, first, model), titles, title), job.folder, "figure_a_1")
            rows.append({"h": m, "error_percent_of_nearest": _percent(best, model)})
    style.save_table(pd.DataFrame(rows), job.folder, "figure_a_1")


def figure6_1(job: "Job") -> None:
    """Figure 6.1: h3 of the best fit, predicted from smaller and smaller sets."""
    _sparse_maps(job, "figure6_1", shown=(0, 1, 4, 5, 6))


def figure_a_2(job: "Job") -> None:
    """Figure A.2: h1 to h4 of the best fit, predicted from all sets."""
    _sparse_maps(job, "figure_a_2", coefficients=H)


def figure6_2(job: "Job") -> None:
    """Figure 6.2: Δχ² against M/L of all sets."""
    from paper_figures import style
    from paper_figures.skusa2023 import curves

    named = _set_curves(job)
    title = f"{_dcnn(job, job.settings.train.chosen)}; {_galaxy(job)}"
    style.save(curves.draw(_curve(job, "exact.every1"), named, _truth(job), 40_000, title), job.folder, "figure6_2")
    _save_curves(job, named, "figure6_2")


def figure6_3(job: "Job") -> None:
    """Figure 6.3: the same near the minima, with the 1σ and 2σ levels."""
    from paper_figures import style
    from paper_figures.skusa2023 import curves

    named, metrics = _set_curves(job, leave_out=2), _metrics(job)
    levels = metrics["delta_chi2_one_sigma"], metrics["delta_chi2_two_sigma"]
    title = f"{_dcnn(job, job.settings.train.chosen)}; {_galaxy(job)}"
    figure = curves.near_minimum(_curve(job, "exact.every1"), named, levels, _truth(job), title)
    style.save(figure, job.folder, "figure6_3")
    _save_curves(job, named, "figure6_3")
    _compare(job, {name: metrics[name] for name in ("delta_chi2_one_sigma", "delta_chi2_two_sigma")})


def figure6_4(job: "Job") -> None:
    """Figure 6.4: best M/L of each set with its 1σ and 2σ ranges."""
    from paper_figures import style
    from paper_figures.skusa2023 import figure6_4

    table, models = _methods(job), job.settings.models
    sets = table[(table["kind"] == "dcnn") & (table["loss"] == job.settings.train.chosen)]
    title = f"{_dcnn(job, job.settings.train.chosen)}; {_galaxy(job)}"
    figure = figure6_4.draw(table.iloc[0], sets, _truth(job), (models.first, models.last), title)
    style.save(figure, job.folder, "figure6_4")
    style.save_table(sets, job.folder, "figure6_4")
    metrics = _metrics(job)
    _compare(job, {name: value for name, value in metrics.items() if name.endswith("_within_sigma")})


def figure7_1(job: "Job") -> None:
    """Figure 7.1: observed kinematics, those of the best model, and the difference over the errors."""
    _kinematic_maps(job, "figure7_1", "observed", "exact.every1")


def figure7_2(job: "Job") -> None:
    """Figure 7.2: observed kinematics, those predicted from 41 models, and the difference over the errors."""
    _kinematic_maps(job, "figure7_2", "observed", _recommended(job))


def figure7_3(job: "Job") -> None:
    """Figure 7.3: difference of the best model and the prediction from 41 models, over the errors."""
    _kinematic_maps(job, "figure7_3", "exact.every1", _recommended(job), residual_alone=True)


def baselines(job: "Job") -> None:
    """Every method beside exact rescaling, which needs one library and no training (not in the thesis)."""
    from paper_figures import style
    from paper_figures.skusa2023 import methods

    table = methods.baselines(_methods(job), job.settings.train.chosen)
    style.save_table(table, job.folder, "baselines", methods.UNITS, latex=True)


def losses(job: "Job") -> None:
    """The four losses in numbers, beside the mean map and a blank one (thesis Sect. 4.3)."""
    from paper_figures import style
    from paper_figures.skusa2023 import methods
    from paper_figures.skusa2023.panels import LOSSES

    table = methods.losses(_methods(job), {name: text.strip("$") for name, text in LOSSES.items()})
    style.save_table(table, job.folder, "losses", methods.UNITS, latex=True)


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
    _compare(job, ours)


def table3_1(job: "Job") -> None:
    """Tables 3.1 and 5.1: parameters of the trainings, the thesis's and those of this profile."""
    from paper_figures import style
    from paper_figures.skusa2023 import methods

    train, gan, published = job.settings.train, job.settings.gan, _published()
    ours = {
        "learning_rate": train.learning_rate,
        "epochs": _epochs(job, "train"),
        "validation_fraction": job.settings.models.validation_fraction,
        "batch_size": train.batch_size,
        "losses": len(train.losses),
        "networks": len(train.losses) * len(H),
        "gan_epochs": _epochs(job, "gan"),
        "gan_batch_size": gan.batch_size,
    }
    rows = {published[name]["text"]: (published[name]["value"], value) for name, value in ours.items()}
    rows["learning rate of the GAN's Adam"] = (None, gan.learning_rate)
    style.save_table(methods.choices(rows), job.folder, "table3_1", latex=True)
    _compare(job, ours)


def table_b_1(job: "Job") -> None:
    """Table B.1: layers of the deconvolutional network and their parameters."""
    from paper_figures import style

    layers = _layers(job)
    style.save_table(layers.drop(columns=["inputs"]), job.folder, "table_b_1", latex=True)
    counts = dict(zip(layers["name"], layers["parameters"], strict=True))
    named = {f"{name}_parameters": float(n) for name, n in counts.items() if f"{name}_parameters" in _published()}
    _compare(job, named | {"parameters": float(sum(counts.values()))})


def _sparse_maps(
    job: "Job", stem: str, shown: tuple[int, ...] | None = None, coefficients: tuple[int, ...] = (3,)
) -> None:
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure5_2

    names = _set_names(job)
    chosen = [(n, name) for k, (n, name) in enumerate(names.items()) if shown is None or k in shown]
    maps = {n: _fit(job, name, "best_maps") for n, name in chosen}
    best = {n: _attribute(job, name, "best") for n, name in chosen}
    rows = [[values[..., m - 1] for values in maps.values()] for m in coefficients]
    titles = [f"{n} models\nM/L {best[n]:.2f}" for n in maps]
    title = f"best fits, {_dcnn(job, job.settings.train.chosen)}"
    style.save(figure5_2.draw(rows, [f"$h_{m}$" for m in coefficients], titles, title), job.folder, stem)
    table = _methods(job)
    kept = (table["kind"] == "dcnn") & (table["loss"] == job.settings.train.chosen) & table["models"].isin(maps)
    columns = ["models", "best", *(f"error_percent_h{m}" for m in coefficients)]
    style.save_table(pd.DataFrame(table[kept][columns]), job.folder, stem)


def _kinematic_maps(job: "Job", stem: str, first: str, second: str, residual_alone: bool = False) -> None:
    import numpy as np
    import pandas as pd

    from paper_figures import style
    from paper_figures.skusa2023 import figure7_1

    kinematics, bins, extent = _sky(job)
    seen = np.stack([kinematics.mean_kms, kinematics.dispersion_kms, kinematics.h3, kinematics.h4])
    errors = np.stack(
        [kinematics.mean_error_kms, kinematics.dispersion_error_kms, kinematics.h3_error, kinematics.h4_error]
    )
    words = {"observed": "observed", "exact.every1": "model"}
    maps = [seen if name == "observed" else _fit(job, name, "kinematics") for name in (first, second)]
    texts = tuple(words.get(name, "prediction") for name in (first, second))
    title = _galaxy(job)
    if second not in words:
        title += f"; {_dcnn(job, job.settings.train.chosen)}"
    figure = figure7_1.draw(
        maps[0], maps[1], errors, bins, extent, (texts[0], texts[1]), title, residual_alone=residual_alone
    )
    style.save(figure, job.folder, stem)
    residual = (maps[0] - maps[1]) / errors
    names = ("velocity", "dispersion", "h3", "h4")
    style.save_table(pd.DataFrame(dict(zip(names, residual, strict=True))), job.folder, stem)
    largest = {f"largest_residual_{name}": float(np.abs(residual[k]).max()) for k, name in enumerate(names)}
    if stem == "figure7_1":
        _compare(job, {name: value for name, value in largest.items() if name in _published()})
    else:
        job.metrics |= {f"{stem}.{name}": value for name, value in largest.items()}


def _sky(job: "Job") -> Any:
    """Kinematics, the aperture of each pixel, the field's ends [arcsec]."""
    from reproduce.galaxy.orbits.dynamite_files import read_folder

    _, kinematics, _, apertures = read_folder(job.inputs["observe"])
    (x, y), (width, height) = apertures.corner_arcsec, apertures.size_arcsec
    return kinematics, apertures.bin_of_pixel, (x, x + width, y, y + height)


def _galaxy(job: "Job") -> str:
    from reproduce.papers.skusa2023.observing import facts

    label, truth = facts(job.inputs["observe"])
    return f"{label} galaxy" + ("" if truth is None else f" of M/L {truth:g}")


def _truth(job: "Job") -> float | None:
    from reproduce.papers.skusa2023.observing import facts

    return facts(job.inputs["observe"])[1]


def _fit(job: "Job", method: str, name: str) -> Any:
    import h5py

    from reproduce.papers.skusa2023.fits import FILE

    with h5py.File(job.inputs["fits"] / FILE) as file:
        return file[method][name][:]


def _attribute(job: "Job", method: str, name: str) -> float:
    import h5py

    from reproduce.papers.skusa2023.fits import FILE

    with h5py.File(job.inputs["fits"] / FILE) as file:
        return float(file[method].attrs[name])


def _curve(job: "Job", method: str) -> Any:
    return _fit(job, method, "mass_to_light"), _fit(job, method, "chi2")


def _set_names(job: "Job") -> dict[int, str]:
    """Name of the network of each set, by its number of models."""
    from reproduce.papers.skusa2023.models import members

    group = job.settings.models
    return {len(members(group, stride)): f"dcnn.{job.settings.train.chosen}.every{stride}" for stride in group.strides}


def _set_curves(job: "Job", leave_out: int = 0) -> dict[str, Any]:
    """Curve of each set, without the smallest ones if there are enough."""
    names = list(_set_names(job).items())
    kept = names[: max(2, len(names) - leave_out)]
    return {f"{n} models": _curve(job, name) for n, name in kept}


def _recommended(job: "Job") -> str:
    """Network of the set that the thesis recommends: every fourth model, or the next sparser one that there is."""
    strides = job.settings.models.strides
    stride = min((one for one in strides if one >= 4), default=strides[-1])
    return f"dcnn.{job.settings.train.chosen}.every{stride}"


def _save_curves(job: "Job", named: dict[str, Any], stem: str) -> None:
    import pandas as pd

    from paper_figures import style

    every = {"exact rescaling": _curve(job, "exact.every1"), **named}
    parts = [pd.DataFrame({"curve": name.strip("$"), "mass_to_light": x, "chi2": y}) for name, (x, y) in every.items()]
    style.save_table(pd.concat(parts, ignore_index=True), job.folder, stem)


def _methods(job: "Job") -> "pd.DataFrame":
    import pandas as pd

    from reproduce.papers.skusa2023.evaluation import TABLE

    return pd.read_csv(job.inputs["evaluate"] / TABLE, keep_default_na=False, na_values=[""]).fillna({"loss": ""})


def _metrics(job: "Job", stage: str = "evaluate") -> dict[str, float]:
    found: dict[str, float] = json.loads((job.inputs[stage] / "metrics.json").read_text(encoding="utf-8"))
    return found


def _epochs(job: "Job", stage: str) -> float:
    """Epochs on all models: those asked for, or fewer where the profile says so."""
    first = job.settings.models.strides[0]
    start = "gan" if stage == "gan" else job.settings.train.losses[0]
    return _metrics(job, stage)[f"{start}.every{first}.epochs"]


def _dcnn(job: "Job", loss: str = "") -> str:
    """How a network was trained, in a few words."""
    from paper_figures.skusa2023.panels import LOSSES

    group = job.settings.train
    most = "" if group.most_maps is None else f", at most {group.most_maps} maps seen"
    return f"{LOSSES[loss] + ', ' if loss else ''}{group.epochs} epochs{most}"


def _gan(job: "Job") -> str:
    return f"{_epochs(job, 'gan'):.0f} epochs"


def _layers(job: "Job") -> "pd.DataFrame":
    """Layers of the network for this profile's maps: ``name``, ``kind``, ``shape``, ``parameters``, ``inputs``."""
    import pandas as pd

    from reproduce.papers.skusa2023.networks import architecture, deconvolution

    shape = deconvolution.size(job.inputs["models"] / "models.h5")
    rows = []
    for layer in architecture.dcnn(*shape, activation=job.settings.train.activation).layers:
        nodes = layer._inbound_nodes[0].parent_nodes
        sizes = " × ".join(str(n) for n in layer.output.shape[1:])
        rows.append(
            {
                "name": layer.name,
                "kind": type(layer).__name__,
                "shape": sizes,
                "parameters": layer.count_params(),
                "inputs": " ".join(node.operation.name for node in nodes),
            }
        )
    return pd.DataFrame(rows)


def _percent(one: Any, true: Any) -> float:
    import numpy as np

    return 100 * float(np.linalg.norm(one - true) / np.linalg.norm(true))


def _published() -> Any:
    return data_manifests.load("skusa2023/published")


def _compare(job: "Job", ours: dict[str, float]) -> None:
    """Ours beside the thesis's numbers of the same names."""
    from reproduce.workflow import comparison

    known = [name for name in _published() if name in ours]
    job.metrics |= comparison.write(job.folder, {name: float(ours[name]) for name in known}, _published(), known)
