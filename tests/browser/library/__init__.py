"""Browser tests of the library: the wall and the viewer."""
