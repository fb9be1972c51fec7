"""Views of clusters on fields: their shapes, light and mass; streams; sets; networks that have just been made."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.learning.weights import save_weights, weights_file
from reproduce.papers.magron2026 import drawn, observed, pixels, predict_command, sets
from reproduce.papers.magron2026.drawn import Draw, arrays, read_stars
from reproduce.papers.magron2026.evaluation import evaluate
from reproduce.papers.magron2026.labels import angle_difference, shape
from reproduce.papers.magron2026.networks import model, training
from reproduce.papers.magron2026.settings import Evaluate, Observe, Ranges, Sets, Train, Views
from reproduce.sky import hst, m31, prepared, tiles
from reproduce.sky.settings import HstCamera, IsochroneGrid
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess
from tests.support.mock_clusters import snapshot_file
from tests.support.small_isochrones import small_isochrones

RA, DEC = 11.2, 41.6
CAMERA = HstCamera(pixels=64)
SMALL = Train(width=4, dense=8, components=2, items=16, epochs=1, batch_size=8, drawing=0)
SETS = Sets(validation=12, test=10, m31=8, heavy=2.0, strengths=(0.5, 4.0), strength_images=4, profiles=4)


def quiet(fraction: float, text: str = "") -> None:
    assert 0 <= fraction <= 1
    assert text


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Draw:
    folder = tmp_path_factory.mktemp("views")
    files = tuple(snapshot_file(folder / name / "snapshots.h5", name, n=3000, seed=k) for k, name in enumerate("AB"))
    maker = m31.M31(small_isochrones(), HstCamera(pixels=72), 1, (4.0, 15.0))
    tiles.collect(m31.fields(maker, 40), noisy=False, origin="synthetic M31").write(folder / "fields.h5")
    views = Views(least_stars=1000)
    ranges = Ranges(log_mass=(1.5, 5.0), log_luminosity=(0.0, 6.0))
    return Draw(files, folder / "fields.h5", views, ranges, CAMERA, 4).prepared(folder / "stars", InProcess())


@pytest.fixture(scope="module")
def made(draw: Draw, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    sets.make(draw, replace(draw, group="test"), SETS, folder, InProcess(), quiet)
    return folder


@pytest.fixture(scope="module")
def trained(draw: Draw, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as the stage `train` leaves them, after one epoch."""
    folder = tmp_path_factory.mktemp("trained")
    found = training.train(draw, made, SMALL, folder, folder / "state", executor=InProcess())
    assert np.isfinite(list(found.values())).all() and found["images"] == 16
    return folder


def test_a_flattened_clusters_own_stars_have_its_ellipticity_and_angle(draw: Draw, tmp_path: Path) -> None:
    """Second moments of the projected places of 40,000 stars; the wide wings of a Plummer sphere are cut off, in the
    flattened cluster's own ellipses, and each moment scatters by a hundredth."""
    with SnapshotFile(snapshot_file(tmp_path / "C" / "snapshots.h5", "C", n=40_000, snapshots=1)) as file:
        stars = read_stars(file, 0).hst
    near = np.linalg.norm(stars.position_pc, axis=1) < 6.0
    stars = replace(
        stars, position_pc=stars.position_pc[near], mass_msun=stars.mass_msun[near], light=stars.light[near]
    )
    generator = np.random.default_rng(3)
    compared = 0
    for _ in range(12):
        view = draw.seen_from(generator)
        u, v = hst.places(stars, CAMERA, view)
        covariance = np.cov(np.stack([u, v]))
        values, vectors = np.linalg.eigh(covariance)
        found = 1 - np.sqrt(values[0] / values[1])
        assert found == pytest.approx(view.ellipticity, abs=0.02)
        if view.ellipticity > 0.15:
            angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])) % 180
            assert abs(angle_difference(angle, view.angle_deg)) < 3.0
            compared += 1
    assert compared >= 4


