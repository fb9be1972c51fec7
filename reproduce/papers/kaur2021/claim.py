"""What holds of the paper's claim, in a sentence made of the measured numbers."""

from collections.abc import Mapping

CLASSICAL = {"tracer": "tracer mass", "virial": "virial", "jeans": "Jeans"}


def sentence(found: Mapping[str, float], name: str) -> str:
    """What a data set's two-channel network is worth on galaxies that it has not seen.

    Parameters
    ----------
    found : mapping
        Numbers of the stage `evaluate`.
    name : str
        Of the data set, such as ``DL1``.
    """
    key = name.lower()
    image, galaxy = found[f"{key}_mae_two_channel"], found[f"{key}_mae_two_channel_by_galaxy"]
    low, high = (found.get(f"{key}_mae_two_channel_by_galaxy_{end}", galaxy) for end in ("low", "high"))
    nearest = [found[f"nearest_two_channel_{key}_mae{end}"] for end in ("", "_by_galaxy")]
    best = min(CLASSICAL, key=lambda method: found[f"{method}_{key}_mae_by_galaxy"])
    classical = found[f"{best}_{key}_mae_by_galaxy"]
    floor = found[f"floor_{key}_mae_by_galaxy"]
    much = "better than" if high < classical else "worse than" if low > classical else "not told apart from"
    below = " (below the shot noise of its velocities)" if image < found[f"floor_{key}_mae"] else ""
    return (
        f"{name}, two channels: a mean absolute error of {image:.2f} split by image{below} becomes {galaxy:.2f} "
        f"({low:.2f} to {high:.2f}) on galaxies that the network has not seen, {galaxy / image:.1f} times as much; "
        f"the nearest maps, which know nothing of masses, go from {nearest[0]:.2f} to {nearest[1]:.2f}; the network is "
        f"there {much} the calibrated {CLASSICAL[best]} estimator ({classical:.2f}), and shot noise alone makes "
        f"{floor:.2f}."
    )


def fresh(found: Mapping[str, float], name: str, group: str) -> str:
    """What the networks on fresh views are worth beside the best classical estimator, for the same galaxies."""
    key = name.lower()
    values = {channels: found[f"fresh_{group}_mae_{channels}_channel_by_galaxy"] for channels in ("one", "two")}
    low, high = (found.get(f"fresh_{group}_mae_two_channel_by_galaxy_{end}", values["two"]) for end in ("low", "high"))
    best = min(CLASSICAL, key=lambda method: found[f"{method}_{key}_mae_by_galaxy"])
    classical = found[f"{best}_{key}_mae_by_galaxy"]
    beats = "beats" if values["two"] < classical else "does not beat"
    sure = "" if high < classical or low > classical else ", within the scatter of these test galaxies"
    return (
        f"{name}, fresh views, by galaxy: {values['one']:.2f} with one channel, {values['two']:.2f} ({low:.2f} to "
        f"{high:.2f}) with two; it {beats} the calibrated {CLASSICAL[best]} estimator ({classical:.2f}){sure}."
    )


def text(found: Mapping[str, float], sets: Mapping[str, tuple[str, ...]]) -> str:
    """A line for each data set without noise of its own, as far as its numbers are there."""
    lines = []
    done: set[tuple[str, ...]] = set()
    for name, kinds in sets.items():
        key = name.lower()
        if (
            f"nearest_two_channel_{key}_mae_by_galaxy" in found
            and f"{key}_mae_two_channel_by_galaxy" in found
            and f"{key}_mae_two_channel" in found
        ):
            lines.append(sentence(found, name))
            group = kinds[0] if len(kinds) == 1 else "both"
            if kinds not in done and f"fresh_{group}_mae_two_channel_by_galaxy" in found:
                lines.append(fresh(found, name, group))
            done.add(kinds)
    return "\n".join(lines) + "\n"
