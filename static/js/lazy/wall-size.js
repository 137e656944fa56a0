/* Sets the height of the wall's rows before the first paint, so that nothing moves afterwards. */
const WALL_ROWS = [110, 160, 220, 300, 420]; // pixels, by the slider's position
const WALL_SIZE = "vitrine-wall-size";
function setWallSize(position) {
  const height = WALL_ROWS[position] ?? WALL_ROWS[2];
  document.documentElement.style.setProperty("--wall-row", `${height}px`);
}
setWallSize(Number(localStorage.getItem(WALL_SIZE) ?? 2));
