"""Networks and fits of Skusa (2023), on a small library whose velocity distributions are Gaussians."""

import contextlib
import json
from dataclasses import replace

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

from reproduce.galaxy.orbits.dynamite_files import read_folder, write_folder
from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.observation import Apertures
from reproduce.learning import checkpoint
from reproduce.learning.fitting import fit
from reproduce.learning.weights import load_weights, save_weights
from reproduce.papers.skusa2023 import evaluation, examples, fits, libraries, methods, models, ngc6278, observing
from reproduce.papers.skusa2023.networks import adversary, architecture, deconvolution, repaired
from reproduce.papers.skusa2023.search import Networks
from reproduce.papers.skusa2023.settings import PROFILES, Repaired
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess

N, BINS = 27, 16  # orbits (9 tubes twice, 9 boxes) and apertures: no multiples of 6 and 4 alike
SETTINGS = PROFILES.load(
    "smoke",
    [
        "models.step=0.1",
        "models.strides=[1,8]",
        "tune.stride=8",
        "repaired.components=6",
        "repaired.epochs=30",
        "repaired.items=800",
        "train.most_maps=40",
        "gan.unmasked=[4]",
        "library.n_energy=9",
        "library.n_i2=1",
        "library.n_i3=1",
    ],
)


def quiet(fraction, text=""):
    assert 0 <= fraction <= 1 + 1e-9


