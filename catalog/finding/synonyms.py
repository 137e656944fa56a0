"""What the field's people say, and what the catalogue calls it. A table to be read and added to.

Each line: the ways to say it, then what else finds it: words and phrases (in names and descriptions;
`*` at the end stands for any ending) and facts (`category:…`, `kind:…`, `in:…`). What was typed is always
looked for as well, and comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from catalog.finding.spelling import single, words

TABLE = """
# Media by other names
photo, picture, pic, img, photograph, still, pics, png, jpg, jpeg | image, photo, picture
movie, film, clip, footage, vid, animation | video, film, movie, animat*
sound, audio clip | audio, sound, sfx
voice, spoken | speech, voice

# From one medium to another
text to image, txt2img, t2i, text2img, text2image, image generation, image generator, generate image, text to picture, image from text, picture from text, photo from text, create image, make image | text to image, category:text-to-image
image to image, img2img, i2i, image2image, picture to picture, photo to photo, transform image, restyle | image to image, category:image-to-image
image editing, image edit, edit image, edit photo, photo editing, photo editor, image editor, photoshop, retouch, edit picture, change image | image edit*, edit image*, edit, editing, retouch*, kontext
text to video, txt2vid, t2v, text2video, text2vid, txt2video, video generation, video generator, generate video, video from text, create video, make video | text to video, category:text-to-video
image to video, img2vid, i2v, image2video, img2video, image2vid, animate image, animate photo, animate picture, photo to video, picture to video, video from image, video from photo, video from picture, animate still, bring photo to life | image to video, category:image-to-video
restyle video, video style transfer, change style of video, stylize video | restyl*, stylize*, category:video-to-video
video to video, v2v, vid2vid, video2video, video editing, edit video, video edit, video editor | video to video, category:video-to-video
a2v, audio2video, audio to video, music video, audio driven video | audio to video, category:audio-to-video
video to audio, v2a, video2audio, video to sound, video sound, foley, soundtrack for video, add sound to video, sound for video, add sound to silent video, add sound, silent video, add audio to silent video, sound effect for video | video to audio, category:video-to-audio, synchronized audio, synced sounds, audio for video*, sound effect*
text to audio, t2a, text2audio, text to sound | text to audio, category:text-to-audio
audio understanding, describe audio, ask about audio, audio question | audio understanding, category:audio-to-text
audio to audio, a2a, audio2audio, audio editing | audio to audio, category:audio-to-audio
flf2v, between two frame, between two image, between two picture, between two photo, two keyframe, first last frame, first and last frame, start end frame, keyframe interpolation, start and end frame | first last frame, start end, flf2v, first frame last frame
r2v, reference to video, ref2video, subject reference | reference to video, r2v
image to text, img2txt, i2t, image2text, describe image, image description, image caption, captioning, caption, captioner, image captioning, alt text, photo description | caption*, describe image*, image to text, vision language, category:vision
video to text, v2t, video understanding, describe video, ask about video, question about video, ask question about video, chat with video, analyze video, analyse video, video question, summarize video, summarise video, video summary, video captioning, video caption | video to text, video understanding, category:video-to-text
text to json, structured output | text to json, category:text-to-json

