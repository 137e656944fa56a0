"""The router's OpenAI-compatible endpoint: any text model by name (protocol, 16.5)."""

from sandbox.contract.registry import COMPLETIONS, Model

ROUTER = Model(
    f"openrouter/router/openai/v1{COMPLETIONS}",
    "OpenRouter Chat Completions [OpenAI Compatible]",
    "llm",
    "Takes OpenAI's chat body and answers as it would: by the words of the last message.",
    # Like upstream's, the document does not describe the body.
    {"title": "ChatCompletionsInput", "type": "object", "properties": {}},
    {"title": "ChatCompletionsOutput", "type": "object", "properties": {}},
    "completions:complete",
    sample={
        "model": "sandbox/scribe",
        "messages": [{"role": "user", "content": "Write about mountains and paper"}],
    },
    price=0.0005,
    unit="1000 tokens",
    tags=("chat", "stream"),
    date="2026-11-12T08:00:00.000Z",
    updated="2026-11-19T08:00:00.000Z",
)
