"""Networks in Keras: data, training, ensembles, intervals, domain. No astronomy."""
