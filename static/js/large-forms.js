/*
 * Does not send a form larger than the server accepts, so that no typed text is lost; files do not
 * count. `large-form.js` counts exactly, which delays a click, where an upper bound is too large.
 */
const MOST_BYTES = 16 * 2 ** 20; // DATA_UPLOAD_MAX_MEMORY_SIZE
const MOST_FIELDS = 20000; // DATA_UPLOAD_MAX_NUMBER_FIELDS
const MOST_PER_CHARACTER = 9; // bytes: three of UTF-8, each percent-encoded
let counted = null; // a form that is within the limits, while it is submitted
addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    form.querySelector(":scope > .too-large")?.remove();
    if (form.method !== "post" || form === counted || isSmall(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // htmx would send it anyway
    import("./lazy/large-form.js").then(({ fits }) => {
      if (!fits(form, submitter, MOST_BYTES, MOST_FIELDS)) return;
      counted = form;
      form.requestSubmit(submitter);
      counted = null;
    });
  },
  true,
);

/** Whether all controls are certainly within the limits. */
function isSmall({ elements }) {
  const texts = [...elements].flatMap(({ name, value, selectedOptions }) =>
    [...(selectedOptions ?? [{ value }])].map(({ value: text = "" }) => name + text),
  );
  const characters = texts.reduce((sum, text) => sum + text.length + 2, 0);
  return characters * MOST_PER_CHARACTER < MOST_BYTES && texts.length < MOST_FIELDS;
}
