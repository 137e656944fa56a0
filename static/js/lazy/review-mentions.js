/* “@” offers the people who can be mentioned; a press completes the name. */
document.addEventListener("input", ({ target }) => {
  const offered = target.form?.querySelector(".review-mentions");
  if (target.name !== "comment" || !offered) return;
  const begun = /@([^@\n]{0,40})$/.exec(target.value.slice(0, target.selectionStart));
  const wanted = begun?.[1].toLowerCase();
  let count = 0;
  for (const button of offered.children) {
    button.hidden = !begun || !button.dataset.mention.toLowerCase().startsWith(wanted);
    count += !button.hidden;
  }
  offered.hidden = !count;
});
document.addEventListener("click", ({ target }) => {
  const name = target.dataset?.mention;
  if (!name) return;
  const text = target.form.elements.comment;
  const caret = text.selectionStart;
  const begin = text.value.lastIndexOf("@", caret - 1);
  text.setRangeText(`@${name} `, begin < 0 ? caret : begin, caret, "end");
  target.closest(".review-mentions").hidden = true;
  text.focus();
});
