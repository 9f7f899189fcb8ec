"""Running the installation: is it ready, what are its figures, is it sound, and how it is copied and brought back."""
