"""Maps that show no cluster that the networks know, made by hand: to build the domain score with, and to judge it.

========================  ==========================================================================
`start`                   what a strange map starts from: a good one, and a random generator
`fields`                  of nothing: skies, stars without a cluster, random fields, patterns
`galaxies`                smooth and spiral galaxies
`damage`                  a good map spoilt: light, pixels, instrument
`kinds`                   all of them by name, in those to build with and those to judge by
========================  ==========================================================================
"""
