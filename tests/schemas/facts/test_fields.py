"""What models take and make, what they can do and in which measures, by their fields."""

from __future__ import annotations

from tests.schemas.facts.documents import (
    IMAGES,
    VIDEO,
    Case,
    Node,
    document,
    enum,
    facts,
    file,
    number,
    text,
    url,
    urls,
)  # fmt: skip
from tests.tables import each_row

CASES: list[Case] = [
    (
        "two single pictures are several",
        {"first_frame_url": url, "last_frame_url": url},
        VIDEO,
        "in:image in:images out:video can:end-frame",
    ),
    (
        "a start and a tail",
        {"image_url": url, "tail_image_url": url},
        VIDEO,
        "in:image in:images out:video can:end-frame",
    ),
    ("a list is several", {"reference_image_urls": urls}, VIDEO, "in:image in:images out:video"),
    ("a list of one is one", {"image_urls": urls | {"maxItems": 1}}, VIDEO, "in:image out:video"),
    (
        "pictures in a list of objects",
        {
            "elements": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"frontal_image_url": url, "reference_image_urls": urls},
                },
            }
        },
        VIDEO,
        "in:image in:images out:video",
    ),
    (
        "a picture or several",
        {"image": {"anyOf": [url | {"ui": {"field": "image"}}, urls]}},
        IMAGES,
        "in:image in:images out:image",
    ),
    (
        "a mask is no second picture",
        {"image_url": url, "mask_url": url},
        IMAGES,
        "in:image out:image can:mask",
    ),
    (
        "an adapter's picture is no input",
        {"ip_adapter": {"type": "object", "properties": {"image_url": url, "path": url}}},
        IMAGES,
        "out:image",
    ),
    ("a picture as an object", {"image": file}, IMAGES, "in:image out:image"),
    (
        "mediums side by side",
        {"video_url": url, "audio_url": url},
        VIDEO,
        "in:video in:audio out:video can:sound",
    ),
    ("a mesh", {"input_mesh_url": url}, {"model_glb": file}, "in:3d out:3d"),
    (
        "a model address said to be 3D",
        {"model_url": url | {"description": "The 3D model to texture."}},
        {"model_mesh": file},
        "in:3d out:3d",
    ),
    ("a webhook is no file", {"webhook_url": url, "prompt": text}, IMAGES, "in:text out:image"),
    (
        "an archive",
        {"images_data_url": url, "steps": number(1, 9)},
        {"diffusers_lora_file": file, "config_file": file},
        "in:file out:lora",
    ),
    (
        "a negative prompt alone is no prompt",
        {"negative_prompt": text, "image_url": url},
        IMAGES,
        "in:image out:image can:negative-prompt",
    ),
    ("an id is no prompt", {"text_id": url, "output_text_format": url}, IMAGES, "out:image"),
    (
        "messages",
        {
            "messages": {
                "type": "array",
                "items": {"type": "object", "properties": {"content": text}},
            }
        },
        {"output": url},
        "in:text out:text",
    ),
    (
        "a preview is not the result",
        {"image_url": url},
        {"model_mesh": file, "thumbnail": file, "textures": urls},
        "in:image out:3d",
    ),
    (
        "a last frame is not the result",
        {"prompt": text},
        {"video": file, "last_frame_image": file},
        "in:text out:video",
    ),
    (
        "sound and picture apart",
        {"prompt": text},
        {"video": file, "audio": file},
        "in:text out:video out:audio",
    ),
    ("words about a picture", {"image_url": url}, {"results": url}, "in:image out:text"),
    (
        "words beside pictures are not the result",
        {"prompt": text},
        IMAGES | {"description": url},
        "in:text out:image",
    ),
    (
        "figures",
        {"image_url": url},
        {"nsfw_probability": number(0, 1), "seed": number()},
        "in:image out:data",
    ),
    ("only a seed", {"prompt": text}, {"seed": number()}, "in:text"),
    (
        "a file that only its example explains",
        {"prompt": text},
        {"result": file | {"examples": [{"url": "https://a.b/c.mp3"}]}},
        "in:text out:audio",
    ),
    ("a file and no more", {"prompt": text}, {"result": file}, "in:text out:file"),
    (
        "subtitles beside a video",
        {"video_url": url},
        {"video": file, "srt_file": file},
        "in:video out:video",
    ),
    (
        "what a training shows is not what it makes",
        {
            "training_data_url": url,
            "validation_negative_prompt": text,
            "validation": {
                "type": "array",
                "items": {"type": "object", "properties": {"prompt": text, "image_url": url}},
            },
            "validation_aspect_ratio": enum("16:9", "1:1"),
        },
        {"lora_file": file, "video": file, "debug_dataset": file},
        "in:file out:lora",
    ),
    ("stems of a song", {"audio_url": url}, {"vocals": file, "drums": file}, "in:audio out:audio"),
    (
        "a file that its description explains",
        {"prompt": text},
        {"result": file | {"description": "The generated videos."}},
        "in:text out:video",
    ),
    (
        "a prompt that comes out",
        {"input_concept": text, "style": enum("a", "b")},
        {"prompt": text},
        "out:text",
    ),
    (
        "loras in a list",
        {"loras": {"type": "array", "items": {"type": "object", "properties": {"path": url}}}},
        IMAGES,
        "out:image can:lora",
    ),
    ("a lora's address", {"lora_url": url}, IMAGES, "out:image can:lora"),
    (
        "figures of loras are none",
        {"lora_scale": number(0, 1), "enable_lora": {"type": "boolean"}},
        IMAGES,
        "out:image",
    ),
    (
        "training from a lora",
        {"resume_lora_url": url, "lora_rank": number(4, 64)},
        {"lora_file": file},
        "out:lora",
    ),
    (
        "a switch for sound",
        {"generate_audio": {"type": "boolean", "default": True}},
        VIDEO,
        "out:video can:sound",
    ),
    (
        "keeping the sound makes none",
        {"video_url": url, "keep_original_audio": {"type": "boolean"}},
        VIDEO,
        "in:video out:video",
    ),
    ("a prompt for the sound", {"sound_effect_prompt": text}, VIDEO, "in:text out:video can:sound"),
    (
        "sound as the result says",
        {"prompt": text},
        {"video": file | {"description": "The video with synchronized audio"}},
        "in:text out:video can:sound",
    ),
    (
        "see-through",
        {"background": enum("auto", "transparent", "opaque")},
        IMAGES,
        "out:image can:transparent",
    ),
    (
        "larger",
        {"image_url": url, "upscale_factor": number(1, 4, 2)},
        {"image": file},
        "in:image out:image can:upscale",
    ),
    ("one at a time is no batch", {"num_images": number(1, 1)}, IMAGES, "out:image"),
    (
        "several to choose",
        {"num_images": {"enum": [1, 2, 4], "type": "integer"}},
        IMAGES,
        "out:image outputs:1-4 can:batch",
    ),
    ("a training batch is none", {"batch_size": number(1, 8)}, {"lora_file": file}, "out:lora"),
    ("a seed by its name", {"seed": number(0, 2**31)}, IMAGES, "out:image can:seed"),
    ("a seed as text", {"seed": text}, IMAGES, "out:image"),
    ("voices", {"voice": enum("Aria", "Bram", "Cleo")}, {"audio": file}, "out:audio voices:3"),
    (
        "languages by code",
        {"language": enum("auto", "en", "de-DE", "Chinese,Yue", "xx")},
        {"audio": file},
        "out:audio language:english language:german language:chinese languages:3",
    ),
    (
        "seconds as text",
        {"duration": enum("5s", "9s", default="5s")},
        VIDEO,
        "out:video duration:5 duration:9 default-duration:5",
    ),
    (
        "seconds and auto",
        {"duration": enum("auto", "4", "12")},
        VIDEO,
        "out:video duration:4 duration:12",
    ),
    (
        "whole seconds",
        {"duration": {"enum": [4, 8, 12], "type": "integer", "default": 4}},
        VIDEO,
        "out:video duration:4 duration:8 duration:12 default-duration:4",
    ),
    (
        "a number or auto",
        {"duration": {"anyOf": [number(3, 15), enum("auto")]}},
        VIDEO,
        "out:video duration:3-15",
    ),
    (
        "a range",
        {"seconds_total": number(1, 47, 30)},
        {"audio": file},
        "out:audio duration:1-47 default-duration:30",
    ),
    (
        "milliseconds",
        {"music_length_ms": number(10000, 300000)},
        {"audio": file},
        "out:audio duration:10-300",
    ),
    (
        "no upper limit",
        {"duration": number(1, None, 8)},
        {"audio": file},
        "out:audio duration:8 default-duration:8",
    ),
    (
        "frames",
        {"num_frames": number(17, 161, 81), "frames_per_second": number(4, 60, 16)},
        VIDEO,
        "out:video duration:1.1-10.1 default-duration:5.1 fps:4-60",
    ),
    (
        "frames to choose from",
        {"num_frames": {"enum": ["129", "85"], "default": "129"}, "fps": number(24, 24, 24)},
        VIDEO,
        "out:video duration:5.4 duration:3.5 default-duration:5.4 fps:24",
    ),
    ("frames at a rate that nobody knows", {"num_frames": number(16, 160, 80)}, VIDEO, "out:video"),
    (
        "a duration in frames",
        {"duration": number(16, 160, 80) | {"description": "Number of frames."}},
        VIDEO,
        "out:video",
    ),
    (
        "other durations",
        {
            "min_silence_duration_ms": number(0, 2000),
            "fade_duration": number(0, 5),
            "seconds_start": number(0, 47),
        },
        {"audio": file},
        "out:audio",
    ),
    (
        "a length that is no time",
        {"max_length": number(1, 500), "length": number(1, 10)},
        {"audio": file},
        "out:audio",
    ),
    ("a picture lasts no time", {"duration": number(1, 10)}, IMAGES, "out:image"),
    (
        "lines in capitals",
        {"resolution": enum("768P", "1080P")},
        VIDEO,
        "out:video resolution:768p resolution:1080p",
    ),
    (
        "lines as numbers",
        {"resolution": {"enum": [480, 720], "type": "integer"}},
        VIDEO,
        "out:video resolution:480p resolution:720p",
    ),
    (
        "pixels are lines",
        {"resolution": enum("1920x1080", "1080x1920", "3840x2160")},
        VIDEO,
        "out:video resolution:1080p resolution:4k ratio:16:9 ratio:9:16 size:1920x1080 "
        "size:1080x1920 size:3840x2160 megapixels:2.1-8.3",
    ),
    (
        "thousands of pixels",
        {"resolution": enum("1K", "2K", "4K")},
        IMAGES,
        "out:image resolution:1k resolution:2k resolution:4k",
    ),
    (
        "long videos are coarser",
        {
            "resolution": enum("768P", "1080P"),
            "duration": enum("6", "10")
            | {
                "description": "The duration of the video in seconds. "
                "10 seconds videos are not supported for 1080p resolution."
            },
        },
        VIDEO,
        "out:video resolution:768p resolution:1080p@6 duration:6 duration:10",
    ),
    (
        "a limit that all keep",
        {
            "resolution": enum("720p", "1080p") | {"description": "1080p is limited to 8s."},
            "duration": enum("5", "8"),
        },
        VIDEO,
        "out:video resolution:720p resolution:1080p duration:5 duration:8",
    ),
    (
        "words on resolutions that limit none",
        {
            "resolution": enum("720p", "1080p")
            | {"description": "Only supports 720p and 1080p (no 480p). Choose 5 or 10 seconds."},
            "duration": enum("5", "10"),
        },
        VIDEO,
        "out:video resolution:720p resolution:1080p duration:5 duration:10",
    ),
    ("a bit rate is no resolution", {"bitrate": enum("2k", "4k", "128k")}, VIDEO, "out:video"),
    (
        "voxels are no lines",
        {"resolution": {"enum": [512, 1024], "type": "integer"}},
        {"model_glb": file},
        "out:3d",
    ),
    (
        "a video that is as large as it says",
        {"width": number(256, 1920), "height": number(256, 1080)},
        VIDEO,
        "out:video resolution:480p resolution:720p resolution:1080p megapixels:0.07-2.1",
    ),
    (
        "limits that are none",
        {
            "image_size": {
                "type": "object",
                "properties": {"width": number(1, 14142), "height": number(1, 14142)},
            }
        },
        IMAGES,
        "out:image",
    ),
    (
        "ratios",
        {"aspect_ratio": enum("auto", "21:9", "16:9", "1:1")},
        VIDEO,
        "out:video ratio:21:9 ratio:16:9 ratio:1:1",
    ),
    ("a grid is no ratio", {"grid": enum("2x2", "3x3")}, IMAGES, "out:image"),
    (
        "buckets of pixels",
        {"image_size": enum("1024x1024", "1344x768", "832x1216")},
        IMAGES,
        "out:image ratio:1:1 ratio:16:9 ratio:2:3 size:1024x1024 size:1344x768 size:832x1216 "
        "megapixels:1-1.1",
    ),
]


@each_row("shown, takes, gives, expected", CASES)
def test_fields_become_facts(shown: str, takes: Node, gives: Node, expected: str) -> None:
    assert set(facts(document(takes, gives, ("prompt",)))) == set(expected.split())
