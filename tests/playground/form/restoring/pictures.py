"""Pictures with texts, as programs write them."""

from PIL.PngImagePlugin import PngInfo

from tests.runs.files.telling_media import encode_picture, gradient


def png(**texts: str) -> bytes:
    """Return a PNG with these texts by their keywords."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    return encode_picture(gradient(), "PNG", pnginfo=info)