def no_log(name, epoch, values):
    assert epoch >= 0


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Folders of a galaxy, its library and its models: Gaussian distributions with means and widths of a rotator."""
    root = tmp_path_factory.mktemp("skusa")
    observed, made, folder = (root / name for name in ("observe", "library", "models"))
    for place in (observed, made, folder):
        place.mkdir()
    rng = np.random.default_rng(1)
    numbers = np.arange(1, BINS + 1).reshape(4, 4).repeat(5, axis=0).repeat(5, axis=1)
    apertures = Apertures((-10.0, -10.0), (20.0, 20.0), 0.0, numbers)
    ones, x = np.ones(BINS), np.tile(np.linspace(-1, 1, 4), 4)
    kinematics = Kinematics(60 * x, 3 * ones, 150 + 10 * x**2, 4 * ones, 0 * ones, 0.03 * ones, 0 * ones, 0.03 * ones)
    write_folder(observed, ngc6278.LIGHT, kinematics, ngc6278.SPREAD, apertures, "synthetic")
    (observed / observing.FACTS).write_text(json.dumps({"label": "synthetic", "mass_to_light": 5.5}))
    edges = np.linspace(-800, 800, 82)
    centres = (edges[1:] + edges[:-1]) / 2
    mean = rng.uniform(20, 160, (9, 1)) * x
    mean = np.concatenate([np.stack([mean, -mean], axis=1).reshape(18, BINS), np.zeros((9, BINS))])
    sigma = rng.uniform(60, 200, (N, BINS))
    shape = np.exp(-0.5 * ((centres[None, :, None] - mean[:, None]) / sigma[:, None]) ** 2)
    share = rng.dirichlet(np.ones(BINS), N)
    settings = SETTINGS.library
    cells = libraries.space_grid(libraries.model(ngc6278.LIGHT, settings), settings).shape
    library = OrbitLibrary(
        histogram=(shape / shape.sum(axis=1, keepdims=True) * share[:, None]).astype(np.float32),
        velocity_edges_kms=edges,
        intrinsic=rng.dirichlet(np.ones(np.prod(cells)), N).reshape(N, *cells).astype(np.float32),
        family=np.zeros(N, int),
        circularity=np.zeros((N, 3)),
        mean_radius_pc=np.ones(N),
        energy_error=np.zeros(N),
        n_tubes=18,
        mass_to_light=5.0,
    )
    libraries.write(library, made / libraries.FILE)
    metrics = models.make(SETTINGS.models, settings, observed, made, folder, quiet)
    assert metrics["models"] == 81
    return {"observe": observed, "library": made, "source": folder / models.FILE}


def test_a_library_is_read_as_it_was_written(places):
    library = libraries.read(places["library"] / libraries.FILE)
    assert library.n_tubes == 18 and library.mass_to_light == 5.0
    np.testing.assert_array_equal(library.histogram[:18:2].sum(axis=1), library.projected[:18:2])


def test_the_network_is_that_of_table_b_1():
    model = architecture.dcnn(360, 152)
    plain = architecture.dcnn(360, 152, plain=True)
    assert model.count_params() == plain.count_params() == 695_019
    assert model.output.shape[1:] == plain.output.shape[1:] == (360, 152, 1)
    named = {layer.name: layer.count_params() for layer in plain.layers if layer.count_params()}
    assert named["dense3"] == 510_720 and named["mask_dense2"] == 164_160 and named["deconvolution2"] == 13_872
    assert architecture.dcnn(27, 16, mask=False).output.shape[1:] == (27, 16, 1)


def test_the_linear_end_is_the_three_layers_it_stands_for(tmp_path):
    """The same maps and, after a step of gradient descent, the same weights, to rounding; a file keeps them."""
    rng = np.random.default_rng(1)
    fast, plain = architecture.dcnn(27, 16), architecture.dcnn(27, 16, plain=True)
    theirs = {_place(weight): weight for weight in plain.weights}
    assert sorted(theirs) == sorted(map(_place, fast.weights))
    for weight in fast.weights:
        weight.assign(rng.normal(0, 0.3, weight.shape))  # biases too, which begin at zero
        theirs[_place(weight)].assign(weight)
    x, y = np.array([[1.0], [3.0]], np.float32), rng.normal(size=(2, 27, 16, 1)).astype(np.float32)
    np.testing.assert_allclose(fast(x), plain(x), rtol=0, atol=1e-5 * np.abs(plain(x)).max())
    save_weights(fast, tmp_path / "fast.weights.h5")
    again = architecture.dcnn(27, 16)
    load_weights(again, tmp_path / "fast.weights.h5")
    np.testing.assert_array_equal(again(x), fast(x))
    for model in (fast, plain):
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.train_on_batch(x, y)
    for weight in fast.weights:
        other = theirs[_place(weight)].numpy()
        np.testing.assert_allclose(weight.numpy(), other, rtol=0, atol=1e-5 * np.abs(other).max())


def _place(weight):
    """Layer and name of a weight, wherever the layer stands."""
    return "/".join(weight.path.split("/")[-2:])


def test_each_half_of_the_gan_learns_from_its_own_loss_alone():
    """One step on the loss of one verdict moves the weights of that verdict's network, and no others."""
    x = {"noise": np.full((2, 1), 0.5, np.float32), "image": np.ones((2, 12, 8, 1), np.float32)}
    for verdict, moving in (("real", "discriminator"), ("fake", "discriminator"), ("fooled", "dcnn")):
        gan = architecture.adversarial(12, 8)
        weights = {name: float(name == verdict) for name in adversary.VERDICTS}
        losses = dict.fromkeys(adversary.VERDICTS, "binary_crossentropy")
        gan.compile("sgd", losses, loss_weights=weights)
        before = {name: gan.get_layer(name).get_weights() for name in ("discriminator", "dcnn")}
        gan.train_on_batch(x, {name: np.full((2, 1), value) for name, value in adversary.VERDICTS.items()})
        changed = {
            name: any((new != old).any() for new, old in zip(gan.get_layer(name).get_weights(), weights_, strict=True))
            for name, weights_ in before.items()
        }
        assert changed == {name: name == moving for name in changed}, verdict


