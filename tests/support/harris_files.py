"""Files in the forms of Harris's catalogue, made of the paper's clusters and of others that do not exist."""

import io
import warnings

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io.votable.exceptions import W03
from astropy.table import Table

from reproduce.archives.catalogues import PARTS
from reproduce.papers.chardin2021.observed.targets import targets

HEADINGS = (
    "   ID        Name           RA   DEC         L       B     R_Sun  R_gc    X     Y     Z",
    "   ID         [Fe/H] wt  E(B-V) V_HB (m-M)V V_t   M_V,t   U-B   B-V   V-R   V-I  spt  ellip",
    "    ID         v_r   +/-    v_LSR    sig_v +/-    c        r_c   r_h   mu_V   rho_0 lg_tc lg_th",
)
FLAGS = {"yes": "c", "possibly": "c:", "no": ""}


def rows(count: int) -> list[dict[str, str]]:
    """The paper's clusters as text, and others up to a count: the first of these fulfils the paper's rule, the second
    lacks all that can be lacking, the third has no measured metallicity (weight 0)."""
    found = []
    for target in targets():
        place = SkyCoord(target["ra"], target["dec"], unit="deg")
        found.append(
            {
                "name": target["name"],
                "other_name": "M 53" if target["name"] == "NGC 5024" else "",
                "ra": place.ra.to_string(unit=units.hourangle, sep=" ", precision=2, pad=True),
                "dec": place.dec.to_string(sep=" ", precision=1, pad=True, alwayssign=True),
                "distance_kpc": f"{target['distance_kpc']:.1f}",
                "metallicity": f"{target['metallicity']:.2f}",
                "weight": "4",
                "e_b_v": f"{target['e_b_v']:.2f}",
                "absolute_magnitude_v": f"{target['absolute_magnitude_v']:.2f}",
                "concentration": f"{target['concentration']:.2f}",
                "core_collapsed": FLAGS[str(target["core_collapsed"])],
                "r_core_arcmin": f"{target['r_core_arcmin']:.2f}",
                "r_half_arcmin": f"{target['r_half_arcmin']:.2f}",
            }
        )
    for number in range(count - len(found)):
        other = dict.fromkeys(found[0], "")
        other |= {"name": f"Test {number}", "ra": "01 02 03.4", "dec": "-65 04 05", "distance_kpc": "5.0"}
        other |= {"absolute_magnitude_v": "-9.00", "metallicity": "-1.00", "weight": "1", "core_collapsed": "c"}
        if number == 0:
            other |= {"name": "Pal 99", "dec": "+01 02 03", "distance_kpc": "20.0", "absolute_magnitude_v": "-5.00"}
        if number == 1:
            other |= {"distance_kpc": "", "absolute_magnitude_v": "", "metallicity": "", "weight": ""}
        if number == 2:
            other |= {"metallicity": "0.00", "weight": "0"}
        found.append(other)
    return found


def fixed_width(count: int = 157) -> bytes:
    """The 2010 edition's form: three parts with headings, blank fields, and text around them."""
    lines = ["   CATALOG OF PARAMETERS FOR MILKY WAY GLOBULAR CLUSTERS", ""]
    for number, (columns, heading) in enumerate(zip(PARTS, HEADINGS, strict=True)):
        lines += [f"            Part {'I' * (number + 1)}:  some words", "", heading, ""]
        for row in rows(count):
            line = [" "] * 100
            for name, (first, last) in columns.items():
                text = row[name].ljust(last - first) if name in ("name", "other_name") else row[name]
                line[first : first + len(text)] = text
            lines.append("".join(line))
        lines.append("")
    return "\n".join(lines).encode("latin-1")


def votable(count: int = 147, in_degrees: bool = False) -> bytes:
    """The form in which VizieR gives the 1997 edition, positions sexagesimal or not."""
    names = {
        "ID": "name",
        "Name": "other_name",
        "RAJ2000": "ra",
        "DEJ2000": "dec",
        "Rsun": "distance_kpc",
        "[Fe/H]": "metallicity",
        "E(B-V)": "e_b_v",
        "MVt": "absolute_magnitude_v",
        "c": "concentration",
        "Rc": "r_core_arcmin",
        "Rh": "r_half_arcmin",
    }
    text = ("name", "other_name", "ra", "dec")
    table = Table()
    for vizier, name in names.items():
        values = [row[name] for row in rows(count)]
        table[vizier] = values if name in text else np.array([float(value or "nan") for value in values], np.float32)
    if in_degrees:
        place = SkyCoord(table["RAJ2000"], table["DEJ2000"], unit=(units.hourangle, units.deg))
        table["RAJ2000"], table["DEJ2000"] = place.ra.deg, place.dec.deg
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", W03)  # VizieR's names are no XML identifiers
        table.write(stream, format="votable")
    return stream.getvalue()
