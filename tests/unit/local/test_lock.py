import os
import re
from pathlib import Path

import pytest

from consumers.local import lock
from consumers.local.errors import LocalServiceError


def test_a_second_hub_in_one_folder_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    with lock.only_hub(tmp_path):
        said = rf"{re.escape(str(tmp_path))} is al in gebruik.*proces {os.getpid()}.*KERNHUB_VAR"
        with pytest.raises(LocalServiceError, match=said), lock.only_hub(tmp_path):
            pass
    with lock.only_hub(tmp_path):
        pass


async def test_waiting_for_a_lock_ends(tmp_path: Path) -> None:
    async with lock.exclusive(tmp_path / "held"):
        with pytest.raises(LocalServiceError, match="bezet"):
            async with lock.exclusive(tmp_path / "held", seconds=0.2):
                pass
