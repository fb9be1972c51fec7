"""The figures and tables: each function reads what its stage needs and hands numbers to `paper_figures`."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reproduce.workflow.stages import Job


def classical(job: "Job") -> None:
    """Masses without networks, split by image and by galaxy, beside the paper's networks (not in the paper)."""
    import data_manifests
    from paper_figures import style
    from paper_figures.kaur2021 import classical

    metrics = json.loads((job.inputs["estimators"] / "metrics.json").read_text(encoding="utf-8"))
    parts = [name.split(".") for name in metrics]
    kinds, methods, splits = (list(dict.fromkeys(column)) for column in list(zip(*parts, strict=True))[:3])
    table = classical.table(metrics, data_manifests.load("kaur2021/published"), kinds, methods, splits)
    style.save_table(table, job.folder, "classical")
