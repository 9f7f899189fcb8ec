// Ticking rows of a list: how many are chosen, all of the page at once. Without it the form works all the same.
(() => {
  const form = document.querySelector("[data-bulk]");
  if (!form) return;
  const count = form.querySelector("[data-words]");
  const all = document.querySelector("[data-bulk-all]");
  const fitting = form.querySelector("[data-bulk-fitting]");
  const rows = () => [...form.elements].filter((field) => ["ids", "rows"].includes(field.name));

  const show = () => {
    const chosen = rows().filter((row) => row.checked).length;
    const isForAll = fitting !== null && fitting.checked;
    count.textContent = chosen ? count.dataset.words.replace("{count}", chosen) : count.dataset.none;
    count.hidden = isForAll; // the tick beside it says the number
    form.classList.toggle("has-chosen", isForAll || chosen > 0);
    rows().forEach((row) => { row.disabled = isForAll; });
    if (all) {
      all.checked = chosen > 0 && chosen === rows().length;
      all.indeterminate = chosen > 0 && chosen < rows().length;
    }
  };

  document.addEventListener("change", (event) => {
    if (event.target === all) rows().forEach((row) => { row.checked = all.checked; });
    if (event.target === all || event.target === fitting || ["ids", "rows"].includes(event.target.name)) show();
  });
  show();
})();
