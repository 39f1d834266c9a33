"""`suprsend-hub template`: templates as files, pushed to a workspace and pulled from it."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suprsend_hub.domain.fault import HubError
from suprsend_hub.template_client import Destination, PushReport, list_templates, pull_templates, push_templates
from suprsend_hub.terminal import fail

template_commands = typer.Typer(help="Templates: what the messages say, as files.", no_args_is_help=True)

WorkspaceOption = Annotated[str, typer.Option("--workspace", "-w", help="the workspace's name")]
BaseUrlOption = Annotated[str, typer.Option(envvar="HUB_URL", help="where the hub is")]
TokenOption = Annotated[
    str, typer.Option(envvar="HUB_SERVICE_TOKEN", help="made with the workspace; better given by the variable")
]

BASE_URL = "http://127.0.0.1:8000"


@template_commands.command("push")
def push(
    folder: Annotated[Path, typer.Argument(help="a folder of templates, or the folder of one", metavar="DIR")],
    workspace: WorkspaceOption,
    service_token: TokenOption,
    base_url: BaseUrlOption = BASE_URL,
    commit: Annotated[bool, typer.Option(help="make what was pushed live")] = True,
    commit_message: Annotated[str, typer.Option(help="what changed")] = "",
) -> None:
    """Send templates to a workspace and commit them."""
    destination = Destination(base_url, workspace, service_token)
    try:
        report = push_templates(folder, destination, commit=commit, message=commit_message)
    except HubError as error:
        fail(error.message)
    _show(report)
    if report.has_failed:
        raise typer.Exit(1)


@template_commands.command("pull")
def pull(
    folder: Annotated[Path, typer.Argument(help="where to write them, one folder each", metavar="DIR")],
    workspace: WorkspaceOption,
    service_token: TokenOption,
    base_url: BaseUrlOption = BASE_URL,
    mode: Annotated[Literal["live", "draft"], typer.Option(help="which version")] = "live",
) -> None:
    """Write a workspace's templates into a folder."""
    try:
        pulled = pull_templates(folder, Destination(base_url, workspace, service_token), mode=mode)
    except HubError as error:
        fail(error.message)
    table = Table("template", "variants", "folder")
    for each in pulled:
        table.add_row(each.slug, str(each.variants), escape(str(each.folder)))
    Console().print(table)


@template_commands.command("list")
def show(workspace: WorkspaceOption, service_token: TokenOption, base_url: BaseUrlOption = BASE_URL) -> None:
    """List a workspace's templates."""
    try:
        found = list_templates(Destination(base_url, workspace, service_token))
    except HubError as error:
        fail(error.message)
    table = Table("template", "name", "channels", "live version", "changed")
    for each in found:
        version = "-" if each.version_no is None else str(each.version_no)
        changed = (each.updated_at or "")[:16].replace("T", " ")
        table.add_row(each.slug, escape(each.name), ", ".join(each.enabled_channels), version, changed)
    Console().print(table)


def _show(report: PushReport) -> None:
    table = Table("template", "variants", "outcome", "live version")
    for each in report.templates:
        version = "-" if each.version_no is None else str(each.version_no)
        outcome = f"[red]{each.outcome}[/red]" if each.problem else each.outcome
        table.add_row(each.slug, str(each.variants), outcome, version)
    Console().print(table)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for each in report.templates:
        for warning in each.warnings:
            console.print("[yellow]warning:[/yellow]", escape(f"{each.slug}: {warning}"))
        if each.problem:
            console.print("[red]error:[/red]", escape(f"{each.slug}: {each.problem}"))
