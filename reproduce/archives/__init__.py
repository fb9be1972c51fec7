"""Downloads and their cache, catalogues, survey images; image files of the user."""
