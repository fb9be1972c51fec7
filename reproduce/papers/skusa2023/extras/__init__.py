"""Settings of what goes beyond the thesis, in a room of their own: both the settings and the emulator need them."""
