"""Synthetic fields of M31, and clusters drawn on them."""

import functools
import pickle

import numpy as np
import pytest

from reproduce.learning.arrays import draw_batch
from reproduce.sky import drawn_clusters, hst, m31, tiles
from reproduce.sky.settings import DrawnClusters, HstCamera
from reproduce.workflow.errors import InputError
from tests.support.small_isochrones import small_isochrones

CAMERA = HstCamera(pixels=96)


@pytest.fixture(scope="module")
def maker() -> m31.M31:
    return m31.M31(small_isochrones(), CAMERA, seed=4)


@pytest.fixture(scope="module")
def drawer(maker: m31.M31) -> drawn_clusters.Maker:
    clusters = DrawnClusters(log_age=(6.7, 10.1))
    return drawn_clusters.Maker(
        maker.isochrones,
        tiles.collect(m31.fields(maker, 12), noisy=False, origin="synthetic M31"),
        clusters,
        HstCamera(pixels=80),
    )


def test_fields_depend_on_seed_and_number_alone(maker: m31.M31) -> None:
    np.testing.assert_array_equal(maker.tile(3), m31.M31(small_isochrones(), CAMERA, seed=4).tile(3))
    assert not np.array_equal(maker.tile(3), maker.tile(2))
    assert not np.array_equal(maker.tile(3), m31.M31(small_isochrones(), CAMERA, seed=5).tile(3))


def test_masses_are_those_of_bulge_and_disc() -> None:
    """The integral of the surface density over the sky is the mass of both, but for the disc beyond 60 kpc."""
    radius = np.geomspace(0.01, 60, 300)
    azimuths = np.linspace(0, 360, 60, endpoint=False)
    cosine = np.cos(np.radians(m31.INCLINATION_DEG))
    density = np.array([np.mean([m31.Place(r, a, 0, 0).old_msun_pc2 for a in azimuths]) for r in radius])
    mass = np.trapezoid(2 * np.pi * radius**2 * cosine * density * 1e6, np.log(radius))
    assert mass == pytest.approx(m31.BULGE_MSUN + m31.DISC_MSUN, rel=0.03)


def test_surface_brightness_falls_from_the_bulge_outwards(maker: m31.M31) -> None:
    """Along the major axis the middle is red and bright, the disc near 22 mag/arcsec² in F475W at 11 kpc, where the
    young stars of the ring make it bluer; Walterbos & Kennicutt (1987) have B near 22.5 there (from memory, 1 mag)."""
    rows = {}
    for radius in (0.5, 5.0, 11.0, 20.0):
        place = m31.Place(radius, 0.0, 0.5, 0.5)
        rows[radius] = m31.describe(maker.light(place, np.random.default_rng(1)), place, CAMERA)
    f475w = [row["mu_f475w"] for row in rows.values()]
    assert (np.diff(f475w) > 0.5).all()
    assert f475w[2] == pytest.approx(22.3, abs=1.0)
    colour = [row["mu_f336w"] - row["mu_f814w"] for row in rows.values()]
    assert colour[0] > colour[2] + 0.4


