"""Background tiles: sets that share nothing, parts drawn from generators, files."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from reproduce.sky import tiles
from reproduce.workflow.errors import InputError


def some(n: int = 60, noisy: bool = False) -> tiles.Tiles:
    """Tiles whose pixels all say which tile they are of, and where on it."""
    y, x = np.indices((24, 24))
    made = ((f"made/{i}", np.stack([np.full((24, 24), i), x, y]), {"radius_kpc": float(i)}) for i in range(n))
    return tiles.collect(made, noisy=noisy, origin="made up")


def test_a_tile_belongs_to_one_set_whatever_else_there_is() -> None:
    few, many = some(30), some(60)
    groups = {group: set(many.members(group)) for group in ("train", "validation", "test")}
    assert sum(len(members) for members in groups.values()) == 60 == len(set.union(*groups.values()))
    for group, members in groups.items():
        assert {i for i in members if i < 30} == set(few.members(group))
    counts = Counter(tiles.group_of(f"b15/{i}/0") for i in range(5_000))
    assert counts["test"] / 5_000 == pytest.approx(0.2, abs=0.02)
    assert counts["validation"] / 5_000 == pytest.approx(0.1, abs=0.02)


def test_parts_are_turned_and_mirrored_and_of_their_generator_alone() -> None:
    made = some()
    seen = set()
    for seed in range(200):
        part, tile = made.cutout(np.random.default_rng(seed), "train", 10)
        again, _ = made.cutout(np.random.default_rng(seed), "train", 10)
        np.testing.assert_array_equal(part, again)
        assert tile in made.members("train") and (part[0] == tile).all()
        steps = tuple(int(part[band, j, i] - part[band, 0, 0]) for band in (1, 2) for j, i in ((0, 1), (1, 0)))
        seen.add(steps)
    assert len(seen) == 8  # all symmetries of a square


def test_files_give_back_what_was_written(tmp_path: Path) -> None:
    made = some(5, noisy=True)
    made.write(tmp_path / "tiles.h5")
    found = tiles.Tiles.read(tmp_path / "tiles.h5")
    np.testing.assert_array_equal(found.rate, made.rate)
    assert (found.name, found.noisy, found.origin) == (made.name, True, "made up")
    assert found.place["radius_kpc"][3] == 3
    assert len(tiles.merge([found, made]).name) == 10


def test_what_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="24 x 24 px, a part of 25 px"):
        some().cutout(np.random.default_rng(0), "train", 25)
    with pytest.raises(InputError, match="none of 1 belongs to"):
        name = next(f"made/{i}" for i in range(99) if tiles.group_of(f"made/{i}") == "train")
        tiles.collect([(name, np.zeros((3, 8, 8)), {"a": 1.0})], noisy=False, origin="x").members("test")
    with pytest.raises(InputError, match="no image is left"):
        tiles.collect([], noisy=False, origin="b15")
    with pytest.raises(InputError, match="some have their noise"):
        tiles.merge([some(3), some(3, noisy=True)])
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match="no file of background tiles"):
        tiles.Tiles.read(tmp_path / "x.h5")
