"""The second half of ./bootstrap: installs the packages a command lacks, then becomes the command.

Runs as a plain script, before anything is installed: standard library only.
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from resea import packages  # noqa: E402 (the path above comes first)

USAGE = """\
usage: ./bootstrap COMMAND [ARGUMENT…]

Installs what COMMAND needs and this machine lacks, then runs it:

    ./bootstrap scons board=x64 run     boots the OS; Ctrl-A X leaves
    ./bootstrap scons test              runs all tests
    ./bootstrap scons --help            lists all commands
"""


class BootstrapError(Exception):
    """Why the command can't be run, and what to do."""


def needed_tools(catalog, command):
    """The tools of a command line."""
    program = os.path.basename(command[0])
    if program == "scons":
        arguments = command[1:]
        if any(a in ("-h", "--help", "-H", "--version") for a in arguments):
            return [catalog.tools["scons"]]
        return catalog.tools_for(packages.parse_scons_arguments(arguments))
    return catalog.tools_of_program(program)


def root_prefix():
    """What makes a command run as root, as a list of words."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if not sudo:
        return None
    return [sudo]


def apt_command(*words):
    """An apt-get command line that asks nothing and says little."""
    return ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq",
            "-o", "Dpkg::Use-Pty=0", *words]


def apt_knows(names):
    """Whether the package lists on this machine, which may be none, have all the packages."""
    done = subprocess.run(["apt-cache", "show", "--no-all-versions", *names],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def run_apt(prefix, *words):
    """Runs apt-get, showing its output only if it fails. Returns whether it went well."""
    done = subprocess.run([*prefix, *apt_command(*words)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
    return done.returncode == 0


def apt_install(names):
    """Installs Debian packages; fetches new package lists only if the old ones don't do."""
    prefix = root_prefix()
    by_hand = f"apt-get install {' '.join(names)}"
    if prefix is None:
        raise BootstrapError(f"neither root nor sudo is at hand; run as root: {by_hand}")
    say(f"installing {' '.join(names)}")
    install = ("-y", "--no-install-recommends", "install", *names)
    if apt_knows(names) and run_apt(prefix, *install):
        return
    say("updating the package lists")
    if not (run_apt(prefix, "update") and run_apt(prefix, *install)):
        raise BootstrapError(f"apt-get failed (see above); once it works again, run: {by_hand}")


def install(tools, system):
    """Installs what the tools need, or says what to install where that isn't our job."""
    if system != "debian":
        advice = packages.install_advice(tools, system)
        kind = "with Homebrew" if system == "homebrew" else "(Debian's package names)"
        raise BootstrapError(f"please install {kind}: {advice}; then run ./bootstrap again")
    apt_install(packages.package_names(tools, system))
    # A module that was just installed is news to importlib's caches.
    packages.importlib.invalidate_caches()
    still = [part for tool in tools for part in tool.missing()]
    if still:
        raise BootstrapError(f"still missing after installing: {', '.join(still)}; "
                             "run scons doctor for the whole picture")


def say(text):
    """A line of progress, on stderr: stdout is the command's."""
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)


def main(command):
    """Installs, then replaces this process by the command."""
    if not command or command[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0 if command else 2
    system = packages.host_system()
    if system == "debian":
        # Debian's programs come before others of the same name: they find Debian's modules.
        os.environ["PATH"] = "/usr/bin:/bin:" + os.environ.get("PATH", "")
    lacking = [tool for tool in needed_tools(packages.Catalog(), command) if tool.missing()]
    try:
        if lacking:
            install(lacking, system)
        os.execvp(command[0], command)
    except BootstrapError as error:
        say(str(error))
    except FileNotFoundError:
        say(f"{command[0]}: no such program; run scons doctor to see what is missing")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
