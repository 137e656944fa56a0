// Before the first paint: the theme that was chosen, and the sign that scripts run.
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  /* storage is off: the system's theme holds */
}