def test_light_and_mass_of_a_cluster_within_the_field_are_all_there(draw: Draw) -> None:
    """At 1,200 kpc 64 px are 19 pc. The light is that of the stars inside, but for the wings of the point-spread
    function that leave the field; the mass is theirs to rounding."""
    views = draw.views.model_copy(update={"distance_kpc": (1200.0, 1200.0), "stretch": (0.5, 0.5)})
    source = replace(draw, views=views)
    view = source.view(np.random.default_rng(4))
    generator = np.random.default_rng(4)
    _, _, stars = source.stars(generator)
    seen = source.seen_from(generator)
    u, v = hst.places(stars.hst, CAMERA, seen)
    inside = (u >= 0) & (u < 64) & (v >= 0) & (v < 64)
    expected = stars.hst.light[inside].sum(axis=0) * hst.electrons_per_light(CAMERA, 1200.0, seen.a_v)
    assert inside.mean() > 0.97
    np.testing.assert_allclose(view.light.sum(axis=(1, 2)), expected, rtol=0.06)
    assert view.mass.sum() == pytest.approx(stars.hst.mass_msun[inside].sum())
    assert view.labels["log_mass"] == pytest.approx(np.log10(stars.hst.mass_msun.sum()))
    assert view.labels["ellipticity"] == pytest.approx(seen.ellipticity)


def test_thinning_and_stretching_make_lighter_and_larger_clusters_of_the_same_kind(draw: Draw) -> None:
    _, _, stars = draw.stars(np.random.default_rng(1))
    kept = np.arange(len(stars.v)) % 2 == 0
    part = stars.part(kept, 2.0)
    assert part.hst.mass_msun.sum() == pytest.approx(stars.hst.mass_msun[kept].sum())
    np.testing.assert_allclose(part.hst.position_pc, 2 * stars.hst.position_pc[kept])
    ratio = part.v.sum() / part.hst.mass_msun.sum() / (stars.v.sum() / stars.hst.mass_msun.sum())
    assert ratio == pytest.approx(1, abs=0.15)


def test_training_clusters_have_other_metallicities_and_ages_near_their_own(draw: Draw, tmp_path: Path) -> None:
    grid = IsochroneGrid(feh=(-0.9, 0.0), log_age_step=0.4)
    views = draw.views.model_copy(update={"dressed": 0.7, "age_shift_dex": 0.3})
    dressed = replace(draw, views=views, populations=(grid, tmp_path))
    own = {float(np.log10(0.001 / 0.02))}
    table = drawn._isochrones(grid, tmp_path)
    found = [dressed.view(np.random.default_rng([9, k])).labels for k in range(40)]
    assert {round(one["feh"], 6) for one in found} == {-0.9, 0.0, *(round(one, 6) for one in own)}
    for one in found:
        age = np.log10(prepared.opened(draw.clusters[int(one["cluster"])]).ages_gyr[int(one["snapshot"])]) + 9
        nearest = np.abs(table.log_age - age).min()
        assert one["feh"] in own or abs(one["log_age"] - age) <= max(0.3, nearest) + 1e-9
    others = [draw.view(np.random.default_rng([9, k])).labels["feh"] for k in range(10)]
    assert set(others) == own


def test_a_view_depends_on_its_generator_alone_and_its_item_says_what_is_true(draw: Draw) -> None:
    view, again = (draw.view(np.random.default_rng([7, 3])) for _ in range(2))
    np.testing.assert_array_equal(view.image, again.image)
    np.testing.assert_equal(view.labels, again.labels)
    item = arrays(view, CAMERA, draw.priors, draw.cell)
    assert item["image"].shape == (64, 64, 3, 1) and item["bands"].shape == (16, 16, 3, 1)
    assert item["cmds"].shape == (24, 24, 3, 1) and item["mass"].shape == (16, 16, 1)
    said = draw.priors.value(draw.priors.frame(item["given"][None]).theta(item["scalars"][None])[0])
    values = dict(zip(("distance", "age", "feh", "mass", "light", "c", "s"), said, strict=True))
    assert values["distance"] == pytest.approx(view.labels["distance_kpc"], rel=1e-4)
    e, angle = shape(values["c"], values["s"])
    assert e == pytest.approx(view.labels["ellipticity"], abs=1e-4)
    assert abs(angle_difference(angle, view.labels["angle_deg"])) < 0.1
    told = pixels.bands_of(item["bands"][None, ..., 0], CAMERA, 4)[0]
    np.testing.assert_allclose(told.sum(axis=(1, 2)), view.light.sum(axis=(1, 2)), rtol=1e-3)


