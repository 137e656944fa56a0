/**
 * A mask as a list of strokes, redrawn for each undo: twenty copies of a 20-megapixel picture would
 * need too much memory. Painted pixels are opaque, others transparent; `asPng` converts them to
 * white on black.
 */
export class Strokes {
  constructor(canvas, colour) {
    this.canvas = canvas;
    this.brush = canvas.getContext("2d");
    this.colour = colour;
    this.done = [];
    this.undone = [];
    this.base = null;
  }
  get canUndo() {
    return this.done.length > 0;
  }
  get canRedo() {
    return this.undone.length > 0;
  }
  get isPainting() {
    return !!this.stroke;
  }
  /** Starts with the mask at `src`, scaled to fit; false if it cannot be read. */
  async load(src) {
    const picture = new Image();
    picture.crossOrigin = "anonymous";
    picture.src = src;
    const { width, height } = this.canvas;
    const base = Object.assign(document.createElement("canvas"), { width, height });
    try {
      await picture.decode();
      const brush = base.getContext("2d");
      brush.drawImage(picture, 0, 0, width, height);
      const pixels = brush.getImageData(0, 0, width, height);
      for (let at = 0; at < pixels.data.length; at += 4)
        pixels.data[at + 3] = (pixels.data[at] * pixels.data[at + 3]) / 255; // bright means painted
      brush.putImageData(pixels, 0, 0);
      brush.globalCompositeOperation = "source-in";
      brush.fillStyle = this.colour;
      brush.fillRect(0, 0, width, height);
    } catch {
      return false; // a host without CORS, or not a picture
    }
    this.base = base;
    this.draw();
    return true;
  }
  begin(kind, point) {
    this.stroke = { kind, points: [point] };
    this.line(this.stroke, 0);
  }
  go(point) {
    this.stroke.points.push(point);
    this.line(this.stroke, this.stroke.points.length - 1);
  }
  end() {
    if (this.stroke) this.keep(this.stroke);
    this.stroke = null;
  }
  /** Adds a complete step: a dab, `invert` or `clear`. */
  add(stroke) {
    this.apply(stroke);
    this.keep(stroke);
  }
  keep(stroke) {
    this.done.push(stroke);
    this.undone = [];
  }
  undo() {
    if (this.canUndo) this.undone.push(this.done.pop());
    this.draw();
  }
  redo() {
    if (this.canRedo) this.done.push(this.undone.pop());
    this.draw();
  }
  draw() {
    this.fill("destination-out");
    this.brush.globalCompositeOperation = "source-over";
    if (this.base) this.brush.drawImage(this.base, 0, 0);
    for (const stroke of this.done) this.apply(stroke);
  }
  apply(stroke) {
    if (stroke.kind === "invert") this.fill("xor");
    else if (stroke.kind === "clear") this.fill("destination-out");
    else stroke.points.forEach((_, at) => this.line(stroke, at));
  }
  fill(operation) {
    this.brush.globalCompositeOperation = operation;
    this.brush.fillStyle = this.colour;
    this.brush.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }
  line({ kind, points }, at) {
    const [from, to] = [points[Math.max(0, at - 1)], points[at]];
    this.brush.globalCompositeOperation = kind === "erase" ? "destination-out" : "source-over";
    Object.assign(this.brush, {
      strokeStyle: this.colour,
      lineWidth: to.width,
      lineCap: "round",
      lineJoin: "round",
    });
    this.brush.beginPath();
    this.brush.moveTo(from.x, from.y);
    this.brush.lineTo(to.x + 0.01, to.y);
    this.brush.stroke();
  }
  /** A PNG, white where painted, black elsewhere. */
  asPng() {
    const { width, height } = this.canvas;
    const sheet = Object.assign(document.createElement("canvas"), { width, height });
    const brush = sheet.getContext("2d");
    brush.drawImage(this.canvas, 0, 0);
    brush.globalCompositeOperation = "source-in";
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, width, height);
    brush.globalCompositeOperation = "destination-over";
    brush.fillStyle = "#000";
    brush.fillRect(0, 0, width, height);
    return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  }
}
