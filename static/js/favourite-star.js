/**
 * Pressing one star of an endpoint toggles all of its stars at once, and reverts them if the server
 * refuses; after success the stars in other tabs follow. The stars belong to the form #stars but
 * are outside of it, so htmx must be told which one was pressed.
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
onStars("htmx:beforeSend", ({ requestConfig: { parameters } }) =>
  turn(parameters, parameters.star !== undefined),
);
onStars("htmx:afterRequest", ({ successful, requestConfig: { parameters, triggeringEvent } }) => {
  if (!successful) return turn(parameters, parameters.star === undefined);
  const { star, unstar } = parameters;
  tabs.postMessage({ star, unstar });
  triggeringEvent.submitter.closest("toast-note")?.remove();
});
