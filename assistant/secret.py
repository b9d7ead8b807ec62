"""The secret with which a site signs its sessions and links."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from assistant.paths import state_folder
from assistant.profile import SECRET

SECRET_BYTES = 32


def site_secret(file: Path | None = None) -> bytes:
    """The site's secret: `ASSISTANT_SECRET`, else a file of mode 0600, made when first asked for.

    Args:
        file: By default `secret` in the state folder.

    Raises:
        OSError: If it can be neither read nor made.
    """
    named = os.environ.get(SECRET)
    if named and file is None:
        return named.encode()
    file = file or state_folder() / "secret"
    if not file.exists():
        made = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(SECRET_BYTES).encode())
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(made, file)  # whole or not at all; of two processes the first wins
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return file.read_bytes()
