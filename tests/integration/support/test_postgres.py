"""The throw-away PostgreSQL is a real one, and its databases do not see each other."""

from collections.abc import Callable

import sqlalchemy


def test_each_fresh_database_is_empty_and_apart(fresh_database: Callable[[], str]) -> None:
    engines = [sqlalchemy.create_engine(fresh_database(), poolclass=sqlalchemy.NullPool) for _ in range(2)]
    with engines[0].begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE kept (n integer)"))
    tables = [sqlalchemy.inspect(engine).get_table_names() for engine in engines]
    assert tables == [["kept"], []]


def test_the_server_waits_for_the_disk_in_commits_as_in_production(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SHOW synchronous_commit")) == "on"