# Voices, sound, music
text to speech, tts, text2speech, txt2speech, voice over, voiceover, speech synthesis, read aloud, narration, narrator, speak, speech generation, voice generator, voice generation, text to voice, text reader, audiobook | text to speech, tts, voice synthesis, speech synthesis, category:text-to-speech
speech to text, stt, asr, speech2text, speech recognition, transcribe, transcription, transcript, transcriber, dictation, subtitle, voice to text, audio to text, speech to txt | speech to text, transcri*, whisper, speech recognition, category:speech-to-text
voice clone, clone voice, voice cloning, copy voice, cloned voice | voice clon*, clone voice*, clone your voice*
speech to speech, voice changer, voice conversion, change voice, s2s, speech2speech | speech to speech, voice conversion, category:speech-to-speech
sfx, sound effect, sound fx, sound effects generator, effects sound, noise maker | sound effect*, sfx, sounds, foley*, category:video-to-audio
lyric, lyric to song, song from lyric, write lyric, sing, singing | lyric*, song*, sings, singing
music, song, soundtrack, melody, compose, text to music, music generation, music generator, song generator, background music, beats | music*, song*, soundtrack*
noise removal, denoise, denoise audio, denoise speech, remove noise, noise reduction, clean audio, speech enhancement, background noise, remove background noise, enhance speech, audio cleanup | speech enhancement, background noise, audio isolation, noise remov*, denois*
vocal remover, stem separation, isolate vocals, audio separation, separate vocals, remove vocals, source separation, isolate voice, voice isolation | audio isolation, isolat*, separat*, stems, demucs
dialogue, dialog, multi speaker, two speaker, several speaker, conversation, podcast | dialog*, multi speaker, podcast*, multi voice, conversation*
diarization, who speaks, speaker separation | diarization, speaker*
subtitle, video subtitle, add subtitle, closed caption, auto caption, auto subtitle, burn caption, video caption, caption video | caption*, subtitle*
vad, voice activity detection, detect speech | vad, voice activity, speech presence
dubbing, dub, translate video, video translation | dubbing, dubs, translat*

# Faces and people
lipsync, lip sync, lip syncing, lipsyncing, mouth sync, sync lips | lip sync*, lipsync*, latentsync
talking head, talking avatar, avatar, talking photo, talking person, digital human, avatar video, speaking avatar, ai presenter, make photo talk, talking portrait, ugc video, photo talk | avatar*, talking, speaking, lip sync*
face swap, faceswap, swap face, replace face, deepfake | face swap*, faceswap, swap face*
portrait, headshot, professional photo, selfie, linkedin photo | portrait*, headshot*
vton, tryon, try on, virtual try on, virtual tryon, clothes swap, outfit, garment, fashion, dress up, clothing, clothes, put clothes on model, clothes on model, wear clothes | try on, tryon, garment*, cloth*, outfit*, fashion
consistent character, character consistency, same character, identity preservation | character*, consistent character*, identity
pose, pose estimation, openpose, skeleton, body pose, pose detection | pose*, dwpose, openpose
restore face, face restoration, fix face, codeformer, gfpgan, beautify, skin smoothing | face*, retouch*, codeformer

