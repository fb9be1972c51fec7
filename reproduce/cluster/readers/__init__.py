"""Snapshots written by other codes, as `reproduce.cluster.snapshot.Snapshot`; one format a module.

`nbody6` NBODY6++GPU HDF5 (the Beijing version and that of Wang et al. 2015), `cmc` CMC HDF5 and `dat.gz`, `mocca` MOCCA
text, `amuse` AMUSE HDF5, `table` ECSV, Parquet or FITS. Each has `OPTIONS`, the names of the options that apply to it;
`PATTERNS`, names of its files in a folder; `keys(path)`, its snapshots in order of time; and
`find(path, key, options)`, the columns of one of them. `formats.contents` lists what a file holds and `formats.read`
makes a `Snapshot` of it.
"""
