"""The build system of Resea.

Who reads this package should start with `frontdoor`, which SConstruct calls, and go on to `build`,
which turns one board manifest into one bootable image. Modules that need SCons to be running are
`frontdoor`, `build`, `environment` and `unittests`; all others are plain Python with unit tests in
site_scons/tests.
"""
