"""Networks that are told what is known: distance, [Fe/H] and seeing, each with its error, or that it is not known.

=================  ================================================================================
`clusters`         which clusters to train, to calibrate and to test with
`known`            what is known of a cluster, and as what numbers the networks see it
`frame`            the posterior's parameters, and the coordinates in which the networks answer
`views`            one mock observation, drawn from its generator alone
`sets`             the stage `observer_sets`: fixed views, to scale, to calibrate and to test with
`network`          the layers
`training`         the stage `observer_train`
`model`            trained networks: light maps and what is known in, mass map and joint posterior out
`calibrate`        the stage `observer_calibrate`: how wide posteriors have to be; the domain
`evaluation`       the stage `observer_evaluate`: errors, coverage, ranks, TARP, what each input is worth
=================  ================================================================================
"""
