/**
 * Every star of an endpoint turns at once when one is pressed, and turns back when the server refuses;
 * once it is kept, those in the other tabs turn as well.
 * The stars are buttons of the form #stars, which they stand outside of: htmx has to be told which one it was.
 */
const turn = ({ star, unstar }, isStarred) => {
  for (const button of document.querySelectorAll(".star")) {
    if (button.value !== (star ?? unstar)) continue;
    button.setAttribute("aria-pressed", isStarred);
    button.name = isStarred ? "unstar" : "star";
  }
};
const tabs = new BroadcastChannel("vitrine-stars");
tabs.addEventListener("message", ({ data }) => turn(data, data.star !== undefined));
const onStars = (type, act) =>
  document.addEventListener(type, ({ detail }) => {
    if (detail.elt.id === "stars") act(detail);
  });
onStars("htmx:configRequest", ({ parameters, triggeringEvent: { submitter } }) => {
  parameters[submitter.name] = submitter.value;
});
onStars("htmx:beforeSend", ({ requestConfig: { parameters } }) => turn(parameters, parameters.star !== undefined));
onStars("htmx:afterRequest", ({ successful, requestConfig: { parameters, triggeringEvent } }) => {
  if (!successful) return turn(parameters, parameters.star === undefined);
  const { star, unstar } = parameters;
  tabs.postMessage({ star, unstar });
  triggeringEvent.submitter.closest("toast-note")?.remove();
});
