from pathlib import Path

from consumers.local import postgres_user
from consumers.local.processes import User


def test_a_folder_closed_to_others_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    stranger = User(65533, 65533)
    assert closed.resolve() in postgres_user.closed_folders((closed / "data",), stranger)
    closed.chmod(0o711)
    assert closed.resolve() not in postgres_user.closed_folders((closed / "data",), stranger)
    assert str(closed) in str(postgres_user.cannot_reach([closed]))
