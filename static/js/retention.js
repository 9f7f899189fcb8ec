// Choosing every proposal of the page at once.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-choose-all]")) return;
  for (const box of event.target.form.querySelectorAll("input[name=proposal]")) box.checked = event.target.checked;
});
