/*
 * Checks a file's type and limits before the upload; the server checks them again.
 */
const KINDS = { image: "an image", video: "a video", audio: "a sound", file: "a file" };
const THINGS = { image: "picture", video: "video", audio: "sound" };
const MAGIC = [
  [/^\x89PNG/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^GIF8/, "image/gif"],
  [/^.{8}WEBP/s, "image/webp"],
  [/^.{4}ftypM4A/s, "audio/mp4"],
  [/^.{4}ftyp/s, "video/mp4"],
  [/^\x1aE\xdf\xa3/, "video/webm"],
  [/^.{8}WAVE/s, "audio/wav"],
  [/^(?:ID3|\xff[\xf2\xf3\xfa\xfb])/, "audio/mpeg"],
  [/^OggS/, "audio/ogg"],
  [/^fLaC/, "audio/flac"],
  [/^glTF/, "model/gltf-binary"],
  [/^PK\x03\x04/, "application/zip"],
  [/^%PDF/, "application/pdf"],
];
/* Brands of pictures in boxes: a general one, followed by the specific one. */
const GENERAL = /^(?:mif[12]|msf1|miaf)$/;
const AVIF = /^avi[fs]$/;
const HEIC = /^(?:hei[cmsx]|hev[cmsx])$/;
/* Video containers may hold only audio, and a GIF may be animated. */
const ALSO = { audio: ["video/mp4", "video/webm"], video: ["image/gif", "audio/ogg"] };

/** Why a field of `kind` cannot take `file`, as a sentence; empty if it can. */
export async function refusal(file, kind, limits) {
  let head;
  try {
    head = String.fromCharCode(...new Uint8Array(await file.slice(0, 256).arrayBuffer()));
  } catch {
    return `${file.name} cannot be read. A folder cannot be given, its files can.`;
  }
  if (!file.size) return `${file.name} is empty. Choose a file that has content.`;
  const detected = picture(head) || (MAGIC.find(([magic]) => magic.test(head))?.[1] ?? "");
  if (detected === "image/heic" || /\.hei[cf]$/i.test(file.name))
    return `${file.name} is an HEIC photo, which models cannot read. Save it as JPEG or PNG.`;
  const type = detected || file.type;
  const isOf =
    kind === "file" || !type || type.startsWith(`${kind}/`) || ALSO[kind]?.includes(type);
  if (!isOf) return `${file.name} is not ${KINDS[kind]}.`;
  if (limits.max_file_size < file.size)
    return (
      `${file.name} has ${size(file.size)}; ` +
      `the model takes up to ${size(limits.max_file_size)}.`
    );
  return "";
}

/** The type of a picture in boxes (AVIF, HEIC) by its brands; empty for other files. */
function picture(head) {
  if (head.slice(4, 8) !== "ftyp") return "";
  const end = head.charCodeAt(2) * 256 + head.charCodeAt(3);
  const brands = head.slice(8, end < 16 ? head.length : end).match(/.{4}/gs) ?? [];
  const [major] = brands;
  if (
    AVIF.test(major) ||
    (GENERAL.test(major) && brands.slice(2).some((brand) => AVIF.test(brand)))
  )
    return "image/avif";
  return GENERAL.test(major) || HEIC.test(major) ? "image/heic" : "";
}

/**
 * A warning about a file with these `facts` that exceeds advisory limits; it may be run anyway.
 */
export function doubt(facts, kind, limits) {
  const { width, height, duration_s: seconds } = facts;
  const measures = [
    ["width", width, (n) => `${n} px wide`],
    ["height", height, (n) => `${n} px high`],
    ["area", width * height, (n) => `${+(n / 1e6).toPrecision(2)} megapixels`],
    ["aspect_ratio", width / height, (n) => `${+n.toFixed(2)} times as wide as high`],
    ["duration", seconds, (n) => `${n} s long`],
  ];
  const wishes = measures.flatMap(([name, value, phrase]) => [
    ...(value < limits[`min_${name}`] ? [`at least ${phrase(limits[`min_${name}`])}`] : []),
    ...(value > limits[`max_${name}`] ? [`at most ${phrase(limits[`max_${name}`])}`] : []),
  ]);
  if (!wishes.length) return "";
  const measured =
    width && kind !== "audio"
      ? `${width} × ${height}${/long/.test(wishes) ? `, ${length(seconds)}` : ""}`
      : `${length(seconds)} long`;
  return `This ${THINGS[kind]} is ${measured}; the model takes ${wishes.join(" and ")}.`;
}

/** `min_width:512 max_duration:10` → an object of numbers. */
export function figures(text) {
  return Object.fromEntries(
    [...(text ?? "").matchAll(/(\w+):([\d.e+-]+)/g)].map(([, name, figure]) => [name, +figure]),
  );
}

/** Bytes → `17 KB`, `1.8 MB`. */
export function size(bytes) {
  return bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))} KB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Seconds → `4.2 s`, `1 min 12 s`. */
export function length(seconds) {
  if (seconds < 60) return `${+seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
