"""Tables of globular clusters: their columns, and a cluster by its name."""

import difflib
import re

from astropy.table import Table

from reproduce.workflow.errors import InputError

COLUMNS = {
    "name": "",
    "other_name": "",
    "ra": "deg",
    "dec": "deg",
    "distance_kpc": "kpc",
    "absolute_magnitude_v": "mag",
    "e_b_v": "mag",
    "metallicity": "",
    "concentration": "",
    "core_collapsed": "",
    "r_core_arcmin": "arcmin",
    "r_half_arcmin": "arcmin",
}
"""Columns of a catalogue and their units; what a catalogue does not know of a cluster is NaN."""


def find(catalogue: Table, name: str) -> int:
    """Row of a cluster by its name or other name, whatever the case and spaces (``ngc5024``, ``M 53``, ``Palomar 11``).

    Raises
    ------
    InputError
        If no cluster has that name.
    """
    wanted = plain_name(name)
    names = {plain_name(other): i for i, other in enumerate(catalogue["other_name"]) if other}
    names |= {plain_name(own): i for i, own in enumerate(catalogue["name"])}
    if wanted not in names:
        close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
        hint = f"did you mean {catalogue['name'][names[close[0]]]}?" if close else "give its name as in Harris (1996)"
        raise InputError(f"cluster '{name}': no such name among {len(catalogue)} clusters of the catalogue; {hint}")
    return names[wanted]


def plain_name(name: str) -> str:
    """A name without spaces and case, Palomar shortened as in the catalogue."""
    return re.sub(r"^palomar", "pal", re.sub(r"[\s_-]+", "", str(name)).lower())
