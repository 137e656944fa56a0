/**
 * Shows the file of the form's first media field on the stage, at once and large, with the brush if
 * the model takes a mask. What is under way stays; so does a result that was made of this file.
 */
const WORDS = { image: "Your picture", video: "Your film", audio: "Your sound" };
const MAIN = "media-field:not([data-mask])";
export const TAGS = { image: "img", video: "video", audio: "audio" };

/** Whether the stage shows a run that has not ended, or that was made of `address`. */
function isTaken(stage, address) {
  const isBusy = stage.querySelector("[data-run-id][data-watch]");
  const before = [...stage.querySelectorAll("result-viewer [data-pane='0'] > :is(img, video)")];
  return isBusy || before.some((media) => media.getAttribute("src") === address);
}
/** Draws the file of `field` on the stage; an empty field leaves nothing of its own there. */
export function showOnStage(field, src) {
  const form = field.closest("#playground-form");
  const stage = document.getElementById("stage");
  if (!form || !stage || !TAGS[field.kind] || form.querySelector(MAIN) !== field) return;
  const shown = stage.querySelector(".stage-own");
  if (!src) return shown?.remove();
  if (shown?.dataset.own === field.address && field.address) return offerBrush(form, shown);
  if (isTaken(stage, field.address)) return;
  const figure = document.createElement("figure");
  figure.className = "stage-own";
  figure.dataset.own = field.address;
  const media = Object.assign(document.createElement(TAGS[field.kind]), {
    src,
    controls: true,
    muted: field.kind === "video",
    playsInline: true,
    referrerPolicy: "no-referrer",
  });
  media.setAttribute(field.kind === "image" ? "alt" : "aria-label", WORDS[field.kind]);
  figure.append(media);
  stage.replaceChildren(figure);
  offerBrush(form, figure);
}
function offerBrush(form, figure) {
  const tool = form.querySelector("media-field[data-mask] [data-tool='mask']");
  if (!tool || figure.querySelector("button")) return;
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button",
    textContent: "Paint the mask",
  });
  button.addEventListener("click", () => tool.click());
  figure.append(button);
}
