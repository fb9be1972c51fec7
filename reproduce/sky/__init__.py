"""From stars to images: camera, point-spread functions, noise, coordinates."""
