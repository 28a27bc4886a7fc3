"""`shelfgraph jobs`: loads and trainings that were asked for over GraphQL, looked at, run and ended."""

import os
from typing import Annotated

import typer
from rich.markup import escape

from commands.console import out, table
from commands.context import shop_of
from schema.jobs import ENDED, Job

NICENESS = 10
application = typer.Typer(help="Jobs: what was asked for over GraphQL and takes its time.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="As `list` shows it.", min=1)]


@application.command("list")
def list_command(
    ctx: typer.Context, most: Annotated[int, typer.Option(help="How many.", min=1, max=1_000)] = 20
) -> None:
    """Show jobs, the newest first."""
    rows = (
        (str(job.number), job.kind.value, job.state.value, _time(job), job.asked_by, how_far(job))
        for job in shop_of(ctx).jobs().jobs(limit=most)
    )
    out.print(table("Jobs", ("job", "kind", "state", "asked at (UTC)", "by", "how far"), rows))


@application.command("show")
def show_command(ctx: typer.Context, number: Number) -> None:
    """Show one job in full."""
    job = shop_of(ctx).jobs().job(number)
    for name, value in vars(job).items():
        shown = getattr(value, "value", value)
        if shown not in (None, "", {}):
            out.print(f"[bold]{name}[/] {escape(str(shown))}", highlight=False, soft_wrap=True)


@application.command("cancel")
def cancel_command(ctx: typer.Context, number: Number) -> None:
    """End a job: one that waits is not begun, one that runs lets go within seconds; what it had finished stays."""
    shop = shop_of(ctx)
    job = shop.jobs().cancel(number, at=shop.clock())
    word = job.state.value if job.state in ENDED else "told to end"
    out.print(f"Job {job.number} is {word}.")


@application.command("run")
def run_command(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", help="Go on waiting for jobs until Ctrl-C.")] = False,
) -> None:
    """Run every job that waits, one after the other, at low priority; nothing if another process runs one."""
    shop = shop_of(ctx)
    if follow:
        from commands.job_work import Dispatcher  # noqa: PLC0415

        Dispatcher(shop, open_jobs=shop.jobs).run()
        return
    from commands.job_work import work_of  # noqa: PLC0415
    from commands.log_lines import plain_log_lines  # noqa: PLC0415
    from jobs.worker import Worker  # noqa: PLC0415

    os.nice(NICENESS)
    plain_log_lines()
    worker = Worker(shop.jobs(), work=work_of(shop), clock=shop.clock)
    while (job := worker.run_next()) is not None:
        out.print(f"Job {job.number} ({job.kind.value}) {job.state.value}: {escape(how_far(job))}", soft_wrap=True)


def how_far(job: Job) -> str:
    """What a person wants to know of a job, in a phrase."""
    if job.state in ENDED:
        return job.error or job.message
    share = f" {job.done:,} of {job.total:,}" if job.done is not None and job.total else ""
    return f"{job.step}{share}" + (", told to end" if job.is_cancelling else "")


def _time(job: Job) -> str:
    return f"{job.asked_at:%Y-%m-%d %H:%M:%S}"
