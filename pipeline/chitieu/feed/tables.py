"""Tables made in an empty database, and recognised in any other."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from chitieu import __version__
from chitieu.errors import OutputError
from chitieu.feed import schema


def create_or_check(connection: Connection, place: str) -> None:
    """Make the tables in an empty database; refuse one that is somebody else's, or of another version.

    Raises:
        OutputError: C431 or C432.
    """
    names = set(inspect(connection).get_table_names())
    if not names:
        _create(connection)
        return
    version = None
    if schema.about.name in names:
        query = select(schema.about.c.value).where(schema.about.c.key == "chitieu schema")
        try:
            version = connection.execute(query).scalar()
        except SQLAlchemyError:  # a table of that name, but another one
            version = None
    if version is None:
        raise OutputError(
            "C431",
            f"holds other tables ({', '.join(sorted(names)[:3])} …), and is left alone",
            place=place,
            remedy="name a new file, or an empty database or schema",
        )
    if version != str(schema.SCHEMA_VERSION):
        raise OutputError(
            "C432",
            f"has tables of version {version}, this version of chitieu writes {schema.SCHEMA_VERSION}",
            place=place,
            remedy="write to a new database, or install the version of chitieu that made it",
        )


def _create(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    for statement in schema.SEARCH[connection.dialect.name]:
        connection.execute(text(statement))
    for name, query in schema.VIEWS.items():
        connection.execute(text(f"create view {name} as {query}"))
    version = {"key": "chitieu schema", "value": str(schema.SCHEMA_VERSION)}
    connection.execute(insert(schema.about), [version, {"key": "made by", "value": f"chitieu {__version__}"}])
