"""Passwords: argon2id, at most two at a time, beside the event loop."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from suprsend_hub.domain.fault import Invalid

SHORTEST, LONGEST = 12, 256

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Each takes 64 MiB for as long as it runs.
_PLACES = ThreadPoolExecutor(2, "passwords")
# Of a random password that nobody kept: whoever asks for an unknown name must wait as long as for a known one.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$3e+ASAm1627z1kfowwmhCQ$Xtmb4YRWvAKt9127RUyEZYvUaOkgyU6mFywqvnFwRhc"


def make_password() -> str:
    """A password that can't be guessed."""
    return secrets.token_urlsafe(15)


async def hash_password(password: str) -> str:
    """What is stored of a password; Invalid where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("password", f"must have {SHORTEST} to {LONGEST} characters")
    return await asyncio.get_running_loop().run_in_executor(_PLACES, _HASHER.hash, password)


async def is_password(password: str, password_hash: str) -> bool:
    """Whether a password is the one that was hashed."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_PLACES, _verify, password, password_hash)


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerificationError:
        return False
