/*
 * The view of a media field: preview, facts and warnings.
 */
import { doubt, figures, length, size } from "./media-files.js";
import { parsed } from "./server.js";
import { TAGS, showOnStage } from "./stage-own.js";

export const OURS = /^\/(?:uploads\/[0-9a-f-]{36}\/[^/]*|runs\/[0-9a-f-]{36}\/artifacts\/\d+\/)$/;

/** The path of a URL on this site; empty for other sites. */
export function path(address) {
  if (!/^(?:\/|https?:)/.test(address) || !URL.canParse(address, location.href)) return "";
  const { origin, pathname } = new URL(address, location.href);
  return origin === location.origin ? pathname : "";
}

/**
 * Our URL in dragged data: of a stored file, or of a picture in a result on this page.
 */
export function dragged(data) {
  const picture = parsed(data.getData("text/html")).querySelector("img");
  const addresses = [
    data.getData("text/uri-list").split("\n")[0].trim(),
    picture?.getAttribute("src") ?? "",
  ];
  const results = [...document.querySelectorAll(".artifact :is(img, video, audio)")].filter(
    (result) => addresses.includes(result.src),
  );
  const copies = results.map((result) => result.closest(".artifact").dataset.copy ?? "");
  return [...addresses, ...copies]
    .map((address) => path(address).replace(/thumbnail\/$/, ""))
    .find((address) => OURS.test(address));
}

/**
 * The address in a clipboard's text; empty if there is other text. It takes precedence over files,
 * since spreadsheets add a picture of the cell.
 */
export function pastedAddress(data) {
  const text = data.getData("text/plain").trim();
  return /^(?:https?:\/\/|data:\w+\/|\/(?:uploads|runs)\/)\S+$/i.test(text) ? text : "";
}

/**
 * Whether the Content Security Policy allows `address`: our own, inline data, upstream's media
 * hosts.
 */
export function mayShow(field, address) {
  if (/^(?:data:(?:image|video|audio)\/|blob:)/.test(address) || path(address)) return true;
  if (!/^https?:/.test(address) || !URL.canParse(address)) return false;
  const hosts = (field.closest("form-fields")?.getAttribute("shows") ?? "")
    .split(" ")
    .filter(Boolean);
  return hosts.some((host) =>
    new RegExp(`^${host.replace(/[.]/g, "\\.").replace("*", "[^/]+")}$`).test(
      new URL(address).origin,
    ),
  );
}

/** Shows the field's file instead of the previous one. */
export function draw(field) {
  const src = field.held?.src ?? field.address;
  for (const part of field.querySelectorAll(".media-made")) part.remove();
  field.toggleAttribute("data-held", !!field.held);
  field.querySelector(".media-clear").hidden = !src;
  const choose = field.querySelector(".media-tools label span");
  if (choose) choose.textContent = src ? "Replace" : "Choose";
  if (field.held) {
    const run = /^\/runs\/[0-9a-f-]{36}\//.exec(field.held.src)?.[0];
    const name = document.createElement(run ? "a" : "span");
    if (run) Object.assign(name, { href: run, title: "The run that made it" });
    name.className = "media-name truncate small media-made";
    name.textContent = field.held.name;
    field.text.before(name);
  }
  tell(field, {});
  if (!src) showOnStage(field, "");
  if (src && field.kind !== "file" && mayShow(field, src)) preview(field, src);
}

function preview(field, src) {
  const shown = document.createElement(TAGS[field.kind]);
  Object.assign(shown, {
    className: "media-made",
    alt: "",
    muted: field.kind === "video",
    preload: "metadata",
    playsInline: true,
  });
  shown.addEventListener(field.kind === "image" ? "load" : "loadedmetadata", () => {
    if (src !== (field.held?.src ?? field.address)) return;
    field.view.append(shown);
    showOnStage(field, src);
    if (field.kind === "audio") field.view.append(player(field, shown));
    field.view.setAttribute("aria-hidden", field.kind !== "audio");
    const [width, height] = [
      shown.naturalWidth || shown.videoWidth,
      shown.naturalHeight || shown.videoHeight,
    ];
    tell(field, {
      width,
      height,
      duration_s: Number.isFinite(shown.duration) ? shown.duration : undefined,
    });
    for (const mask of field
      .closest("form-fields")
      ?.querySelectorAll("media-field[data-mask][data-held]") ?? [])
      if (mask !== field) tell(mask, mask.facts);
  });
  shown.src = field.kind === "video" ? `${src}#t=0.1` : src; // the first frame is often black
}

function player(field, sound) {
  const control = button("play", "");
  control.classList.add("media-made");
  const show = () => {
    const name = sound.paused ? "play" : "pause";
    const icons = field.querySelector(".media-icons").content;
    control.replaceChildren(icons.querySelector(`[data-icon="${name}"]`).cloneNode(true));
    control.setAttribute("aria-label", `${sound.paused ? "Play" : "Pause"} ${field.named}`);
  };
  for (const name of ["play", "pause"]) sound.addEventListener(name, show);
  control.addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
  show();
  return control;
}

/* The known facts, after any warnings. */
function tell(field, facts = {}) {
  field.facts = facts;
  if (field.dataset.state === "failed") return;
  const { name, size_bytes: bytes, remark, report } = field.held ?? {};
  const kind = name?.match(/\.(\w{2,4})$/)?.[1].toUpperCase();
  const doubts = [
    doubt(facts, field.kind, figures(field.dataset.limits)),
    misfit(field),
    remark,
  ].filter(Boolean);
  const parts = [
    kind,
    bytes && size(bytes),
    facts.width && `${facts.width} × ${facts.height}`,
    facts.duration_s && length(facts.duration_s),
  ];
  const told = report ?? parts.filter(Boolean).join(" · ");
  field.say(doubts.join(" ") || told, doubts.length ? "warn" : "");
}

/* A mask must have its picture's size. */
function misfit(field) {
  const [mask, picture] = [field.facts, field.picture?.facts];
  if (!("mask" in field.dataset) || !mask.width || !picture?.width) return "";
  const isSame = mask.width === picture.width && mask.height === picture.height;
  return isSame
    ? ""
    : `This mask is ${mask.width} × ${mask.height}, ` +
        `its picture ${picture.width} × ${picture.height}. Paint it anew.`;
}

/** Creates a quiet button of a media field. */
export function button(tool, text) {
  const control = document.createElement("button");
  Object.assign(control, { type: "button", className: "button", textContent: text });
  Object.assign(control.dataset, { tool, kind: "quiet" });
  return control;
}
