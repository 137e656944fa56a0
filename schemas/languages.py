"""Languages by the names and codes that schemas use for them: `de`, `German`, `de-DE` are one."""

from __future__ import annotations

import re

_CODES = {
    "afrikaans": "af afr", "albanian": "sq", "amharic": "am", "arabic": "ar ara", "armenian": "hy", "assamese": "as",
    "azerbaijani": "az", "basque": "eu", "belarusian": "be", "bengali": "bn", "bosnian": "bs", "breton": "br",
    "bulgarian": "bg bul", "burmese": "my myanmar", "cantonese": "yue zh-hk", "catalan": "ca valencian", "chinese":
    "zh zho chi cmn mandarin zh-cn zh-tw", "croatian": "hr hrv", "czech": "cs ces cze", "danish": "da dan",
    "dutch": "nl nld flemish", "english": "en eng american british", "estonian": "et", "faroese": "fo",
    "filipino": "fil tl tagalog", "finnish": "fi fin", "french": "fr fra fre", "galician": "gl", "georgian": "ka",
    "german": "de deu ger deutsch", "greek": "el ell gre", "gujarati": "gu", "haitian creole": "ht haitian",
    "hausa": "ha", "hawaiian": "haw", "hebrew": "he heb iw", "hindi": "hi hin", "hungarian": "hu hun", "icelandic": "is",
    "indonesian": "id ind", "irish": "ga", "italian": "it ita italiano", "japanese": "ja jpn jp", "javanese": "jv jw",
    "kannada": "kn", "kazakh": "kk", "khmer": "km", "korean": "ko kor", "lao": "lo", "latin": "la", "latvian": "lv",
    "lingala": "ln", "lithuanian": "lt", "luxembourgish": "lb", "macedonian": "mk", "malagasy": "mg", "malay": "ms",
    "malayalam": "ml", "maltese": "mt", "maori": "mi", "marathi": "mr", "mongolian": "mn", "nepali": "ne",
    "norwegian": "no nb nn nor bokmal nynorsk", "occitan": "oc", "odia": "or", "pashto": "ps", "persian": "fa farsi",
    "polish": "pl pol", "portuguese": "pt por brazilian", "punjabi": "pa panjabi", "romanian": "ro ron moldavian",
    "russian": "ru rus", "sanskrit": "sa", "serbian": "sr", "shona": "sn", "sindhi": "sd", "sinhala": "si sinhalese",
    "slovak": "sk slk", "slovenian": "sl", "somali": "so", "spanish": "es spa castilian espanol", "sundanese": "su",
    "swahili": "sw", "swedish": "sv swe", "tajik": "tg", "tamil": "ta tam", "tatar": "tt", "telugu": "te", "thai": "th tha",
    "tibetan": "bo", "turkish": "tr tur", "turkmen": "tk", "ukrainian": "uk ukr", "urdu": "ur", "uzbek": "uz",
    "vietnamese": "vi vie", "welsh": "cy", "yiddish": "yi", "yoruba": "yo",
}  # fmt: skip
_NAMES = {code: name for name, codes in _CODES.items() for code in (name, *codes.split())}


def language(text: str) -> str:
    """The English name of a language in lower case; empty where the text is none that is known."""
    plain = text.strip().lower().replace("_", "-")[:40]
    if plain in _NAMES:
        return _NAMES[plain]
    first = re.split(r"[\s,(/-]+", plain, maxsplit=1)[0]
    return _NAMES.get(first, "")
