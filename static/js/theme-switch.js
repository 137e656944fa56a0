/**
 * <theme-switch><button>…</button></theme-switch> switches between light and dark and stores it in
 * a cookie, so that the server renders the next page accordingly.
 */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  handleEvent() {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    const cookie = `vitrine_theme_${root.dataset.port}=${root.dataset.theme}`;
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax`;
  }
}
customElements.define("theme-switch", ThemeSwitch);
