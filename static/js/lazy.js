/* Elements that only some pages have: their script comes with the first of them. */
const COMES = {
  "form-rows": () => import("./lazy/form-rows.js"),
  "media-field": () => import("./lazy/form-media.js"),
  "light-box": () => import("./lazy/light-box.js"),
};
const load = () => {
  for (const [tag, come] of Object.entries(COMES)) {
    if (!document.querySelector(tag)) continue;
    delete COMES[tag];
    come();
  }
};
load();
document.addEventListener("htmx:load", load);
