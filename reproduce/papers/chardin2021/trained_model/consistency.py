"""Whether the files of a trained model belong together, and hold numbers.

A folder made by the stage `model` has ``SHA256SUMS``, which `sha256sum --check` reads too. A calibration knows the
networks that it was learnt with by their sha256, wherever the files lie.
"""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole
from reproduce.workflow.source import file_digest

if TYPE_CHECKING:
    from reproduce.papers.chardin2021.evaluation.calibration import Calibration
    from reproduce.papers.chardin2021.networks.prediction import Networks

FILE = "SHA256SUMS"


class UncheckedModelWarning(UserWarning):
    """Nothing tells whether the files of a model belong together."""


def write_digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Write ``SHA256SUMS`` of files in a folder; returns the sha256 of each."""
    digests = {name: file_digest(folder / name) for name in sorted(names)}
    with whole(folder / FILE) as partial:
        partial.write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()), encoding="utf-8")
    return digests


def check_digests(folder: Path, others: Mapping[str, Path], record: str = "architecture.json") -> bool:
    """Compare the files of a model with the folder's ``SHA256SUMS``.

    Parameters
    ----------
    folder
        With the networks.
    others
        Files that are taken from elsewhere, by the name that they have in such a folder.
    record
        The file that says what the networks are built from.

    Returns
    -------
    bool
        False if the folder has no ``SHA256SUMS``, and nothing was compared.

    Raises
    ------
    InputError
        If a file is absent or another one, or ``SHA256SUMS`` is damaged or does not name one of them.
    """
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / FILE}: cannot be read ({error}); copy the folder again") from None
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if not all(len(digest) == 64 and Path(name).name == name for name, digest in digests.items()):
        raise InputError(f"{folder / FILE}: expected lines 'sha256  name', found others; copy the folder again")
    needed = {*others, record, *(path.name for path in folder.glob("*.weights.h5"))}
    if absent := sorted(needed - {*digests}):
        raise InputError(f"{folder / FILE}: names no {absent[0]}; copy the folder again")
    for name, expected in digests.items():
        path = others.get(name, folder / name)
        if not path.is_file():
            raise InputError(f"{path}: no such file, but {folder / FILE} names it; copy the folder again")
        if (found := file_digest(path)) != expected:
            raise InputError(
                f"{path}: sha256 {found[:8]}…, expected {expected[:8]}… ({folder / FILE}): damaged, or of another "
                "model; copy the folder again, or give the file that belongs to these networks"
            )
    return True


def check_calibration(networks: "Networks", calibration: "Calibration", networks_sha256: str, path: Path) -> None:
    """Refuse a calibration that is of other networks, as far as it tells, or holds no numbers.

    Raises
    ------
    InputError
        If it was learnt with other networks, has another number of features, or a number is not finite.
    """
    mend = "give theirs, or calibrate again"
    if calibration.networks_sha256 and calibration.networks_sha256 != networks_sha256:
        raise InputError(f"{path}: a calibration of other networks than these; {mend}")
    features = int(networks.regressors[0].outputs[-1].shape[-1])
    domain = calibration.domain
    near = [one for one in (domain.near, domain.near_in_all) if one is not None]
    for one in near:
        if (known := one.features.mean.shape) != (features,):
            raise InputError(f"{path}: knows features of shape {known}, these networks have {features}; {mend}")
    views = [view for one in near for view in (one.features, one.appearance)]
    parts = [*views, domain.contrast, domain.brightness, calibration.mass_to_light]
    numbers = [domain.thresholds, *(array for one in near for array in (one.looks, one.thresholds))]
    numbers += [array for part in parts if part is not None for array in vars(part).values()]
    numbers += [array for one in calibration.intervals.values() for array in (one.coefficients, one.quantiles)]
    if not all(np.isfinite(array).all() for array in numbers):
        raise InputError(f"{path}: holds a number that is not finite; calibrate again")


def check_weights(networks: "Networks", folder: Path) -> None:
    """Refuse networks whose weights are not all finite, which would predict NaN.

    Raises
    ------
    InputError
        Naming the file.
    """
    from reproduce.learning.weights import weights_file

    for name, models in (("encoder_decoder", networks.encoder_decoders), ("regressor", networks.regressors)):
        for member, model in enumerate(models):
            if not all(np.isfinite(weights).all() for weights in model.get_weights()):
                path = weights_file(folder, name, member)
                raise InputError(f"{path}: holds a weight that is not finite; train again")


def warn_unchecked(folder: Path) -> None:
    """Say that nothing tells whether the files belong together, as in folders made before there was ``SHA256SUMS``."""
    warnings.warn(
        f"{folder}: has no {FILE}, so that nothing tells whether weights, scaler and calibration belong together; "
        "the stage `model` makes a folder that does",
        UncheckedModelWarning,
        stacklevel=3,
    )
