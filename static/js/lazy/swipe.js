const LEAST_PX = 60;

/**
 * Calls `step` with 1 (next) or -1 (back) when a finger or a pen swipes sideways over `element`.
 * `may` is called at the end of the swipe with its first event, and can prevent the step.
 */
export function onSwipe(element, step, { may = () => true, signal } = {}) {
  let begun = null;
  element.addEventListener("pointerdown", (event) => (begun = event), { signal });
  element.addEventListener("pointercancel", () => (begun = null), { signal });
  element.addEventListener(
    "pointerup",
    ({ pointerId, pointerType, clientX, clientY }) => {
      if (begun?.pointerId !== pointerId || pointerType === "mouse") return;
      const across = clientX - begun.clientX;
      const isSideways = Math.abs(across) > 2 * Math.abs(clientY - begun.clientY);
      if (isSideways && Math.abs(across) > LEAST_PX && may(begun)) step(across < 0 ? 1 : -1);
    },
    { signal },
  );
}
