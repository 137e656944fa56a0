"""ExifTool knows the metadata of more formats than we do, and finds none in the copies."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from runs.files.media.strip_program import strip
from sandbox.studio import recorded
from sandbox.studio.pictures import canvas
from tests.runs.files.telling_media import ALL, SECRET
from tests.sampling import sample

pytestmark = [pytest.mark.system, pytest.mark.any_database, pytest.mark.needs("exiftool")]
# By family: tags about the format itself, which every file has whatever made the original.
STRUCTURE = {
    "File": """FileType FileTypeExtension MIMEType ImageWidth ImageHeight BitDepth BitsPerSample
        ColorComponents YCbCrSubSampling EncodingProcess ExifByteOrder BMPVersion Planes Compression
        ImageLength PixelsPerMeterX PixelsPerMeterY NumColors NumImportantColors""",
    "JFIF": "JFIFVersion ResolutionUnit XResolution YResolution",
    "PNG": """ImageWidth ImageHeight BitDepth ColorType Compression Filter Interlace AnimationFrames
        AnimationPlays""",
    "GIF": """GIFVersion ImageWidth ImageHeight HasColorMap ColorResolutionDepth BitsPerPixel
        BackgroundColor AnimationIterations TransparentColor FrameCount Duration""",
    "IFD": """ImageWidth ImageHeight BitsPerSample Compression PhotometricInterpretation
        StripOffsets SamplesPerPixel RowsPerStrip StripByteCounts PlanarConfiguration""",
    "RIFF": """VP8Version WebP_Flags ImageWidth ImageHeight HorizontalScale VerticalScale
        AlphaIsUsed AlphaPreprocessing AlphaFiltering AlphaCompression BackgroundColor
        AnimationLoopCount Duration Encoding NumChannels SampleRate AvgBytesPerSec
        BitsPerSample""",
    "Meta": "PrimaryItemReference",
    "QuickTime": """MajorBrand MinorVersion CompatibleBrands HandlerType HandlerVendorID
        ImageSpatialExtent ImagePixelDepth AV1ConfigurationVersion ChromaFormat ChromaSamplePosition
        ColorProfiles ColorPrimaries TransferCharacteristics MatrixCoefficients MovieHeaderVersion
        CreateDate ModifyDate TimeScale Duration PreferredRate PreferredVolume MatrixStructure
        PreviewTime PreviewDuration PosterTime SelectionTime SelectionDuration CurrentTime
        NextTrackID MediaDataSize MediaDataOffset""",
    "Track": """TrackHeaderVersion TrackCreateDate TrackModifyDate TrackID TrackDuration TrackLayer
        TrackVolume MatrixStructure ImageWidth ImageHeight MediaHeaderVersion MediaCreateDate
        MediaModifyDate MediaTimeScale MediaDuration MediaLanguageCode HandlerClass HandlerType
        HandlerDescription GraphicsMode OpColor CompressorID VendorID OtherFormat SourceImageWidth
        SourceImageHeight XResolution YResolution BitDepth PixelAspectRatio BufferSize MaxBitrate
        AverageBitrate VideoFrameRate Balance AudioFormat AudioChannels AudioBitsPerSample
        AudioSampleRate LayoutFlags TrackNumber TrackUID TrackType TrackLanguage TrackDefault
        CodecID VideoScanType VideoFieldOrder DisplayUnit""",
    "Matroska": """EBMLVersion EBMLReadVersion DocType DocTypeVersion DocTypeReadVersion
        TimecodeScale MuxingApp WritingApp Duration TagTrackUID""",
    "MPEG": """MPEGAudioVersion AudioLayer AudioBitrate SampleRate ChannelMode MSStereo
        IntensityStereo CopyrightFlag OriginalMedia Emphasis""",
    "Opus": "OpusVersion AudioChannels SampleRate OutputGain",
    "Vorbis": "Vendor VorbisVersion AudioChannels SampleRate",
    "FLAC": """BlockSizeMin BlockSizeMax FrameSizeMin FrameSizeMax SampleRate Channels BitsPerSample
        TotalSamples MD5Signature""",
}
# Tags that name a program may name only the program that made the copy.
NAMES = {
    "MuxingApp": {"Lavf"},
    "WritingApp": {"Lavf"},
    "Vendor": {"ffmpeg"},
    "VendorID": {"FFmpeg"},
    "HandlerVendorID": {"Apple"},
    "HandlerDescription": {"VideoHandler", "SoundHandler", "DataHandler"},
}
OF_THE_READER = {"", "System", "ExifTool", "Composite"}


def sandbox_files() -> dict[str, Callable[[], bytes]]:
    """Return one file of each format that the sandbox's models save."""
    picture = canvas.picture(np.random.default_rng(1).random((48, 64, 3), np.float32))
    samples: dict[str, Callable[[], bytes]] = {
        f"sandbox {format_}": lambda format_=format_: canvas.encode(picture, format_)[0]  # type: ignore[misc]
        for format_ in canvas.FORMATS
    }
    return samples | {
        "sandbox wav": partial(recorded.read, "examples/speech.wav"),
        "sandbox film": partial(recorded.read, "films/winter.mp4"),
    }


FILES = ALL | sandbox_files()


def tags(path: Path) -> list[tuple[str, str, str]]:
    """Return family, name and value of every tag that ExifTool finds. It cannot read bare AAC."""
    command = ["exiftool", "-a", "-j", "-G1", "-ee", str(path)]
    output = subprocess.run(command, capture_output=True, check=False).stdout
    metadata = json.loads(output.decode(errors="replace"))[0]
    parts = [(*name.rpartition(":")[::2], str(value)) for name, value in metadata.items()]
    return [(family.rstrip("0123456789"), name, value) for family, name, value in parts]


@pytest.mark.parametrize("name", sample([*FILES], 8, by_seed=3))
def test_exiftool_finds_no_trace_of_the_origin(name, tmp_path):
    path, copy = tmp_path / "file", tmp_path / "copy"
    path.write_bytes(FILES[name]())
    strip(str(path), str(copy))
    remaining = [tag for tag in tags(copy) if tag[0] not in OF_THE_READER]
    assert not [tag for tag in remaining if SECRET in tag[2]]
    if name == "svg":  # the remaining tags of an SVG are its drawing
        assert {tag[0] for tag in remaining} <= {"File", "SVG", "SVG-xlink"}
        return
    assert not [tag for tag in remaining if tag[1] not in STRUCTURE.get(tag[0], "").split()]
    assert not [tag for tag in remaining if tag[1] in NAMES and tag[2] not in NAMES[tag[1]]]


@pytest.mark.exhaustive
def test_exiftool_reads_the_metadata_of_the_originals(tmp_path):
    """This proves that ExifTool finds in the originals what the copies must not contain."""
    silent = set()
    for name, make in ALL.items():
        path = tmp_path / "file"
        path.write_bytes(make())
        if not any(SECRET in value for _, _, value in tags(path)):
            silent.add(name)
    # BMP has no metadata; the secret stands behind the picture, where ExifTool does not look
    assert silent == {"bmp"}
