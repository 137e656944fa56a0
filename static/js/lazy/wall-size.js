/* Sets the height of the wall's rows before the first paint, so that nothing moves afterwards. */
const WALL_ROWS = [110, 160, 220, 300, 420]; // pixels, by the slider's position
const WALL_SIZE = "vitrine-wall-size";
function setWallSize(position) {
  const height = WALL_ROWS[position] ?? WALL_ROWS[2];
  document.documentElement.style.setProperty("--wall-row", `${height}px`);
}
function keptWallSize() {
  try {
    return localStorage.getItem(WALL_SIZE) ?? 2;
  } catch {
    return 2; // the browser forbids storage, and `storage.js` has not run yet
  }
}
setWallSize(Number(keptWallSize()));
