// The intake of changes: rows are added in place, and the preview follows what is typed. The page works without it.
(() => {
  const form = document.getElementById("intake");
  const rows = document.getElementById("rows");
  const preview = document.getElementById("preview");
  if (!form || !rows || !preview) return;

  const add = document.getElementById("add-row");
  if (add) {
    add.addEventListener("click", (event) => {
      event.preventDefault();
      const number = rows.children.length + 1;
      const row = rows.lastElementChild.cloneNode(true);
      const renumbered = (text) => text.replace(/_\d+(?=$|-)/, `_${number}`);
      row.dataset.row = number;
      const legend = row.querySelector("legend");
      legend.textContent = legend.textContent.replace(/\d+/, number);
      for (const fault of row.querySelectorAll(".invalid-feedback")) fault.remove();
      for (const label of row.querySelectorAll("label")) label.htmlFor = renumbered(label.htmlFor);
      for (const field of row.querySelectorAll("input, select")) {
        field.id = field.name = renumbered(field.name);
        field.value = "";
        field.classList.remove("is-invalid");
        field.removeAttribute("aria-invalid");
        field.removeAttribute("aria-describedby");
      }
      rows.append(row);
      form.elements.rows.value = number;
      row.querySelector("select").focus();
      if (number >= Number(form.dataset.most)) add.remove();
    });
  }

  // only the fields that decide: no file, no text, no token in an address
  const DECIDES = /^(tenant|by|rows|changes|arrived_at|form|occurred_on_\d+)$/;
  let waiting = 0;
  let asked = 0;
  const refresh = async () => {
    const values = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (DECIDES.test(name)) values.append(name, value);
    asked += 1;
    const mine = asked;
    const answer = await fetch(`${form.dataset.preview}?${values}`, { headers: { "HX-Request": "true" } });
    if (answer.ok && mine === asked) preview.innerHTML = await answer.text();
  };
  form.addEventListener("input", (event) => {
    if (!DECIDES.test(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 250);
  });
  document.getElementById("show-preview").hidden = true;
})();
