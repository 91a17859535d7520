"""The one command of the platform: `sunlit run`, `sunlit verify`, `sunlit import categories FILE` …"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from sunlit.config import environment
from sunlit.config.environment import CannotStart

STOPPED = 130


@dataclass(frozen=True)
class Elsewhere:
    """A command that lives in its own module: `place` is `module:name`; `database` False for one that needs neither Django nor data,
    `tables` True for one that may be the first to come to the database."""

    name: str
    place: str
    help: str
    database: bool = True
    tables: bool = False

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]

    def is_there(self) -> bool:
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False

    def load(self) -> click.Command:
        command = getattr(import_module(self.module), self.place.partition(":")[2])
        assert isinstance(command, click.Command), f"{self.place} is not a command"
        return command


# Whoever brings a command adds its row here; the module is imported only when the command is called.
COMMANDS: tuple[Elsewhere, ...] = (
    Elsewhere("demo", "sunlit.demo.command:demo", "Fill the database with the demo region.", tables=True),
    Elsewhere("verify", "sunlit.foundation.ledger.command:verify", "Check the published ledger; needs no database.", database=False),
    Elsewhere("bench", "bench.command:bench", "Measure against the limits of the machine.", database=False),
    Elsewhere("chaos", "bench.chaos:chaos", "Buy while processes are killed, then count.", database=False),
    Elsewhere("check-vectors", "sunlit.domain.rulebook.commands:check_vectors", "Evaluate worked cases of the law through the rulebook."),
    Elsewhere("supervise", "sunlit.domain.supervision.commands:supervise", "Look at every offer; measure how well faults are found."),
    Elsewhere("simulate", "sunlit.domain.insight.commands:simulate", "Try a change of a rule on past purchases."),
    Elsewhere("check-budgets", "sunlit.domain.planning.commands:check_budgets", "Count every budget quota anew from its holds."),
    Elsewhere("replay", "sunlit.domain.market.commands:replay", "Work the result of an auction out anew from the ledger alone."),
    Elsewhere("token", "sunlit.portals.api.command:token", "Make and revoke tokens of the API."),
)
IMPORTS: tuple[Elsewhere, ...] = (
    Elsewhere("categories", "sunlit.domain.catalog.commands:categories", "The procurement catalogue, from a CSV file."),
    Elsewhere("goods", "sunlit.demo.real:goods", "Goods and their prices, from CSV files."),
    Elsewhere("quotas", "sunlit.domain.planning.commands:quotas", "Budget quotas of buyers, from a CSV file."),
    Elsewhere("rules", "sunlit.domain.rulebook.commands:rules", "The rules and working calendars that came with this release."),
)


class Desk(click.Group):
    """A group whose further commands are found by a table and loaded when called."""

    def __init__(self, *args: Any, rows: Sequence[Elsewhere] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {row.name: row for row in rows}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *(row.name for row in self.rows.values() if row.is_there())])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = self.rows.get(cmd_name)
        if row is None or not row.is_there():
            return super().get_command(ctx, cmd_name)
        if row.database:
            open_house(ctx)
        if row.tables and not helps():
            _migrate()
        return row.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table's own words, so that listing the commands imports none of them."""
        lines = [(name, self._words(ctx, name)) for name in self.list_commands(ctx)]
        if shown := [line for line in lines if line[1]]:
            with formatter.section("Commands"):
                formatter.write_dl(shown)

    def _words(self, ctx: click.Context, name: str) -> str:
        if name in self.rows:
            return self.rows[name].help
        command = super().get_command(ctx, name)
        return command.get_short_help_str(90) if command and not command.hidden else ""


def open_house(ctx: click.Context) -> None:
    """Bring up the database, if it is ours, and Django; the database is let go when the command ends."""
    root = ctx.find_root()
    if root.meta.get("sunlit.open"):
        return
    root.meta["sunlit.open"] = True
    if not helps():
        from sunlit.config import postgres

        root.with_resource(postgres.available())
    set_up_django()


def helps() -> bool:
    """Whether only the help is asked for, which needs no database."""
    return bool({"--help", "-h"} & set(sys.argv))


def set_up_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()


def serve(duty: str) -> None:
    """Begin one of the background processes with a log that names it."""
    from sunlit.config import duties, logs

    os.environ[logs.PROCESS_NAME] = duty
    work: Callable[[], None] = getattr(duties, duty)
    work()


