"""The networks of Kaur et al. (2021): what they read, what they are built of, how they are trained."""
