"""Forms with a file in them, as RFC 7578 has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file under the name of its field."""

    field: str
    filename: str
    content_type: str
    data: bytes


def write_form(fields: Iterable[tuple[str, str]], file: FormFile) -> tuple[str, bytes]:
    """The content type of a form and its body; names are the program's own and hold no quotes."""
    # What marks the parts is made from the file, so it can't stand in it but by an accident of 2^128.
    boundary = sha256(file.data).hexdigest()[:32]
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{file.field}"; filename="{file.filename}"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), file.data, f"\r\n--{boundary}--\r\n".encode()])
    return f"multipart/form-data; boundary={boundary}", body
