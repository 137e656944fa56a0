/* Sends the files of a series as soon as they are chosen. */
const form = document.querySelector("form[data-takes-files]");
form.querySelector("[type='file']").addEventListener("change", () => form.requestSubmit());
