"""Search for hyper-parameters with Keras Tuner (paper Sects. 3.1-3.2: "after trials and errors").

`space` knows the dimensions and the paper's values, `proposer` asks Keras Tuner's oracles for trials, `trial` runs one
in whatever process, `runner` begins trials and records each as a run, `search` puts them together, `importance` says
what mattered, `results` writes the tables.
"""
