"""Snapshots written by other codes, as `reproduce.cluster.snapshot.Snapshot`; one format a module.

`nbody6` NBODY6++GPU HDF5, `cmc` CMC HDF5 and `dat.gz`, `mocca` MOCCA text, `amuse` AMUSE HDF5, `table` ECSV or Parquet.
Each has `read(path, ...)`. What a file lacks is an error that names it, or is computed from SSE tracks if
`fill_metallicity` is given.
"""
