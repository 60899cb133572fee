"""The command `bench`: what a board's figures are, what they were, and what others reach."""

from resea import output
from resea.commands import Option, command
from resea.errors import UserError


def can_bench(board):
    """Whether a board has figures: QEMU knows it, and it has the program."""
    return board.emulated and not board.lacks("benchmark")


def _write_page(top, boards):
    from resea import benchpage
    print(f"{benchpage.write(top, boards)}: all figures, with plots")


@command("bench", "measures, in guest instructions; prints 'metric NAME VALUE UNIT' lines, and "
         "'report …' lines of what depends on the host; of all boards, writes "
         "build/bench/index.html, too",
         needs=["image"], default_board="all", default_mode="release",
         suits=can_bench, finish=_write_page,
         options=[Option("compare", "0|1", "fails if a figure is more than 3 % above the committed "
                                           "baseline"),
                  Option("baseline", "0|1", "makes the figures the baseline to be committed")])
def bench(ctx):
    from resea import bench as benchmark
    judged = ctx.options.flag("compare") or ctx.options.flag("baseline")
    if judged and ctx.build.mode != "release":
        raise UserError("build=debug", "baselines are of release builds")
    result = benchmark.measure(ctx.build)
    print("\n".join(benchmark.lines(result)))
    print(f"{ctx.build.logs.relative_to(ctx.top)}/latency.txt: the longest paths in the kernel")
    return _judge(ctx, result)


def _judge(ctx, result):
    """compare=1 and baseline=1; the exit status."""
    import datetime

    from resea import baseline
    board, good = ctx.build.board, True
    if ctx.options.flag("compare"):
        lines, good = baseline.compare(board, result.compiler, result.values,
                                       baseline.load(ctx.top, board))
        print("\n".join(lines))
        if not good:
            output.error(f"board={board}: figures are worse than the baseline's; see above")
    if ctx.options.flag("baseline"):
        print(baseline.store(ctx.top, board, result.compiler, result.values,
                             datetime.date.today()))
    return 0 if good else 1
