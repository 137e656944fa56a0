/**
 * <mesh-view src label>: replaces its link with the viewer's sandboxed frame when clicked, as soon
 * as the viewer is ready: the frame has no cookies and could not reload itself.
 */
class MeshView extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  handleEvent(event) {
    if (!event.target.closest("a") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.hadFocus = this.contains(document.activeElement);
    this.note = document.createElement("p");
    this.note.setAttribute("role", "status");
    this.note.textContent = "The 3D model is on its way.";
    this.replaceChildren(this.note);
    this.showWhenReady(this.getAttribute("src"));
  }
  async showWhenReady(src) {
    let status = await this.ask(src);
    while (this.isConnected && (status === 202 || !status)) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      status = await this.ask(src);
    }
    if (status >= 400) {
      this.note.textContent = "This 3D model cannot be shown here. Download it to look at it.";
      return;
    }
    const frame = document.createElement("iframe");
    frame.src = src;
    frame.title = this.getAttribute("label");
    frame.setAttribute("sandbox", "allow-scripts");
    this.replaceChildren(frame);
    if (this.hadFocus) frame.focus();
  }
  /** The status of the viewer's answer; 0 while offline. */
  async ask(src) {
    try {
      return (await fetch(src, { method: "HEAD" })).status;
    } catch {
      return 0;
    }
  }
}
customElements.define("mesh-view", MeshView);
