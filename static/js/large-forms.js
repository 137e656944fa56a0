/*
 * Does not send a form larger than the server accepts, so that no typed text is lost; files do not
 * count.
 */
const MOST_BYTES = 16 * 2 ** 20; // DATA_UPLOAD_MAX_MEMORY_SIZE
const MOST_FIELDS = 20000; // DATA_UPLOAD_MAX_NUMBER_FIELDS
const MOST_PER_CHARACTER = 9; // bytes: three of UTF-8, each percent-encoded
addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    form.querySelector(":scope > .too-large")?.remove();
    if (form.method !== "post" || isSmall(form)) return;
    const typed = [...new FormData(form, event.submitter)].filter(
      ([, value]) => typeof value === "string",
    );
    const bytes = exactBytes(form, typed);
    if (bytes < MOST_BYTES && typed.length <= MOST_FIELDS) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // htmx would send it anyway
    const is =
      typed.length > MOST_FIELDS
        ? `${typed.length} fields, and the server reads ${MOST_FIELDS}`
        : `${(bytes / 2 ** 20).toFixed(1)} MB, and the server reads ${MOST_BYTES / 2 ** 20} MB`;
    const note = document.createElement("p");
    note.className = "error too-large";
    note.role = "alert";
    note.textContent =
      `This form holds ${is} at most, so it was not sent. What you typed is still here: ` +
      "make it shorter, or give large content as a file.";
    form.append(note);
    note.scrollIntoView({ block: "nearest" });
  },
  true,
);

/** Whether all controls are certainly within the limits, since exact counting delays a click. */
function isSmall({ elements }) {
  const texts = [...elements].flatMap(({ name, value, selectedOptions }) =>
    [...(selectedOptions ?? [{ value }])].map(({ value: text = "" }) => name + text),
  );
  const characters = texts.reduce((sum, text) => sum + text.length + 2, 0);
  return characters * MOST_PER_CHARACTER < MOST_BYTES && texts.length < MOST_FIELDS;
}

function exactBytes({ enctype }, typed) {
  const isMultipart = enctype.startsWith("multipart");
  return typed.reduce(
    (sum, pair) =>
      sum +
      (isMultipart ? new Blob(pair).size + 2 : String(new URLSearchParams([pair])).length + 1),
    0,
  );
}
