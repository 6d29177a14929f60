from alembic.script import ScriptDirectory

from hub.store import migrate


def test_the_migration_a_worker_looks_for_is_the_only_head() -> None:
    assert ScriptDirectory(str(migrate._SCRIPTS)).get_heads() == [migrate.newest_revision()]
