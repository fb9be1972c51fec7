"""The file of the data set (`schema`): how it is written from shards, and read map by map."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.papers.chardin2021.dataset import schema, selection, shards
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky.camera import View
from reproduce.sky.maps import Maps
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole


def write(
    path: Path, dataset: Dataset, parts: list[shards.Shard], progress: Callable[[float], None]
) -> dict[str, NDArray]:
    """Put shards together, one in memory at a time; the file appears under its name when it is whole.

    Parameters
    ----------
    path : Path
        The file.
    dataset : Dataset
        Settings.
    parts : list of Shard
        All shards, drawn.
    progress : callable
        Is told the fraction that is done.

    Returns
    -------
    dict
        For each group the records (`shards.RECORD`) of its maps, in their order.
    """
    counts = np.zeros(len(schema.GROUPS), np.int64)
    for part in parts:
        counts += np.bincount(part.jobs["group"], minlength=len(counts))
    records = {group: np.zeros(n, shards.RECORD) for group, n in zip(schema.GROUPS, counts, strict=True)}
    shape = (dataset.camera.pixels, dataset.camera.pixels)
    with whole(path) as partial, h5py.File(partial, "w") as file:
        file.attrs.update(format=schema.FORMAT, version=schema.VERSION, settings=dataset.model_dump_json())
        file.attrs["simulations"] = list(selection.simulations(dataset))
        for name, n in zip(schema.GROUPS, counts, strict=True):
            group = file.create_group(name)
            for field, unit in schema.MAPS.items():
                data = group.create_dataset(field, (n, *shape), "f4", chunks=(1, *shape))
                data.attrs["unit"] = unit
        for done, part in enumerate(parts):
            maps, found = shards.read(part)
            for images, record in zip(maps, found, strict=True):
                name, number = schema.GROUPS[record["group"]], record["number"]
                file[name]["flux"][number], file[name]["mass"][number] = images
                records[name][number] = record
            progress((done + 1) / len(parts))
        for name in schema.GROUPS:
            _write_columns(file[name], records[name], selection.simulations(dataset))
    return records


def _write_columns(group: h5py.Group, records: NDArray, names: tuple[str, ...]) -> None:
    for field, unit in schema.COLUMNS.items():
        group.create_dataset(field, data=records[field]).attrs["unit"] = unit
    group["simulation"].attrs["names"] = list(names)


class MapSet:
    """Read access to one group of a data set.

    Attributes
    ----------
    flux, mass : h5py data set, shape (n, ny, nx)
        log10 F and log10 M; an index reads the maps asked for and no others.
    names : list of str
        Simulations, as `column("simulation")` numbers them.
    dataset : Dataset
        Settings that the data set was made with.

    Examples
    --------
    >>> with MapSet("maps.h5", "test") as maps:
    ...     print(maps.flux[0].shape, maps.column("distance_kpc")[0])
    (160, 160) 15.0
    """

    def __init__(self, path: Path | str, group: str) -> None:
        if group not in schema.GROUPS:
            raise InputError(f"{path}: has {', '.join(schema.GROUPS)}, asked for '{group}'")
        self._file = schema.open_maps(path)
        try:
            self._group = self._file[group]
            self.flux: h5py.Dataset = self._group["flux"]
            self.mass: h5py.Dataset = self._group["mass"]
            self.names = [str(name) for name in self._group["simulation"].attrs["names"]]
            self.dataset = Dataset.model_validate_json(self._file.attrs["settings"])
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.flux)

    def column(self, name: str) -> NDArray:
        """One of the columns of the schema, whole."""
        if name not in schema.COLUMNS:
            raise InputError(f"maps have no column '{name}'; there are {', '.join(schema.COLUMNS)}")
        return self._group[name][:]

    def maps(self, number: int) -> Maps:
        """One pair of maps with all that is known of it."""
        row = {name: self._group[name][number] for name in schema.COLUMNS}
        return Maps(
            flux=self.flux[number],
            mass=self.mass[number],
            age_gyr=float(row["age_gyr"]),
            mass_msun=float(row["mass_msun"]),
            luminosity_lsun=float(row["luminosity_lsun"]),
            n_stars=int(row["n_stars"]),
            view=View(
                distance_kpc=float(row["distance_kpc"]),
                fwhm_arcsec=float(row["fwhm_arcsec"]),
                line_of_sight=tuple(row["line_of_sight"].tolist()),
                quarter_turns=int(row["rotation_deg"]) // 90,
                shift_arcsec=tuple(row["shift_arcsec"].tolist()),
            ),
            camera=self.dataset.camera,
        )


def count_maps(path: Path | str) -> pd.DataFrame:
    """Number of maps of each kind (paper Table 1).

    Returns
    -------
    DataFrame
        Columns ``simulation``, ``split``, ``distance_kpc``, ``fwhm_arcsec``, ``maps``; in the order of the simulations.
    """
    tables = []
    for split in schema.GROUPS:
        with MapSet(path, split) as maps:
            columns = {name: maps.column(name) for name in ("simulation", "distance_kpc", "fwhm_arcsec")}
            names = np.array(maps.names)
        table = pd.DataFrame(columns).value_counts(sort=False).rename("maps").reset_index()
        table = table.sort_values(["simulation", "distance_kpc", "fwhm_arcsec"])
        table["simulation"] = names[table["simulation"].to_numpy(dtype=int)]
        table.insert(1, "split", split)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
