"""Table 3: the observed clusters, their literature values, and the predictions, ours and the published in turns."""

import numpy as np
import pandas as pd

UNITS = {
    "luminosity": "Lsun",
    "distance": "kpc",
    "r_core": "arcmin",
    "r_half": "arcmin",
    "age": "Gyr",
    "mass_to_light": "Msun/Lsun",
    "mass_to_light_error": "Msun/Lsun",
    "predicted_distance": "kpc",
    "predicted_distance_low68": "kpc",
    "predicted_distance_high68": "kpc",
    "predicted_age": "Gyr",
    "predicted_age_low68": "Gyr",
    "predicted_age_high68": "Gyr",
    "predicted_mass_to_light": "Msun/Lsun",
}
LITERATURE = {
    "distance": "distance_kpc",
    "r_core": "r_core_arcmin",
    "r_half": "r_half_arcmin",
    "age": "age_gyr",
    "age_assumed": "age_assumed",
    "fe_h": "metallicity",
    "mass_to_light": "mass_to_light",
    "mass_to_light_error": "mass_to_light_error",
}


def table(clusters: pd.DataFrame, images: str) -> pd.DataFrame:
    """Table 3 as it came out.

    Parameters
    ----------
    clusters : DataFrame
        One row a cluster: the columns of the stage `apply`.
    images : str
        ``archive``, ``files`` or ``synthetic``; told in the column ``source`` as "ours (synthetic)".

    Returns
    -------
    DataFrame
        For each cluster a row with our numbers and, where the paper has it, one with the published. `log_mass` is log10
        of the mass in the field [Msun]; bounds are those of the 68 % intervals.
    """
    rows = []
    for _, row in clusters.iterrows():
        common = {"cluster": row["name"]}
        literature = {name: row[column] for name, column in LITERATURE.items()}
        mass, low, high = (float(np.log10(row[f"predicted_total_mass_msun{end}"])) for end in ("", "_low68", "_high68"))
        bounded = {
            f"predicted_{name}{end}": row[f"predicted_{column}{end}"]
            for name, column in (("distance", "distance_kpc"), ("age", "age_gyr"))
            for end in ("", "_low68", "_high68")
        }
        rows.append(
            {
                **common,
                "source": f"ours ({images})",
                "luminosity": row["luminosity_lsun"],
                **literature,
                **bounded,
                "predicted_mass_to_light": row["predicted_mass_to_light"],
                "predicted_log_mass": mass,
                "predicted_log_mass_low68": low,
                "predicted_log_mass_high68": high,
                "in_domain": "yes" if row["in_domain"] else "no",
            }
        )
        if np.isfinite(row["pidoc_distance_kpc"]):
            rows.append(
                {
                    **common,
                    "source": "published",
                    "luminosity": row["luminosity_field_lsun"],
                    **literature,
                    "predicted_distance": row["pidoc_distance_kpc"],
                    "predicted_age": row["pidoc_age_gyr"],
                    "predicted_mass_to_light": row["pidoc_mass_to_light"],
                    "predicted_log_mass": row["pidoc_log10_mass_msun"],
                    "in_domain": "",
                }
            )
    return pd.DataFrame(rows).round(3)
