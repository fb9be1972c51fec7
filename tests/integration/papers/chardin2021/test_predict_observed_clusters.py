"""From synthetic images of two clusters to the table that Figures 10 to 12 and Table 3 are drawn from."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.table import Table

from reproduce.papers.chardin2021 import settings
from reproduce.papers.chardin2021.observed.observe import observe
from reproduce.papers.chardin2021.settings import PROFILES, Observe
from reproduce.papers.chardin2021.stages import STAGES
from reproduce.papers.chardin2021.trained_model.observed_clusters import predict_clusters
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.sky.settings import Camera
from reproduce.workflow.stages import Chain

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("observe")
    group = Observe(source="synthetic", clusters=("Pal 11", "NGC 7492"))
    observe(group, Camera(), folder, tmp_path_factory.mktemp("cache"), lambda fraction, text: None)
    return folder


def test_predictions_stand_beside_the_published(model_folder: Path, observed: Path, tmp_path: Path) -> None:
    pidoc = PiDoc.load(model_folder)
    numbers = predict_clusters(pidoc, observed, tmp_path)
    table = Table.read(tmp_path / "clusters.ecsv")
    assert list(table["name"]) == ["Pal 11", "NGC 7492"]
    assert table.meta["source"] == "synthetic"
    with h5py.File(observed / "maps.h5") as file:
        expected = pidoc.predict(file["flux"][()]).table
    np.testing.assert_allclose(table["predicted_age_gyr"], expected["age_gyr"], rtol=1e-5)
    np.testing.assert_allclose(
        table["predicted_mass_to_light"], expected["total_mass_msun"] / np.asarray(table["luminosity_lsun"]), rtol=1e-5
    )
    assert str(table["predicted_distance_kpc_low95"].unit) == "kpc"
    assert list(table["pidoc_distance_kpc"]) == [16.2, 21.9]
    assert numbers["clusters"] == 2 and 0 <= numbers["in_domain"] <= 2
    with h5py.File(tmp_path / "maps.h5") as file:
        assert file["mass"].shape == file["flux"].shape == (2, 160, 160)
    second = tmp_path / "again"
    second.mkdir()
    predict_clusters(pidoc, observed, second)
    for name in ("clusters.ecsv", "maps.h5"):
        assert (second / name).read_bytes() == (tmp_path / name).read_bytes()


def test_only_trained_networks_need_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def chain(*overrides: str) -> Chain:
        settings._folder_digest.cache_clear()
        return Chain("chardin2021", STAGES, PROFILES.load("smoke", ["observe.source=synthetic", *overrides]))

    monkeypatch.setitem(settings.PRETRAINED, "extended", tmp_path)
    pretrained, trained = chain(), chain("apply.networks=trained")
    assert pretrained.needs("apply") == ("observe",)
    assert trained.needs("apply") == ("observe", "model")
    told = chain("apply.networks=pretrained_observer")
    assert told.needs("apply") == ("observe",) and told.key("apply") != pretrained.key("apply")
    for one in (pretrained, told):
        assert one.needs("figure10") == ("apply", "dataset")
    assert chain("apply.networks=observer").needs("apply") == ("observe", "observer_model")
    assert pretrained.key("apply") != trained.key("apply")
    (tmp_path / "README.md").write_text("a note")
    assert chain().key("apply") == pretrained.key("apply")
    (tmp_path / "architecture.json").write_text("{}")
    assert chain().key("apply") != pretrained.key("apply")
    assert chain("apply.networks=trained").key("apply") == trained.key("apply")
    settings._folder_digest.cache_clear()
