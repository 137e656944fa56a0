/**
 * Explains why a passkey was not used or created. allauth's own scripts request it from the browser
 * and report errors as the event `allauth.error`.
 */
const WORDS = {
  NotAllowedError: "No passkey was used: it was cancelled, or took too long. Try again.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys do not work at this address.",
  NotSupportedError: "This device has no passkeys of the kind that is needed.",
};
const note = document.querySelector("[data-passkey-note]");

function say(text) {
  note.textContent = text;
}
if (!window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey]")) button.disabled = true;
  say("This browser has no passkeys here.");
}
document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // allauth would write it to the console alone
  const { name } = event.detail.exception;
  say(WORDS[name] ?? "That did not work. Load the page again, then try once more.");
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-passkey]")) say("");
});