def test_a_stream_is_the_same_on_no_one_and_two_workers(draw: Draw, made: Path, tmp_path: Path) -> None:
    batches = []
    for workers in (0, 1, 2):
        task = training.task(draw, made / sets.VALIDATION, SMALL, 0, tmp_path, tmp_path, drawing=workers)
        opened = task.data.open("train", 8, (1, 2))
        opened.set_epoch(1)
        batches.append([opened[k] for k in range(2)])
        opened.close()
    for other in batches[1:]:
        for (inputs, targets), (theirs, theirs_targets) in zip(batches[0], other, strict=True):
            for name in inputs:
                np.testing.assert_array_equal(inputs[name], theirs[name])
            for name in targets:
                np.testing.assert_array_equal(targets[name], theirs_targets[name])
    assert not np.array_equal(batches[0][0][0]["image"], batches[0][1][0]["image"])


def test_sets_are_on_fields_of_their_own(draw: Draw, made: Path) -> None:
    found = tiles.Tiles.read(draw.fields)
    names = {}
    for group in ("train", "validation", "test"):
        source = replace(draw, group=group)
        places = [source.place(source.view(np.random.default_rng([8, k]))) for k in range(25)]
        names[group] = {tuple(np.round(place, 9)) for place in places}
        assert len(names[group]) > 1
        assert len(found.members(group)) >= len(names[group])
    assert not names["train"] & names["test"] and not names["train"] & names["validation"]
    assert not names["validation"] & names["test"]


def test_stronger_backgrounds_lie_behind_the_same_clusters(made: Path) -> None:
    weak, strong = (sets.read(made / sets.TEST, f"strength_{k}") for k in range(2))
    np.testing.assert_array_equal(weak.light, strong.light)
    np.testing.assert_array_equal(weak.labels["tile"], strong.labels["tile"])
    difference = weak.labels["background"] - strong.labels["background"]
    np.testing.assert_allclose(difference, 2.5 * np.log10(8), atol=0.01)
    assert (weak.labels["signal_to_noise"] > strong.labels["signal_to_noise"]).all()
    np.testing.assert_array_equal(sets.read(made / sets.TEST, "m31").labels["distance_kpc"], 785.0)


def test_a_cluster_heavier_than_all_is_named(draw: Draw) -> None:
    with pytest.raises(InputError, match=r"10\^7 Msun in 1000 draws; lower sets.heavy"):
        replace(draw, heavy=7.0).view(np.random.default_rng(1))
    with pytest.raises(InputError, match="no field of the train set lies 30 kpc"):
        replace(draw, outside_kpc=30.0).view(np.random.default_rng(1))


def test_everything_is_measured(made: Path, trained: Path, tmp_path: Path) -> None:
    metrics = evaluate(made / sets.TEST, trained, Evaluate(bootstrap=10, samples=20), SETS, tmp_path, quiet)
    assert metrics == json.loads((tmp_path / "metrics.json").read_text())
    assert {"m31.given.mass.scatter", "all.hidden.distance.coverage_68", "m31.mass_map.r2"} < set(metrics)
    assert metrics["strength.worst_mass_bias"] == pytest.approx(
        max(abs(metrics[f"strength.{factor:g}.mass.bias"]) for factor in SETS.strengths)
    )
    assert 0 <= metrics["all.hidden.mass.coverage_68"] <= metrics["all.hidden.mass.coverage_95"] <= 100


