/**
 * <settings-filter><input></settings-filter>: shows only settings with all typed words in their
 * label, name or help. Groups with a match are open meanwhile.
 */
class SettingsFilter extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this);
    this.addEventListener("keydown", this);
  }
  handleEvent(event) {
    event.stopPropagation(); // the filter is not part of the form's contents
    if (event.type === "input") return this.filter(event.target.value);
    if (event.key === "Enter") event.preventDefault(); // it would run the form
    if (event.key !== "Escape" || !event.target.value) return;
    event.preventDefault();
    event.target.value = "";
    this.filter("");
  }
  filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const around = this.parentElement;
    const settings = around.querySelectorAll(
      ":scope > :is(.field, size-pair), .settings-group > .fields > *",
    );
    for (const setting of settings)
      setting.hidden = !words.every((word) => textOf(setting).includes(word));
    for (const group of around.querySelectorAll(".settings-group")) {
      group.hidden = !group.querySelector(":scope > .fields > :not([hidden])");
      this.fold(group, words.length > 0);
    }
    const isFound = [...settings].some((setting) => !setting.hidden);
    const none = around.querySelector("[data-none-found]");
    none.textContent = isFound ? "" : `No setting has “${text.trim()}” in its words.`;
    if (words.length) this.scrollIntoView({ block: "start" }); // keeps hits out of the Run bar
  }
  /** Opens a group while something is typed; restores it afterwards. */
  fold(group, isFiltered) {
    if (isFiltered) group.dataset.was ??= group.open;
    group.open = isFiltered || (group.dataset.was ?? String(group.open)) === "true";
    if (!isFiltered) delete group.dataset.was;
  }
}
const textOf = (setting) =>
  [...setting.querySelectorAll("label, legend, .help, [data-field]")]
    .map((part) => `${part.title} ${part.dataset.field ?? part.textContent}`)
    .concat(setting.dataset.field ?? "")
    .join(" ")
    .toLowerCase();
customElements.define("settings-filter", SettingsFilter);
