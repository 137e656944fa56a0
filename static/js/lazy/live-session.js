/**
 * <live-session action="/tickets/…">: generates pictures while the form changes. Its button opens a
 * session with a ticket, sends the form at each change (the server uses only the newest) and shows
 * the results; the page's end or the button closes it.
 */
class LiveSession extends HTMLElement {
  connectedCallback() {
    this.form = document.querySelector("form[data-endpoint-id]");
    this.button = this.querySelector("button");
    this.picture = this.querySelector("img");
    this.stop = new AbortController();
    const { signal } = this.stop;
    // Ignores the second click of a double click.
    this.button.addEventListener(
      "click",
      ({ detail }) => detail > 1 || (this.isOn ? this.end() : this.begin()),
      { signal },
    );
    this.asked = this.querySelector(".live-asked");
    this.asked.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.begin(new FormData(event.target).get("~confirmed"));
      },
      { signal },
    );
    for (const name of ["input", "change"])
      this.form.addEventListener(name, () => this.send(), { signal });
  }
  disconnectedCallback() {
    this.stop.abort();
    this.end();
  }
  /** Updates the button's label. */
  turn(isOn) {
    this.isOn = isOn;
    const [begins, stops] = this.button.children;
    begins.hidden = isOn;
    stops.hidden = !isOn;
  }
  /** Opens a session; `yes` is the amount that the person has agreed to pay. */
  async begin(yes = "") {
    const wish = (this.wish = {});
    this.turn(true);
    this.asked.replaceChildren();
    this.say("Connecting");
    const body = this.texts();
    // the current token
    body.set("csrfmiddlewaretoken", new FormData(this.form).get("csrfmiddlewaretoken"));
    if (yes) body.set("~confirmed", yes);
    const answer = await fetch(this.getAttribute("action"), {
      method: "POST",
      body,
      redirect: "manual",
    }).catch(() => null);
    if (this.wish !== wish) return; // stopped before the ticket arrived
    if (answer?.type === "opaqueredirect")
      return this.end("You are logged out. Log in in another tab, then press Paint live again.");
    if (answer?.status === 402 || answer?.status === 403) {
      const refused = document.createRange().createContextualFragment(await answer.text());
      if (this.wish !== wish) return;
      this.end();
      const why = refused.querySelector("[data-refused]");
      if (why) return this.asked.replaceChildren(why);
    }
    if (!answer?.ok) return this.end("No live session could be had. Try again.");
    const { url } = await answer.json();
    if (this.wish !== wish) return;
    const socket = (this.socket = new WebSocket(url));
    socket.binaryType = "blob";
    let reason = "The live connection could not be made. Try again, or press Run.";
    socket.onopen = () => {
      this.sent = "";
      // any other end is reported
      reason = "The connection broke off, and the session with it. Paint live begins another.";
      this.send();
    };
    socket.onmessage = ({ data }) => this.take(data);
    socket.onclose = () => this.socket === socket && this.end(reason);
  }
  end(words = "") {
    const { socket } = this;
    this.socket = this.wish = null;
    socket?.close();
    this.turn(false);
    this.say(words);
  }
  send() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const text = this.texts().toString();
    if (text === this.sent) return; // already sent by its input event; every send is charged
    this.sent = text;
    this.socket.send(text);
  }
  /** Returns the form's contents without files and tokens. */
  texts() {
    return new URLSearchParams(
      [...new FormData(this.form)].filter(
        ([name, value]) =>
          typeof value === "string" && name !== "csrfmiddlewaretoken" && name !== "~token",
      ),
    );
  }
  async take(data) {
    if (data instanceof Blob) return this.show(URL.createObjectURL(data));
    const news = JSON.parse(data);
    if (news.type === "run") return this.keep(news.url);
    if (news.type === "end") return this.end(news.message);
    if (news.type === "problem" || news.type === "slow") return this.say(news.message);
    if (news.url) this.show(news.url);
    this.say(news.text || "Painting live");
  }
  /** Links to the stored results when the session has ended. */
  keep(url) {
    const link = this.querySelector("a");
    link.href = url;
    link.parentElement.hidden = false;
    document.dispatchEvent(new CustomEvent("run:started", { detail: { id: url } }));
  }
  /** Replaces the picture as soon as the next one is decoded. */
  async show(url) {
    const next = new Image();
    const number = (this.came = (this.came ?? 0) + 1);
    next.src = url;
    await next.decode().catch(() => {});
    if (number < this.shown) return URL.revokeObjectURL(url); // a later one was decoded first
    this.shown = number;
    const last = this.picture.src;
    Object.assign(this.picture, { src: url, width: next.naturalWidth, height: next.naturalHeight });
    const figure = this.querySelector("figure");
    if (figure.hidden) {
      figure.hidden = false;
      figure.scrollIntoView({ block: "nearest" }); // all of it, beside the form
    }
    if (last.startsWith("blob:")) URL.revokeObjectURL(last);
  }
  say(text) {
    const line = this.querySelector("[role='status']");
    if (line.textContent !== text) line.textContent = text;
  }
}
customElements.define("live-session", LiveSession);