@click.group(cls=Desk, rows=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sunlit", prog_name="sunlit")
def sunlit() -> None:
    """Sunlit, a government-procurement cloud whose every act can be verified. Settings: docs/operations.md."""


@sunlit.command()
@click.pass_context
def run(ctx: click.Context) -> None:
    """Run everything of one machine; Ctrl-C stops it."""
    from sunlit.config import logs, processes

    logs.configure()
    ctx.exit(processes.run(click.echo))


@sunlit.command()
@click.pass_context
def postgres(ctx: click.Context) -> None:
    """Run the embedded PostgreSQL alone."""
    from sunlit.config import logs, processes

    logs.configure()
    ctx.exit(processes.run_postgres(click.echo))


@sunlit.command()
@click.pass_context
def web(ctx: click.Context) -> None:
    """Serve the pages and the API."""
    with_database(ctx)
    serve("web")


@sunlit.command()
@click.pass_context
def live(ctx: click.Context) -> None:
    """Serve the live events."""
    with_database(ctx)
    serve("live")


@sunlit.command()
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Do the jobs of the queue."""
    open_house(ctx)
    serve("worker")


@sunlit.command()
@click.pass_context
def sealer(ctx: click.Context) -> None:
    """Seal new acts into the ledger's tree."""
    open_house(ctx)
    serve("sealer")


@sunlit.command()
@click.pass_context
def indexer(ctx: click.Context) -> None:
    """Keep the search index and all other views of the acts up to date."""
    open_house(ctx)
    serve("indexer")


@sunlit.command()
def bank() -> None:
    """Play the bank, for trying out."""
    from sunlit.config import logs

    logs.configure()
    serve("bank")


@sunlit.command()
def keepers() -> None:
    """Play the keepers of the keys to sealed quotes, for trying out."""
    from sunlit.config import logs

    logs.configure()
    serve("keepers")


@sunlit.command()
def prices() -> None:
    """Play a price feed, for trying out."""
    from sunlit.config import logs

    logs.configure()
    serve("prices")


def with_database(ctx: click.Context) -> None:
    """For servers whose own worker processes set up Django: only the database is brought up here."""
    from sunlit.config import logs, postgres

    logs.configure()
    ctx.find_root().with_resource(postgres.available())


@sunlit.command()
@click.pass_context
def migrate(ctx: click.Context) -> None:
    """Bring the database's tables up to date."""
    open_house(ctx)
    _migrate()


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        click.echo(f"Preparing the database ({len(waiting)} steps) …")
        call_command("migrate", interactive=False, verbosity=0)


@sunlit.command(hidden=True)
@click.pass_context
def prepare(ctx: click.Context) -> None:
    """What `run` does before it opens: translations, tables and, in the demo, its data."""
    compile_translations()
    open_house(ctx)
    _migrate()
    from sunlit.config import keys

    keys.ledger_key()
    row = next(row for row in COMMANDS if row.name == "demo")
    if environment.get("DEMO") and row.is_there():
        row.load().main(["--if-empty"], prog_name="sunlit demo", standalone_mode=False)


@sunlit.command()
@click.option("--check", is_flag=True, help="Only tell what is not translated.")
def translations(check: bool) -> None:
    """Compile the translations of all pages."""
    from sunlit.config import translations as office

    if check:
        gaps = list(office.gaps())
        click.echo("\n".join(gaps) or f"All {len(office.sources())} catalogues are complete.")
        sys.exit(bool(gaps))
    count = office.compile_all(force=True)
    click.echo(f"{count} catalogues compiled.")


@sunlit.command()
def goldens() -> None:
    """Write the documents that are made from the code: reasons, lives, the API's description."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()
    from sunlit.config import goldens as office

    written = office.write()
    click.echo(f"{len(written)} documents written.")


def compile_translations() -> None:
    """Where the installation cannot be written, it brings its compiled catalogues along."""
    from sunlit.config import translations as office

    try:
        office.compile_all()
    except PermissionError as error:
        click.echo(f"The translations are not compiled anew: {error.filename} cannot be written.", err=True)


@sunlit.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def manage(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Call a command of Django, such as `makemigrations` or `shell`."""
    from django.core.management import execute_from_command_line

    open_house(ctx)
    execute_from_command_line(["sunlit manage", *arguments])


@sunlit.group(name="import", cls=Desk, rows=IMPORTS)
def import_() -> None:
    """Bring in data from files."""


@sunlit.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Tell what is wrong with this installation and what to do."""
    from sunlit.config import doctor as office

    healthy = True
    for finding in office.examine():
        healthy = healthy and finding.fine
        click.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.subject}: {finding.words}")
    ctx.exit(0 if healthy else 1)


def main() -> None:
    """Everything that goes wrong in a way people can mend ends as one sentence, everything else as a traceback."""
    from sunlit.config.processes import CANNOT_START

    try:
        sunlit(prog_name="sunlit")
    except CannotStart as problem:
        click.echo(f"Sunlit cannot start. {problem}", err=True)
        sys.exit(CANNOT_START)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - the last one who can turn it into a message
        if not is_the_database_away(error):
            traceback.print_exc()
            sys.exit(1)
        words = str(error).strip().splitlines() or ["no reason is given"]
        click.echo(f"The database went away: {words[0]}", err=True)
        sys.exit(1)


def is_the_database_away(error: Exception) -> bool:
    import psycopg

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, psycopg.OperationalError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


if __name__ == "__main__":
    main()