def test_a_distance_that_is_told_changes_the_answer_and_one_out_of_range_is_refused(made: Path, trained: Path) -> None:
    network = model.MultiPiDoc.load(trained)
    rate = sets.read(made / sets.TEST, "m31").rate
    hidden, told = network.predict(rate), network.predict(rate, 785.0)
    assert not np.allclose(hidden.quantiles([0.5]), told.quantiles([0.5]))
    # the map's masses are those at the middle distance, times the square of the distance that is said
    said = told.quantiles([0.5])[0, :, 0] / hidden.quantiles([0.5])[0, :, 0]
    wanted = hidden.mass_map * said[:, None, None] ** 2
    clear = np.minimum(wanted, hidden.mass_map) > 1.001 * pixels.MASS_FLOOR_MSUN
    assert clear.any()
    np.testing.assert_allclose(told.mass_map[clear], wanted[clear], rtol=1e-4)
    assert abs(np.log(told.quantiles([0.5])[0, :, 0] / 785)).max() < 0.05  # told to 1 %: five errors
    with pytest.raises(InputError, match="distance is 100 kpc, expected 200 to 1200"):
        network.predict(rate, 100.0)
    network.predict(rate[:1], 190.0, 10.0)  # within three errors of the range
    with pytest.raises(InputError, match="error is -1 kpc"):
        network.predict(rate, 785.0, -1.0)
    some = network.predict(rate, np.where(np.arange(len(rate)) % 2, 785.0, np.nan))
    np.testing.assert_allclose(some.quantiles([0.5])[0, 1::2], told.quantiles([0.5])[0, 1::2], rtol=1e-4)
    np.testing.assert_allclose(some.quantiles([0.5])[0, ::2], hidden.quantiles([0.5])[0, ::2], rtol=1e-4)
    with pytest.raises(InputError, match="distance is 16 kpc, expected 200 to 1200"):
        network.predict(rate, 16.0)
    with pytest.raises(InputError, match=r"expected \(n, 3, 64, 64\)"):
        network.predict(rate[:, :2])
    with pytest.raises(InputError, match="not finite"):
        network.predict(np.full_like(rate, np.nan))


def test_factors_make_the_light_of_validation_images_right_in_half_of_them(
    draw: Draw, made: Path, trained: Path
) -> None:
    network, checked = model.MultiPiDoc.load(trained), sets.read_arrays(made / sets.VALIDATION)
    answers = network.answer({name: checked[name] for name in model.INPUTS})
    true = pixels.bands_of(checked["bands"][..., 0], CAMERA, 4).sum(axis=(2, 3))
    found = answers.light.sum(axis=(2, 3))
    theta = draw.priors.frame(checked["given"]).theta(checked["scalars"])
    area = draw.priors.cell_area(10 ** theta[:, 0])[:, None, None]
    mass = area * 10.0 ** pixels.mass_of(checked["mass"][..., 0])
    pairs = [(true[:, k], found[:, k], network.architecture.light_factors[k]) for k in range(3)]
    pairs += [(mass.sum(axis=(1, 2)), answers.mass_map.sum(axis=(1, 2)), network.architecture.mass_factor)]
    for right, said, factor in pairs:
        low, high = training.FACTORS
        assert low <= factor <= high
        median = np.median(right / np.maximum(said, 1e-6 * right))
        if low < factor < high:
            assert median == pytest.approx(1, rel=1e-3)
        else:  # held at an end, on the right side of which the median stays
            assert median >= 0.99 if factor == high else median <= 1.01


