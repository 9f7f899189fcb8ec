// Ticking rows of a list: how many are chosen, all of the page at once. Without it the form works all the same.
(() => {
  const form = document.querySelector("[data-bulk]");
  if (!form) return;
  const count = form.querySelector("[data-words]");
  const all = document.querySelector("[data-bulk-all]");
  const rows = () => [...form.elements].filter((field) => ["ids", "rows"].includes(field.name));

  const show = () => {
    const chosen = rows().filter((row) => row.checked).length;
    count.textContent = chosen ? count.dataset.words.replace("{count}", chosen) : count.dataset.none;
    form.classList.toggle("has-chosen", chosen > 0);
    if (all) {
      all.checked = chosen > 0 && chosen === rows().length;
      all.indeterminate = chosen > 0 && chosen < rows().length;
    }
  };

  document.addEventListener("change", (event) => {
    if (event.target === all) rows().forEach((row) => { row.checked = all.checked; });
    if (event.target === all || ["ids", "rows"].includes(event.target.name)) show();
  });
  show();
})();
