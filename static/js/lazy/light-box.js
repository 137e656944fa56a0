/**
 * <light-box><a href><img></a></light-box>: opens the picture large; arrow keys show its siblings.
 */
class LightBox extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  handleEvent(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const all = [
      ...(this.closest(".artifacts, .run-list") ?? this).querySelectorAll("light-box a"),
    ];
    open(all, all.indexOf(link), link);
  }
}
function open(links, index, opener) {
  const dialog = document.createElement("dialog");
  dialog.className = "light-box";
  dialog.setAttribute("aria-label", "Picture, large");
  const image = new Image();
  const bar = document.createElement("div");
  const uses = Object.assign(document.createElement("a"), {
    className: "button",
    textContent: "Use as…",
  });
  uses.dataset.jump = ""; // shortcuts.js opens the menu once this dialog is closed
  uses.addEventListener("click", () => dialog.close());
  const starOf = () => links[index].closest(".artifact")?.querySelector(".artifact-star button");
  const star = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button",
  });
  star.addEventListener("click", () => starOf()?.click()); // its form is in the page behind
  const showStar = () => {
    const isStarred = starOf()?.getAttribute("aria-pressed");
    star.hidden = !isStarred;
    star.textContent = isStarred === "true" ? "★ Starred" : "☆ Star";
  };
  const shut = new AbortController();
  document.addEventListener("htmx:afterSettle", showStar, { signal: shut.signal });
  const show = (next) => {
    index = (next + links.length) % links.length;
    image.src = links[index].href;
    image.alt = links[index].querySelector("img").alt;
    const use = links[index].closest(".artifact")?.querySelector("[data-shortcut='u']");
    uses.hidden = !use;
    if (use) uses.href = use.href;
    showStar();
  };
  const button = (word, action) => {
    const control = document.createElement("button");
    control.type = "button";
    control.className = "button";
    control.textContent = word;
    control.addEventListener("click", action);
    bar.append(control);
  };
  if (links.length > 1) {
    button("Previous", () => show(index - 1));
    button("Next", () => show(index + 1));
  }
  bar.append(star, uses);
  button("Close", () => dialog.close());
  dialog.append(image, bar);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(index - 1);
    if (event.key === "ArrowRight") show(index + 1);
    if (event.key === "k") star.click();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    shut.abort();
    dialog.remove();
    opener.focus();
  });
  document.body.append(dialog);
  show(index);
  dialog.showModal();
}
customElements.define("light-box", LightBox);
