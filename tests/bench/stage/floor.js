document.forms.run.addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = {};
  for (const control of event.target.elements) {
    if (!control.name || control.value === "") continue;
    values[control.name] =
      control.type === "number"
        ? control.valueAsNumber
        : control.type === "checkbox"
          ? control.checked
          : control.value;
  }
  const body = JSON.stringify(values);
  const run = await (await fetch(location.pathname, { method: "POST", body })).json();
  let answer;
  do answer = await fetch(`/runs/${run.id}`);
  while (answer.status === 204);
  const image = new Image();
  image.src = (await answer.json()).images[0].url;
  document.getElementById("stage").replaceChildren(image);
});
