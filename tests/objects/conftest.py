"""Every promise of a store is tried on a folder and on a real S3 server."""

from __future__ import annotations

import pytest

from tasks.objects import open_store


@pytest.fixture(params=["folder", "swift"])
def store(request, tmp_path):
    if request.param == "folder":
        return open_store(tmp_path / "root")
    return open_store(request.getfixturevalue("s3_root") + "/some/prefix")
