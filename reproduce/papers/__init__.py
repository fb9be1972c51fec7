"""One folder a paper: settings, profiles, stages, and what is that paper's alone."""