# Larger, cleaner, cut out
upscaler, upscale, upscaling, super resolution, superresolution, superres, enhancer, enhance resolution, increase resolution, esrgan, image enhancer, 4k upscale, sharpen, hd, enlarge, sr, higher resolution, make bigger, bigger, photo bigger, image bigger, picture bigger, low resolution, low res, photo 4k, image 4k, picture 4k, image sharp, photo sharp | upscal*, super resolution, esrgan, low resolution
bg removal, rembg, background removal, remove background, background remover, transparent background, cutout, cut out, remove bg, bg remove, bg remover, delete background, matting, no background | background remov*, remove background*, removing background*, removes background*, rembg, matting, cutout*, birefnet
change background, replace background, background replacement, background swap, new background, swap background | background replac*, replace background, backgroundswap, background swap*, teleport
object removal, remove object, eraser, erase, magic eraser, cleanup, remove person | eras*, object removal, remove object*, removes object*, removing object*, unwanted object*
green screen, chroma key | background remov*, green screen
watermark removal, remove watermark, remove text | watermark*, text remov*
inpaint, inpainting, fill in, generative fill, mask edit, fill mask, masked editing | inpaint*, fill, can:mask
outpaint, outpainting, uncrop, expand image, extend image, image expansion, zoom out, enlarge canvas | outpaint*, expand*, uncrop, reframe*
reframe, change aspect ratio, aspect ratio change, resize video, crop to vertical | reframe*, outpaint*
extend video, video extension, longer video, continue video, lengthen video | extend*, long video*
extract frame, video frame, frame extraction, frame from video, frame grab | extract frame, frame extract*, video to image
frame interpolation, slow motion, slowmo, smooth video, fps boost, interpolate | interpolat*, rife, film, slow motion*, slower
reverse, reversed, backward, rewind, boomerang | revers*, backward*, rewind*, boomerang*
relight, relighting, change lighting, lighting, fix lighting | relight*, lighting
colorize, colourise, colorise, colorize black and white, colourise black and white, black and white photo, color correction, color grading, colour grading, black and white to color | color*, colour*
style transfer, stylize, stylise, artistic style, change style, art style | style transfer, styliz*, stylis*, redux, restyl*
cartoon, cartoonize, toonify, comic | cartoon*, toon*, comic
anime, manga, ghibli | anime, manga, ghibli*, illustrat*
pixel art, pixelate, retro art, sprite, 8 bit | pixel*, pixel art
restore photo, old photo, photo restoration, repair photo, damaged photo | restor*, old photo*
blur removal, deblur, unblur, blurry, fix blurry, blurred | deblur*, sharp*, blur*, low resolution, restor*
object insertion, add object, insert object | add object*, insert*, object addition
hairstyle, haircut, hair style, change hair, change hairstyle | hair*
age, aging, ageing, old age, older, younger, age filter, old age filter, de age | age, aging, ageing, older, younger
expression, emotion, facial expression, smile | expression*, emotion*
interior design, room design, home staging, virtual staging | interior*, room, staging
sketch, sketch to image, drawing to image, line drawing, doodle | sketch*, scribble*, lineart, line art, drawing*
combine image, merge image, multi image, multiple image, multiple reference, several image, blend image | multi, multiple images, multi image, in:images
panorama, 360, equirectangular, hdri, skybox | panorama*, 360, equirectangular, skybox*
texture, material, retexture | texture*, material*
camera control, camera movement, camera angle, change camera angle, change camera, move camera, change angle, rotate camera, new angle, different angle, camera motion | camera*, angles, recamera
vector, svg, vectorize, vectorizer, image to svg, png to svg, jpg to svg, image to vector, jpg to vector, png to vector, photo to vector, logo to svg, raster to vector, trace image | svg, vector*, raster*
logo, icon, brand mark | logo*, icon*
typography, text rendering, poster, text in image, render text, lettering, readable text | typograph*, text rendering, ideogram

loudness, normalize audio, mastering, volume | loud*, normaliz*
reverb, echo, pitch shift, audio effect | reverb*, echo*, pitch*, room

# Three dimensions
3d model, 3d, 3d asset, 3d generation, mesh, 3d object, 3d mesh, glb, make 3d, 3d generator | 3d, mesh*, category:image-to-3d, category:text-to-3d, category:3d-to-3d, out:3d
image to 3d, img23d, image23d, i23d, photo to 3d, picture to 3d, image to mesh, 3d from photo, 3d from picture, 3d from image, 3d model from photo, 3d model from image | image to 3d, category:image-to-3d
text to 3d, 3d from text, 3d asset from text, 3d model from text, txt23d, t23d, text23d, text to mesh | text to 3d, category:text-to-3d
remesh, retopology, retopo, low poly, topology | remesh*, retopolog*, poly*
rigging, rig, mocap, motion capture, human motion | rigged, rigging, auto rig, motion*, mocap

# Looking at pictures, reading, language
vlm, vision language model, visual question answering, vqa, multimodal llm, image understanding, image to prompt, prompt from image, interrogator, ask about image, question about image, answer question about image, ask question about image, chat with image, image question, analyze image, picture question | vision language, vlm, multimodal, category:vision
llm, chat, chatbot, language model, gpt, chatgpt, claude, text generation, text completion, assistant, large language model | llm, language model*, category:llm, chat
ocr, read text, text recognition, text extraction, extract text, read text in image, text from image, document parsing, read document | ocr, text recognition, document*, text extract*
segmentation, segment, sam, mask generation, segment anything, image mask, auto mask, segmenter | segment*, sam
depth, depth map, depth estimation, monocular depth, midas, depth anything | depth*, midas, zoedepth
controlnet, control net, canny, edge map, structure control, edge detection, scribble | controlnet*, canny, control lora*, preprocess*
object detection, detect object, bounding box, detector, find objects, grounding | detect*, bounding*, grounding, florence
nsfw, nsfw check, nsfw filter, nsfw detection, safety check, moderation, content filter, content moderation, porn filter, adult content, safety filter | nsfw, moderat*, safety
embedding, clip, similarity, compare images, image similarity, image comparison, image quality metric, ssim, lpips | embedding*, similar*, compar*, ssim
prompt enhancer, prompt generator, improve prompt, prompt expansion, prompt upsampling | prompt enhanc*, prompt generat*, structured prompt*

