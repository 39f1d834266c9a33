"""A program that runs for a long time, and one that serves from many processes."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CALLS = 100_000
WARM = 10_000

ENDURANCE = """
    import asyncio, gc, json, os, sys
    from suprsend import AsyncSuprsend, Suprsend

    kind, origin, warm, calls = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

    def measure():
        gc.collect()
        pages = int(open("/proc/self/statm").read().split()[1])
        return {"descriptors": len(os.listdir("/proc/self/fd")), "kilobytes": pages * os.sysconf("SC_PAGESIZE") // 1024}

    def call_many():
        seen = []
        with Suprsend("key", "secret", origin) as client:
            for n in range(calls):
                assert client.track("user-1", "PING", {"n": n})["success"]
                if n + 1 in (warm, calls):
                    seen.append(measure())
        return seen

    async def await_many():
        seen = []
        async with AsyncSuprsend("key", "secret", origin) as client:
            for n in range(0, calls, 20):
                results = await asyncio.gather(*(client.track("user-1", "PING", {"n": n}) for _ in range(20)))
                assert all(result["success"] for result in results)
                if n + 20 in (warm, calls):
                    seen.append(measure())
        return seen

    print(json.dumps(call_many() if kind == "sync" else asyncio.run(await_many())))
"""

SINK = """
    import asyncio

    class Sink(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport, self.waiting = transport, b""
        def data_received(self, data):
            self.waiting += data
            while (end := self.waiting.find(b"\\r\\n\\r\\n")) >= 0:
                head = self.waiting[:end].lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\\r\\n")[0])
                if len(self.waiting) < end + 4 + length:
                    return
                self.waiting = self.waiting[end + 4 + length:]
                self.transport.write(b"HTTP/1.1 202 Accepted\\r\\ncontent-length: 2\\r\\n\\r\\nOK")

    async def main():
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the measurement reads Linux's /proc")
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_hundred_thousand_calls_leave_descriptors_and_memory_as_they_were(kind: str) -> None:
    python = [sys.executable, "-c"]
    with subprocess.Popen([*python, textwrap.dedent(SINK)], stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        origin = f"http://127.0.0.1:{sink.stdout.readline().strip()}"
        arguments = [kind, origin, str(WARM), str(CALLS)]
        ran = subprocess.run(
            [*python, textwrap.dedent(ENDURANCE), *arguments], capture_output=True, text=True, check=False
        )
        sink.kill()
    assert ran.returncode == 0, ran.stderr
    before, after = json.loads(ran.stdout)
    assert after["descriptors"] == before["descriptors"]
    assert after["kilobytes"] <= before["kilobytes"] + 1_024
