"""Snapshots in the formats of other codes, so that their tools can read ours; one format a module.

Each has `write(path, snapshots, provenance)`; `formats.write` chooses. The readers of `reproduce.cluster.readers` read
all of them again.
"""
