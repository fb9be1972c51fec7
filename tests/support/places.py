"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the project
SHARED = ROOT.parent / "shared" / "data"  # beside the project on its makers' machines; absent elsewhere
