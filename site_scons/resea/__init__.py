"""The build system of Resea.

Who reads this package should start with `frontdoor`, which SConstruct calls, and go on to `build`,
which knows all about one board, and `graph` and `image`, which tell SCons how to make it. These
two, `frontdoor`, `environment`, `idl_headers` and `unittests` need SCons to be running; all others
are plain Python. The unit tests are in site_scons/tests.
"""
