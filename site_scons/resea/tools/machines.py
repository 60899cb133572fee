"""The commands that start a machine, or make what one starts from: run, debug, iso and others."""

from resea import fuzzing, output
from resea.commands import Option, command
from resea.errors import UserError
from resea.probe import PROBE

_NETWORK = [
    Option("net", "user[:PORT-PORT,...]|tap:IF|socket:DIR|none", "what the machine's network card "
           "is connected to: a network of QEMU's own (default), with ports of this machine that "
           "lead to the guest's; an interface; a program; or no card"),
    Option("nic", "CARD", "which network card: e1000 (default), e1000e, virtio"),
]
_RUN_OPTIONS = [
    Option("gui", "0|1", "opens a window with the machine's screen"),
    Option("accel", "tcg|kvm", "emulates (default), or runs on the host's CPU"),
    Option("disk", "FILE", "a disk image as the machine's first disk"),
    *_NETWORK,
    Option("sound", "FILE.wav|DRIVER|none", "gives the machine a sound card that plays into a "
           "file, or by one of QEMU's audio drivers (default: none)"),
    Option("cmdline", "TEXT", "the kernel's command line, for example 'run=\"hello\"'"),
]


def _machine(ctx):
    from resea import qemu
    return qemu.machine_of(ctx.build.manifest, ctx.build.arch.qemu)


def _result(problem):
    """A command's exit status; says what went wrong."""
    if problem:
        output.error(problem)
    return 1 if problem else 0


@command("run", "boots the board in QEMU, its serial line on this terminal; Ctrl-A X leaves",
         needs=["image"], options=_RUN_OPTIONS)
def run(ctx):
    from resea import qemu
    return _result(qemu.run(qemu.command(_machine(ctx), qemu.setup_of(ctx.options),
                                         ctx.build.image)))


@command("debug", "boots the board in QEMU and attaches gdb, with kernel and server symbols",
         needs=["image"], options=_RUN_OPTIONS + [PROBE])
def debug(ctx):
    from resea import debugger, probe, qemu
    if ctx.options.get("probe", "0") != "0":
        return _result(probe.debug(ctx.build, ctx.options.get("probe")))
    return _result(debugger.run(_machine(ctx), qemu.setup_of(ctx.options), ctx.build))


def _soak_needs(options):
    return ["image" if options.get("what", "guests") == "guests" else "fuzzers"]


@command("soak", "looks for bugs with new random numbers for a while", needs=_soak_needs,
         options=[Option("minutes", "N", "how long (default: 10)"),
                  Option("what", "|".join(["guests", *fuzzing.NAMES]), "system calls in guest "
                         "after guest (default), or on this machine: the kernel against a model of "
                         "it, FAT volumes, or what reads the bytes of strangers, one or all"),
                  Option("runs", "N", "of what reads bytes: so many inputs each, however long it "
                         "takes"),
                  Option("seed", "N", "the first random number (default: a new one)")])
def soak(ctx):
    minutes, what = ctx.options.number("minutes", 10, 1, 7 * 24 * 60), ctx.options.get("what")
    seeds = fuzzing.seeds(ctx.options)
    if what == "kernel":
        from resea import kernelfuzz
        return kernelfuzz.campaign(ctx.build, minutes, seeds)
    if what == "fat":
        from resea import fatfuzz
        return fatfuzz.campaign(ctx.build, minutes, seeds)
    if what in fuzzing.NAMES:
        from resea import inputfuzz
        runs = ctx.options.number("runs", 0, 0, 1 << 40)
        return inputfuzz.campaign(ctx.build, fuzzing.inputs(what),
                                  inputfuzz.Plan(minutes, runs, seeds))
    from resea import soak as campaigns
    tally = campaigns.campaign(_machine(ctx), ctx.build.image, ctx.build.logs, minutes,
                               seeds, output.error)
    print(f"{tally.guests} guests, {tally.calls} system calls, {tally.failures} failures")
    return 1 if tally.failures else 0


@command("trace", "records messages while shell commands run; writes a timeline, trace.json",
         needs=["image"],
         options=[Option("commands", "TEXT", "what the shell runs (default: hello)")])
def trace(ctx):
    from resea import trace as tracer
    path, log, problem = tracer.run(ctx.build, _machine(ctx),
                                    ctx.options.get("commands", tracer.DEFAULT_COMMANDS),
                                    ctx.options.cpus)
    if log.lost:
        output.warning(f"the first {output.plural(log.lost, 'event')} are lost; more are kept with "
                       "CONFIG_TRACE_EVENTS=N")
    print(f"{ctx.build.shown(path)}: {output.plural(len(log.events), 'event')}; open it in "
          "https://ui.perfetto.dev or about:tracing")
    return _result(problem)


@command("screenshot", "writes what the screen shows after shell commands into a PNG",
         needs=["image"],
         options=[Option("commands", "TEXT", "what is typed, commands separated by ;"),
                  Option("file", "FILE", "the picture (default: "
                         "build/<board>-<mode>/screenshot.png)")])
def screenshot(ctx):
    from resea import screenshot as screenshots
    path = screenshots.run(ctx.build, _machine(ctx),
                           ctx.options.get("commands", screenshots.DEFAULT_COMMANDS),
                           ctx.options.get("file"))
    print(ctx.build.shown(path))


@command("iso", "writes a bootable ISO image, build/<board>-<mode>/resea.iso", needs=["image"],
         options=[_RUN_OPTIONS[-1]])
def iso(ctx):
    print(_make_iso(ctx))


@command("cloudimage", "writes a disk image that cloud machines boot, "
         "build/<board>-<mode>/cloud.img, and packs it as cloud.tar.gz",
         needs=["image"], options=[_RUN_OPTIONS[-1]], default_mode="release")
def cloudimage(ctx):
    from resea import cloudimage as images
    _check_multiboot(ctx, "a cloud image")
    image, archive = ctx.build.folder / "cloud.img", ctx.build.folder / "cloud.tar.gz"
    images.make(ctx.build.image, image, ctx.options.get("cmdline", ""))
    images.pack(image, archive)
    print(ctx.build.shown(image))
    print(ctx.build.shown(archive))


@command("bochs", "boots the ISO image in Bochs, its serial output on this terminal",
         needs=["image"], options=[_RUN_OPTIONS[-1]])
def bochs(ctx):
    from resea import bochs as emulator
    image = _make_iso(ctx)
    table = ctx.build.manifest.run.get("bochs")
    return _result(emulator.run(str(image), str(ctx.build.folder / "bochs"), table,
                                ctx.options.cpus or 1))


def _make_iso(ctx):
    from resea import iso as images
    _check_multiboot(ctx, "an ISO image")
    path = ctx.build.folder / "resea.iso"
    images.make(str(ctx.build.image), str(path), ctx.options.get("cmdline", ""))
    return path


def _check_multiboot(ctx, what):
    from resea.iso import MULTIBOOT
    if ctx.build.arch.image != MULTIBOOT:
        raise UserError(f"board={ctx.build.board}", f"{what} is for PCs: its boot loader can't "
                        "start what this board's firmware starts")