def brick(folder: Path, image: np.ndarray) -> dict[str, Path]:
    """Three FITS files of one field, north up."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [RA, DEC], [(image.shape[2] + 1) / 2, (image.shape[1] + 1) / 2]
    wcs.wcs.cdelt = [-0.05 / 3600, 0.05 / 3600]
    header = wcs.to_header()
    header["BUNIT"] = "ELECTRONS/S"
    paths = {}
    for band, values in zip(("F336W", "F475W", "F814W"), image, strict=True):
        paths[band] = folder / f"{band}.fits"
        fits.PrimaryHDU(values.astype("f4"), header).writeto(paths[band], overwrite=True)
    return paths


def test_predict_answers_from_three_files(
    draw: Draw, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = draw.view(np.random.default_rng(5)).image
    files = [
        str(path) for path in brick(tmp_path, np.pad(image, ((0, 0), (10, 10), (10, 10)), mode="reflect")).values()
    ]
    out = tmp_path / "out"
    words = [*files, "--networks", str(trained), "--out", str(out), "--distance", "785"]
    assert predict_command.main(words) == 0
    told = capsys.readouterr().out
    assert "log mass/Msun" in told and "distance/kpc" in told
    (row,) = json.loads((out / "clusters.json").read_text())
    expected = model.MultiPiDoc.load(trained).predict(image[None].astype("f4"), 785.0)
    assert row["log_mass"] == pytest.approx(expected.quantiles([0.5])[0, 0, 3], abs=1e-3)
    assert row["log_age_low_95"] < row["log_age_low_68"] < row["log_age"] < row["log_age_high_68"]
    with fits.open(out / "0.fits") as maps:
        assert maps[0].data.shape == (3, 16, 16) and maps["MASS"].data.sum() == pytest.approx(
            expected.mass_map.sum(), rel=1e-3
        )
    with pytest.raises(InputError, match="expected right ascension"):
        predict_command.main([*words, "--at", "here"])
    with pytest.raises(InputError, match=r"many_heads.json: no such file; run magron2026.train"):
        predict_command.main([*files, "--networks", str(tmp_path)])


def test_a_synthetic_catalogue_is_called_so_and_lies_on_m31(draw: Draw, trained: Path, tmp_path: Path) -> None:
    chosen = Observe(source="synthetic", number=8, reach_dex=0.5)
    test = replace(draw, group="test")
    assert observed.observe(chosen, test, SETS, tmp_path, tmp_path) == {
        "clusters": 8,
        "clusters_with_mass": 8,
        "synthetic": 1,
    }
    metrics = observed.apply(tmp_path / "observed.h5", trained, draw, chosen, SETS, tmp_path)
    table = Table.read(tmp_path / "clusters.ecsv")
    assert table.meta["source"] == "synthetic"
    assert ((table["radius_kpc"] > 3.9) & (table["radius_kpc"] < 15.2)).all()  # the fields lie 4 to 15 kpc out
    assert metrics["outside_domain_percent"] == pytest.approx(100 * np.mean(table["away_dex"] > 0.5))
    assert metrics == json.loads((tmp_path / "metrics.json").read_text())


def test_phats_clusters_keep_their_published_values(
    draw: Draw, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = draw.view(np.random.default_rng(6)).image
    paths = brick(tmp_path, np.tile(image, (1, 2, 2)))
    places = {"name": [5, 9, 11], "ra": [RA, RA, RA + 1], "dec": [DEC, DEC + 3e-4, DEC]}
    known = {"johnson_2015": Table(places | {"r_eff_arcsec": [0.5, 0.6, 0.7]}),
             "johnson_2016": Table({"name": [9], "log_age": [8.1], "log_mass": [3.3]})}  # fmt: skip

    class File:
        def __init__(self, path: Path) -> None:
            self.path = path

    monkeypatch.setattr(observed.phat, "clusters", lambda name, downloader, server=None: known[name])
    monkeypatch.setattr(observed.phat, "brick_files", lambda *some: {band: File(path) for band, path in paths.items()})
    found = observed.observe(Observe(), draw, SETS, tmp_path, tmp_path)
    assert found == {"clusters": 2, "clusters_with_mass": 1, "synthetic": 0}
    observed.apply(tmp_path / "observed.h5", trained, draw, Observe(), SETS, tmp_path)
    table = Table.read(tmp_path / "clusters.ecsv")
    assert list(table["name"]) == ["AP5", "AP9"] and table.meta["source"] == "PHAT"
    assert np.isnan(table["published_log_age"][0]) and table["published_log_mass"][1] == 3.3


def test_a_damaged_domain_is_named(draw: Draw, trained: Path, tmp_path: Path) -> None:
    architecture = model.Architecture.load(trained)
    architecture.save(tmp_path)
    save_weights(architecture.build(), weights_file(tmp_path, model.NAME))
    with pytest.raises(InputError, match=r"domain.h5: missing or damaged"):
        model.MultiPiDoc.load(tmp_path)
    replace(architecture, maps=False).save(tmp_path)
    with pytest.raises(InputError, match="lacks a head"):
        model.MultiPiDoc.load(tmp_path)