# Making one's own
lora training, train lora, lora trainer, finetune, fine tune, fine tuning, finetuning, dreambooth, train model, training, trainer, train own model, custom model, train style, train character, personalize, train | train*, fine tun*, finetun*, kind:training, category:training
lora, with lora, custom style | lora*, can:lora
vae, workflow utilities, ffmpeg, merge video, concat video, trim video, combine audio and video, add audio to video, mux, join videos, merge audio | ffmpeg, merge*, compose, trim*
waveform, audio visualization | waveform*
gif, short clip, loop | gif*, loop*
effect, vfx, video effect, special effect, visual effect | effect*, vfx, pikaffects
real time, realtime, live, low latency, instant | realtime, real time, lightning, lcm, instant*
fast, quick, fastest, speed, speedy, lightning, turbo | turbo, lightning, fast, flash, schnell, speed
cheap, budget, small, lite, tiny | lite, turbo, schnell, fast, small
photorealistic, realistic, realism, lifelike, photo real, natural looking | realis*, photoreal*, lifelike, natural
product photo, product photography, ecommerce, product shot, packshot | product shot*, product photo*, product, products
storyboard, multi shot, multiple shots | storyboard*, multi shot*, multiple shots
transition, morph, interpolation between images, scene transition | transition*, start end
dance, motion transfer, motion control, animate character, character animation, reenact, drive, driving video | motion transfer, motion control, driving video, animate, dance*, movements, transfer expression*
replace person, swap character, replace character, swap person, replace actor | animate replace, replacing original character, replace character, swap*

# Names in short
sd, stablediffusion | stable diffusion
sdxl, stable diffusion xl, sd xl | sdxl, stable diffusion xl
sd3, sd 3 | stable diffusion v3, stable diffusion 3
sd35, sd3.5, sd 3.5 | stable diffusion v35, stable diffusion 3.5, stable diffusion v3.5
banana, google image, gemini image | nano banana, gemini
gpt image, openai image, dalle, dall e, chatgpt image | gpt image, openai
openai video | sora
google video | veo
bfl, black forest labs | flux
eleven labs, 11labs, elevenlab | elevenlabs
hailuo, minimax video | hailuo, minimax
wan21, wanx, wan video | wan
bytedance, tiktok | bytedance, seedream, seedance
alibaba, tongyi | wan, qwen
kuaishou | kling
tencent | hunyuan
lightricks | ltx
runway | runway
"""

_ARTICLES = "a an the my your our their his her this that these those some any me"
# What follows one of these says what the rest is made from, with or for.
_ASIDE = "from for with of in on by using via"
_FILLERS = """
ai all and api app are at be best can convert converter could create creates do does endpoint
endpoints existing find generate generates generated generating generator get give good great has have
help how i im into is it let looking make makes made making model models need new one or own please show so
something stuff thing to tool turn us use used want we what which who would write you
"""
ARTICLES = frozenset(_ARTICLES.split())
ASIDE = frozenset(_ASIDE.split())
STOP = ARTICLES | ASIDE | frozenset(_FILLERS.split())


@lru_cache(maxsize=1)
def table() -> dict[tuple[str, ...], tuple[str, ...]]:
    """What is said, in words without plurals → what else finds it."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in TABLE.splitlines():
        if not line or line.startswith("#"):
            continue
        said, _, means = line.partition("|")
        alternatives = tuple(text.strip() for text in means.split(","))
        for way in said.split(","):
            key = key_of(words(way))
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), *alternatives)))
    return found


@lru_cache(maxsize=1)
def longest() -> int:
    """The most words of anything that is said."""
    return max(map(len, table()))


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every single word in which something is said."""
    return frozenset(word for key in table() for word in key)


def key_of(said: Iterable[str]) -> tuple[str, ...]:
    """Words as the table holds them."""
    return tuple(map(single, said))