def test_a_gan_that_was_killed_ends_with_the_same_bytes(places, tmp_path):
    group = SETTINGS.gan.model_copy(update={"epochs": 2, "strides": (8,)})
    network = adversary.Network(8, 3)
    ends = []
    for name in ("whole", "killed"):
        folder = tmp_path / name
        folder.mkdir()
        adversary._write_set(places["source"], SETTINGS.models, group.seed, 8, folder)
        task = adversary.task(network, places["source"], group, SETTINGS.models, folder, folder, None)
        if name == "killed":
            fit(replace(task, until=1))
            assert len(checkpoint.history(task.state)) == 1
        history = fit(task)
        assert len(history) == 2
        ends.append((task.weights.read_bytes(), task.steps.read_bytes()))
    assert ends[0] == ends[1]
    rows = task.steps.read_text().splitlines()
    assert rows[0].startswith("epoch,") and len(rows) == 1 + 2 * (11 // 2)
    steps = evaluation.steps(folder, [network])
    means = (steps["discriminator"] + steps["generator"]).groupby(steps["epoch"]).mean()
    assert means.to_numpy() == pytest.approx([row["loss"] for row in history], rel=1e-4)
    with pytest.raises(InputError, match="other settings"):
        fit(replace(task, learning_rate=0.1))


def test_every_eleventh_map_is_enough_for_the_repaired_network(places, tmp_path):
    """1 % was asked for with 11 models; these 81 models have 11 in the set of every eighth."""
    problem = Networks(places["source"], SETTINGS.models, 8)
    task = problem.task("repaired", 0, SETTINGS.repaired, tmp_path, threads=None, until=None)
    history = fit(task)
    assert history[-1]["loss"] < 1e-3 * history[0]["loss"]
    measured = problem.measure("repaired", 0, SETTINGS.repaired, tmp_path)
    assert measured["error_percent"] < 1.0
    assert measured["parameters"] == task.build().count_params()
    assert problem.with_epochs(SETTINGS.repaired, 3).epochs == 3
    assert problem.published("repaired", SETTINGS.repaired)["width"] == Repaired().width


def test_a_basis_holds_its_models(places):
    """With as many vectors as models less one, the basis makes every model of its set, to rounding in float32."""
    basis, coefficients = repaired.basis(places["source"], SETTINGS.models, 8, 64)
    true = models.read(places["source"], models.members(SETTINGS.models, 8))
    assert basis.outputs == 40
    assert np.linalg.norm(basis.maps(coefficients) - true) < 1e-4 * np.linalg.norm(true)
    with h5py.File(places["source"]) as file:
        weight = 1 / (file["errors"][0] * file["projected"][:])
    weighted = (basis.vectors[0] * weight).reshape(10, -1)
    np.testing.assert_allclose(weighted[:6] @ weighted[:6].T, np.eye(6), atol=1e-3)


def test_what_needs_no_network_is_measured_and_fitted(places, tmp_path):
    settings, folder = SETTINGS, tmp_path / "evaluate"
    for name in ("networks", "fits", "evaluate"):
        (tmp_path / name).mkdir()
    (tmp_path / "networks" / "metrics.json").write_text("{}")
    trained = methods.Trained(
        places["source"], *[tmp_path / "networks"] * 3, settings.models, settings.train, settings.gan
    )
    kinds = (*methods.DEGREES, "mean", "blank")
    wanted = [methods.Method(methods.EXACT)]
    wanted += [methods.Method(kind, stride) for kind in kinds for stride in settings.models.strides]
    few = settings.evaluate.model_copy(update={"every": 20})
    arguments = trained, places["observe"], places["library"], few, tmp_path / "fits", tmp_path / "state"
    fits.fit_all(wanted, *arguments, InProcess(), quiet)
    metrics = evaluation.evaluate(wanted, trained, tmp_path / "fits", places["observe"], folder)
    assert metrics["exact.every1.error_percent"] == 0
    assert metrics["cubic.every8.error_percent"] < metrics["linear.every8.error_percent"] < 5
    assert metrics["linear.every1.error_percent"] < 1e-4  # it has all models
    assert metrics["blank.every1.error_percent_h1"] == pytest.approx(100)
    assert metrics["mean.every1.error_percent_h1"] < 100
    assert metrics["delta_chi2_one_sigma"] == pytest.approx(np.sqrt(2 * 4 * BINS))
    assert metrics["true_mass_to_light_error"] == pytest.approx(metrics["exact.every1.best"] - 5.5)
    table = pd.read_csv(folder / evaluation.TABLE)
    assert list(table["models"][:3]) == [1, 81, 11]


@pytest.mark.slow  # `.ci/run` makes the chain too
def test_the_networks_are_trained_measured_and_fitted(places, tmp_path):
    settings = SETTINGS
    folders = {name: tmp_path / name for name in ("train", "gan", "repaired", "fits", "evaluate", "examples")}
    group = settings.train.model_copy(update={"losses": ("l2", "l1_error"), "most_maps": 30})
    for name, train, own in (
        ("train", deconvolution.train, group),
        ("gan", adversary.train, settings.gan.model_copy(update={"strides": (8,)})),
        ("repaired", repaired.train, settings.repaired.model_copy(update={"epochs": 5})),
    ):
        folders[name].mkdir()
        metrics = train(
            places["source"],
            own,
            settings.models,
            folders[name],
            tmp_path / f"{name}-state",
            no_log,
            InProcess(),
            _Progress(),
        )
        (folders[name] / "metrics.json").write_text(json.dumps(metrics))
    for name in ("fits", "evaluate", "examples"):
        folders[name].mkdir()
    gan = settings.gan.model_copy(update={"strides": (8,)})
    trained = methods.Trained(
        places["source"], folders["train"], folders["gan"], folders["repaired"], settings.models, group, gan
    )
    wanted = methods.all_methods(settings.models, group, gan, settings.evaluate.methods)
    few = settings.evaluate.model_copy(update={"every": 20})
    fits.fit_all(
        wanted,
        trained,
        places["observe"],
        places["library"],
        few,
        folders["fits"],
        tmp_path / "state",
        InProcess(),
        quiet,
    )
    metrics = evaluation.evaluate(wanted, trained, folders["fits"], places["observe"], folders["evaluate"])
    for method in wanted:
        assert np.isfinite(metrics[f"{method.name}.error_percent"])
    found = examples.write(trained, folders["examples"])
    assert found["unmasked_change_percent_h2"] >= 0
    assert found["gan_nearest_error_percent_h1"] > 0


class _Progress:
    """Watches nothing."""

    def __call__(self, fraction, text=""):
        quiet(fraction)

    def watch(self, folder, items, also=None, weights=None):
        return contextlib.nullcontext()


def test_bad_folders_get_one_line(places, tmp_path):
    """A negative dispersion, bins that are not those of the kinematics, and a shape that the light does not have."""
    light, kinematics, spread, apertures = read_folder(places["observe"])
    folder = tmp_path / "galaxy"
    folder.mkdir()
    group = SETTINGS.observe.model_copy(update={"kinematics": "folder", "folder": folder})
    out = tmp_path / "out"
    out.mkdir()

    def refused(message):
        with pytest.raises(InputError, match=message) as caught:
            observing.observe(group, out, tmp_path)
        assert "\n" not in str(caught.value)
        assert not list(out.iterdir())

    refused("no such file")
    write_folder(folder, light, kinematics, spread, apertures, "test")
    text = (folder / "gauss_hermite_kins.ecsv").read_text()
    first = next(line for line in text.splitlines() if line.startswith("1 "))
    words = first.split()
    words[3] = "-5.0"
    (folder / "gauss_hermite_kins.ecsv").write_text(text.replace(first, " ".join(words)))
    refused("dispersion_kms in aperture 1 is -5; expected a number above 0")
    (folder / "gauss_hermite_kins.ecsv").write_text(text)
    merged = replace(apertures, bin_of_pixel=np.minimum(apertures.bin_of_pixel, BINS - 1))
    write_folder(folder, light, kinematics, spread, merged, "test")
    (folder / "gauss_hermite_kins.ecsv").write_text(text)
    refused("bins.dat has 15 bins, gauss_hermite_kins.ecsv 16 rows")
    shape = SETTINGS.library.model_copy(update={"q": 0.9})
    with pytest.raises(InputError, match=r"library\.q=0\.9") as caught:
        libraries.make_library(shape, light, kinematics, spread, apertures)
    assert "\n" not in str(caught.value)
