"""The paper's metrics on a simulation never seen in training (Sect. 4).

`bins` sums errors in bins, `metrics` knows which quantities and bins the paper uses (both pure NumPy), `test_set` reads
the test maps, asks the networks, and writes the results.
"""

from reproduce.evaluation.test_set import evaluate

__all__ = ["evaluate"]
