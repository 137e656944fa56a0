"""Programs that examine files end after a while without a request."""

import asyncio

from core.process import subprocess_worker


def test_a_program_ends_when_idle_and_starts_again(tmp_path):
    question = {"path": str(tmp_path / "none"), "content_type": "text/plain"}

    async def main() -> None:
        program = subprocess_worker.SandboxedWorker(
            "runs.files.media.probe_program", 60, idle_s=0.3
        )
        try:
            for _ in range(2):
                assert await program.request(question) == {}
                first = program._process
                assert first
                assert await program.request(question) == {}
                # two requests in quick succession use the same process
                assert program._process is first
                assert await asyncio.wait_for(first.wait(), 60) < 0
                assert program._process is None
        finally:
            await program.close()

    asyncio.run(main())
