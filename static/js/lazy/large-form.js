/** Whether the server reads a form of this size; else shows that it was not sent, and why. */
export function fits(form, submitter, mostBytes, mostFields) {
  const typed = [...new FormData(form, submitter)].filter(([, value]) => typeof value === "string");
  const bytes = exactBytes(form, typed);
  if (bytes < mostBytes && typed.length <= mostFields) return true;
  const holds =
    typed.length > mostFields
      ? `${typed.length} fields, and the server reads ${mostFields}`
      : `${(bytes / 2 ** 20).toFixed(1)} MB, and the server reads ${mostBytes / 2 ** 20} MB`;
  const note = document.createElement("p");
  note.className = "error too-large";
  note.role = "alert";
  note.textContent =
    `This form holds ${holds} at most, so it was not sent. What you typed is still here: ` +
    "make it shorter, or give large content as a file.";
  form.append(note);
  note.scrollIntoView({ block: "nearest" });
  return false;
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