def test_stars_one_by_one_and_smooth_light_are_the_same_light(maker: m31.M31, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mean and scatter from pixel to pixel of a dense field, its brightest tenth cut, with 60,000 stars drawn one by
    one and with 250,000: 4 % and 8 %, what differs between two draws of three fields of 96 pixels."""
    place = m31.Place(1.5, 0.0, 0.5, 0.5)
    moments = []
    for bright in (60_000, 250_000):
        monkeypatch.setattr(m31, "BRIGHT_STARS", bright)
        images = [maker.light(place, np.random.default_rng(seed)) for seed in range(3)]
        cut = [np.minimum(image, np.quantile(image, 0.9, axis=(1, 2), keepdims=True)) for image in images]
        moments.append(np.mean([[image.mean(axis=(1, 2)), image.std(axis=(1, 2))] for image in cut], axis=0))
    np.testing.assert_allclose(moments[0][0], moments[1][0], rtol=0.04)
    np.testing.assert_allclose(moments[0][1], moments[1][1], rtol=0.08)


def test_bright_stars_are_as_many_as_the_mixture_says(maker: m31.M31) -> None:
    """Facts: 2.1 stars of F814W < 25 in a square arcsec per 100 Msun/pc² formed 10 Gyr ago; of all ages 1.5 to 6."""
    place = m31.Place(15.0, 0.0, 0.3, 0.0)
    mixture = maker.mixture(place)
    magnitude = CAMERA.zero_point_vega[2] - 2.5 * np.log10(np.maximum(mixture.rate[:, 2], 1e-30))
    square_arcsec = maker.parsec2_per_pixel / CAMERA.pixel_arcsec**2
    bright = mixture.number_pc2[magnitude < 25].sum() * square_arcsec
    formed = place.old_msun_pc2 / 0.6 / 100  # two fifths of the mass born are lost
    assert 1.5 < bright / formed < 6


def test_drawn_images_depend_on_their_generator_alone(drawer: drawn_clusters.Maker) -> None:
    for item in range(3):
        one, labels = drawer.draw(np.random.default_rng([1, 2, item]))
        again, same = drawer.draw(np.random.default_rng([1, 2, item]))
        elsewhere, _ = pickle.loads(pickle.dumps(drawer)).draw(np.random.default_rng([1, 2, item]))
        assert one.tobytes() == elsewhere.tobytes()  # in another process
        assert one.tobytes() == again.tobytes() and labels == same
        assert one.shape == (3, 80, 80) and one.dtype == np.float32 and np.isfinite(one).all()
        assert int(labels["tile"]) in drawer.tiles.members("train")
    assert drawer.draw(np.random.default_rng(0), "test")[1]["tile"] in drawer.tiles.members("test")


def item(drawer: drawn_clusters.Maker, generator: np.random.Generator, number: int) -> dict[str, np.ndarray]:
    """An item of a stream: what a network reads and says."""
    image, labels = drawer.draw(generator)
    numbers = [labels[name] for name in ("log_age", "log_mass", "log_half_radius")]
    return {"image": drawn_clusters.pixels_of(image, drawer.camera), "numbers": np.array(numbers, dtype=np.float32)}


def test_clusters_are_items_of_a_stream_in_batches_of_any_size(drawer: drawn_clusters.Maker) -> None:
    draw = functools.partial(item, drawer)
    whole = draw_batch(draw, (1, 0, 2), range(6), frozenset({"image"}))
    parts = [draw_batch(draw, (1, 0, 2), range(k, k + 2), frozenset({"image"})) for k in (0, 2, 4)]
    assert whole["image"].shape == (6, 80, 80, 3) and whole["numbers"].shape == (6, 3)
    for name, values in whole.items():
        assert np.concatenate([part[name] for part in parts]).tobytes() == values.tobytes()
    assert not np.array_equal(draw_batch(draw, (1, 0, 3), range(1))["image"][0], whole["image"][0])  # another epoch


def test_labels_are_what_the_image_shows(drawer: drawn_clusters.Maker) -> None:
    """A rich compact cluster has the light of its label (0.02 mag of wings beyond the field); of a wide one half lies
    within the half-light radius (0.04: the PSF, and 20 clusters' few giants)."""
    compact = drawn_clusters.Cluster(10.08, 3e4, 0.5, 0.0, 0.5, "eff", 4.0)
    image, labels = drawer.light(compact, np.random.default_rng(1))
    seen = np.array(drawer.camera.zero_point_vega) - 2.5 * np.log10(image.sum(axis=(1, 2)))
    np.testing.assert_allclose(seen, [labels[band] for band in ("f336w", "f475w", "f814w")], atol=0.03)
    assert labels["log_mass"] == pytest.approx(np.log10(3e4), abs=0.03)
    wide = drawn_clusters.Cluster(10.08, 3e4, 3.0, 0.0, 0.5, "king", 5.0)
    exact = drawn_clusters.Maker(drawer.isochrones, drawer.tiles, DrawnClusters(off_centre_pixels=0.0), drawer.camera)
    y, x = np.indices((80, 80)) + 0.5
    near = np.hypot(x - 40, y - 40) < 3.0 / 0.1903
    shares = []
    for seed in range(20):
        image, labels = exact.light(wide, np.random.default_rng(seed))
        shares.append(image[1][near].sum() / 10 ** (-0.4 * (labels["f475w"] - drawer.camera.zero_point_vega[1])))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.04)


def test_images_without_a_cluster_say_so(drawer: drawn_clusters.Maker) -> None:
    half = drawn_clusters.Maker(drawer.isochrones, drawer.tiles, DrawnClusters(empty=0.5), drawer.camera)
    present = [half.draw(np.random.default_rng(seed))[1]["present"] for seed in range(40)]
    assert 8 < sum(present) < 32
    with pytest.raises(InputError, match="images of 80 px, but a camera of 96 px"):
        drawn_clusters.Maker(drawer.isochrones, drawer.tiles, DrawnClusters(), CAMERA)


def test_images_for_networks_are_finite_and_linear_in_the_noise(drawer: drawn_clusters.Maker) -> None:
    pixels = drawn_clusters.pixels_of(
        hst.expose(np.zeros((3, 80, 80)), drawer.camera, np.random.default_rng(0)), drawer.camera
    )
    assert pixels.shape == (80, 80, 3)
    np.testing.assert_allclose(np.sinh(pixels).reshape(-1, 3).std(axis=0), 1.0, atol=0.05)
