/**
 * Every star of an endpoint turns at once when one is pressed, and turns back when the server refuses.
 * The stars are buttons of the form #stars, which they stand outside of: htmx has to be told which one it was.
 */
const turn = ({ star, unstar }, isStarred) => {
  for (const button of document.querySelectorAll(".star")) {
    if (button.value !== (star ?? unstar)) continue;
    button.setAttribute("aria-pressed", isStarred);
    button.name = isStarred ? "unstar" : "star";
  }
};
const onStars = (type, act) =>
  document.addEventListener(type, ({ detail }) => {
    if (detail.elt.id === "stars") act(detail);
  });
onStars("htmx:configRequest", ({ parameters, triggeringEvent: { submitter } }) => {
  parameters[submitter.name] = submitter.value;
});
onStars("htmx:beforeSend", ({ requestConfig: { parameters } }) => turn(parameters, parameters.star !== undefined));
onStars("htmx:afterRequest", ({ successful, requestConfig: { parameters, triggeringEvent } }) => {
  if (!successful) turn(parameters, parameters.star === undefined);
  else triggeringEvent.submitter.closest("toast-note")?.remove();
});
