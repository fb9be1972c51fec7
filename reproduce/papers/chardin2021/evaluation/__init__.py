"""The paper's metrics on a simulation never seen in training (Sect. 4).

`metrics` knows which quantities and bins the paper uses, `test_set` reads the test maps, asks the networks, and writes
the results; `calibration` and `coverage` are about intervals, `out_of_domain` about maps of another kind.
"""
