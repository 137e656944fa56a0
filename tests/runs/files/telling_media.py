"""Media files with metadata that name their origin, in every place that their formats allow."""

import base64
import io
import struct
import tempfile
import wave
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

SECRET = "lab-flux-secret"
TOLD = SECRET.encode()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    b"<dc:source>" + TOLD + b"</dc:source></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def gradient(mode: str = "RGB", turned: int = 0) -> Image.Image:
    return Image.linear_gradient("L").resize((64, 48)).rotate(turned).convert(mode)


def encode_picture(picture: Image.Image, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    data = Image.Exif()
    data[0x0131], data[0x010E] = SECRET, SECRET  # Software, ImageDescription
    data[0x0112] = orientation
    return data


def profile() -> bytes:
    """Return a colour profile that names its maker."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    start = content.find("sRGB".encode("utf-16-be"))
    assert start > 0
    content[start : start + 8] = TOLD[:8]
    return bytes(content)


def frames(mode: str = "RGB") -> list[Image.Image]:
    return [gradient(mode, turned) for turned in (0, 90, 180)]


def animated(format_: str, mode: str = "RGB", **options: Any) -> bytes:
    first, *others = frames(mode)
    durations = [100, 200, 300]
    return encode_picture(
        first, format_, save_all=True, append_images=others, duration=durations, loop=2, **options
    )


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(picture: Image.Image | None = None, **options: Any) -> bytes:
    info = PngInfo()
    info.add_text("parameters", SECRET)
    info.add_text("workflow", SECRET * 50, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    whole = encode_picture(picture or gradient(), "PNG", pnginfo=info, exif=exif(), **options)
    # the chunk that contains content credentials
    manifest = png_chunk(b"caBX", b"jumb c2pa " + TOLD)
    return whole[:33] + manifest + whole[33:] + TOLD


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(picture: Image.Image | None = None, orientation: int = 1, **options: Any) -> bytes:
    options = {"comment": TOLD, "exif": exif(orientation), "xmp": XMP} | options
    whole = encode_picture(picture or gradient(), "JPEG", **options)
    manifest = jpeg_segment(0xEB, b"JP\0\1\0\0\0\1jumb c2pa " + TOLD)
    return whole[:2] + manifest + whole[2:] + TOLD


def with_chunk(riff: bytes, kind: bytes, content: bytes) -> bytes:
    whole = riff + kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def webp(**options: Any) -> bytes:
    whole = encode_picture(
        gradient(), "WEBP", exif=exif(), xmp=XMP, icc_profile=profile(), **options
    )
    return with_chunk(whole, b"C2PA", TOLD)


def gif() -> bytes:
    whole = animated("GIF", comment=TOLD)
    program = b"!\xff\x0bTELLING1.0 " + bytes([len(TOLD)]) + TOLD + b"\0"
    return whole[:-1] + program + whole[-1:] + TOLD


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def media(
    format_: str, video: str = "", audio: str = "", *, has_alpha: bool = False, rotation: int = 0
) -> bytes:
    """Return a video or sound of one second with metadata in the container and in its streams."""
    options = {"movflags": "use_metadata_tags"} if format_ in {"mp4", "mov"} else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "media"
        with av.open(str(path), "w", format=format_, options=options) as container:
            container.metadata.update({"title": SECRET, "comment": SECRET * 40, "prompt": SECRET})
            streams = []
            if video:
                streams.append(_video(container, video, has_alpha, rotation))
            if audio:
                streams.append(_audio(container, audio))
            for encode in streams:
                encode()
        return path.read_bytes()


def _video(container: Any, codec: str, has_alpha: bool, rotation: int) -> Callable[[], None]:
    stream = container.add_stream(codec, rate=10)
    stream.width, stream.height = 64, 48
    pixels = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    stream.pix_fmt = "yuva420p" if has_alpha else pixels
    stream.metadata.update({"title": SECRET, "handler_name": SECRET})
    if rotation:
        stream.set_display_rotation(rotation)

    def encode() -> None:
        for turned in range(10):
            pixels = np.asarray(gradient("RGBA" if has_alpha else "RGB", turned * 9))
            layout = "rgba" if has_alpha else "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format=layout)))
        container.mux(stream.encode())

    return encode


def _audio(container: Any, codec: str) -> Callable[[], None]:
    layout, options = ("stereo", {"strict": "-2"}) if codec == "vorbis" else ("mono", {})
    stream = container.add_stream(codec, rate=48000, layout=layout, options=options)
    stream.metadata.update({"title": SECRET, "encoder": SECRET})

    def encode() -> None:
        waves = np.sin(np.arange(48000) / 20)[None] * 8000
        frame = av.AudioFrame.from_ndarray(waves.astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = 48000
        size = stream.frame_size or None
        resampler = av.AudioResampler(stream.format.name, layout, 48000, size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))

    return encode


def mp4(**options: Any) -> bytes:
    whole = media("mp4", "libx264", "aac", **options)
    manifest = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"manifest" + TOLD  # C2PA's uuid
    return whole + box(b"uuid", manifest) + box(b"meta", bytes(4) + TOLD) + box(b"free", TOLD)


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(range(100)) * 20)
    info = b"INFOISFT" + struct.pack("<I", len(TOLD) + 1) + TOLD + b"\0"
    whole = with_chunk(out.getvalue(), b"LIST", info)
    for kind, content in ((b"bext", TOLD.ljust(602, b"\0")), (b"iXML", TOLD), (b"id3 ", TOLD)):
        whole = with_chunk(whole, kind, content)
    return whole


def _ape() -> bytes:
    item = struct.pack("<II", len(TOLD), 0) + b"Tool\0" + TOLD
    ends = [
        b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, flags) + bytes(8)
        for flags in (0xA0000000, 0x80000000)
    ]
    return ends[0] + item + ends[1]


def mp3() -> bytes:
    return media("mp3", audio="libmp3lame") + _ape() + b"TAG" + TOLD.ljust(125, b"\0")


def aac() -> bytes:
    tag = b"TSSE" + struct.pack(">I", len(TOLD) + 1) + b"\0\0\0" + TOLD
    return b"ID3\x04\0\0" + bytes([0, 0, 0, len(tag)]) + tag + media("adts", audio="aac") + _ape()


def svg() -> bytes:
    inner = base64.b64encode(png()).decode()
    return f"""<?xml version="1.0"?><!-- by {SECRET} --><?maker {SECRET}?>
    <!DOCTYPE svg [<!ENTITY who "{SECRET}">]>
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
      xmlns:ink="http://{SECRET}/ink" ink:version="{SECRET}" data-by="{SECRET}">
    <title id="t">{SECRET}</title><desc/><metadata><x>{SECRET}</x></metadata>
    <ink:view>&who;</ink:view><style>/* {SECRET} */ circle {{ fill: teal }}</style>
    <a href="https://{SECRET}/"><text>before<desc>{SECRET}</desc>after</text></a>
    <circle id="c" r="4"/><use xlink:href="#c"/>
    <image href="data:image/png;base64,{inner}"/></svg><!-- {SECRET} -->""".encode()


STILL: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: jpeg(icc_profile=profile()),
    "grey jpeg": lambda: jpeg(gradient("L")),
    "printed jpeg": lambda: jpeg(gradient("CMYK")),
    "two pictures in a jpeg": lambda: encode_picture(
        gradient(), "MPO", save_all=True, append_images=[gradient()], exif=exif()
    ),
    "png": lambda: png(icc_profile=profile()),
    "png of a palette": lambda: png(gradient("P"), icc_profile=profile()),
    "png of 16 bits": lambda: png(gradient("I;16")),
    "webp": lambda: webp(lossless=True),
    "avif": lambda: encode_picture(
        gradient(), "AVIF", quality=95, icc_profile=profile(), exif=exif(), xmp=XMP
    ),
    "bmp": lambda: encode_picture(gradient(), "BMP") + TOLD,
    "tiff": lambda: encode_picture(
        gradient(), "TIFF", icc_profile=profile(), tiffinfo={305: SECRET}
    ),
}
MOVING: dict[str, Callable[[], bytes]] = {
    "gif": gif,
    "apng": lambda: animated("PNG", exif=exif()) + TOLD,
    "moving webp": lambda: animated("WEBP", quality=95, exif=exif(), xmp=XMP),
    "moving avif": lambda: animated("AVIF", quality=95, exif=exif(), xmp=XMP),
}
FILMS: dict[str, Callable[[], bytes]] = {
    "mp4": mp4,
    "mp4 of h265": lambda: media("mp4", "libx265", "aac"),
    "mp4 of av1": lambda: media("mp4", "libsvtav1", "libopus"),
    "mov": lambda: media("mov", "libx264", "pcm_s16le"),
    "mov of prores": lambda: media("mov", "prores_ks"),
    "webm": lambda: media("webm", "libvpx-vp9", "libopus"),
    "matroska": lambda: media("matroska", "libx264", "libopus"),
}
SOUNDS: dict[str, Callable[[], bytes]] = {
    "wav": wav,
    "mp3": mp3,
    "aac": aac,
    "m4a": lambda: media("ipod", audio="aac"),
    "ogg": lambda: media("ogg", audio="libopus"),
    "ogg of vorbis": lambda: media("ogg", audio="vorbis"),
    "flac": lambda: media("flac", audio="flac"),
}
ALL = STILL | MOVING | FILMS | SOUNDS | {"svg": svg}
