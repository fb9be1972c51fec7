"""Which clusters to train, to calibrate and to test with."""

from collections.abc import Sequence
from dataclasses import dataclass

from reproduce.cluster import library
from reproduce.cluster.settings import Library
from reproduce.workflow.errors import InputError


@dataclass(frozen=True)
class Split:
    """Names of clusters; no test cluster is among the others.

    Attributes
    ----------
    train, validation, test : tuple of str
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.train, *self.validation, *self.test)))


def split(design: Library, validation: int, train_models: Sequence[str], test_models: Sequence[str]) -> Split:
    """The library's clusters: first those to test, then those to calibrate with, the rest to train with. The design
    is even however few points are taken from its beginning.

    Without a library, the data set's own: those to train with calibrate too, on other views.

    Parameters
    ----------
    design
        The library.
    validation
        Clusters to calibrate with; 0: the training ones, on other views.
    train_models, test_models
        Of the data set.

    Raises
    ------
    InputError
        If a library leaves none to train or to test with.
    """
    if not design.clusters:
        return Split(tuple(train_models), tuple(train_models), tuple(test_models))
    names = library.names(design)
    first = len(library.held_out_names(design))
    train = tuple(names[first + validation :])
    if not train or not first:
        raise InputError(
            f"simulate.library.clusters={design.clusters} with test={design.test} and "
            f"observer.sets.validation_clusters={validation}: none left to {'train' if first else 'test'} with; ask "
            "for more clusters"
        )
    return Split(train, tuple(names[first : first + validation]) or train, tuple(names[:first]))
