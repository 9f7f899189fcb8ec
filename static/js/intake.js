// The review page: a value shows where it was read. The upload page: what was chosen. Both work without this.
(() => {
  const contract = document.querySelector("[data-contract]");

  if (contract) {
    const told = document.querySelector("[data-told]");
    const pieces = (name) => [...contract.querySelectorAll(`[data-evidence~="${CSS.escape(name)}"]`)];

    const show = (name) => {
      const found = pieces(name);
      for (const lit of contract.querySelectorAll(".is-lit")) lit.classList.remove("is-lit");
      for (const chosen of document.querySelectorAll(".is-chosen")) chosen.classList.remove("is-chosen");
      if (!found.length) return;
      for (const piece of found) piece.classList.add("is-lit");
      const row = document.querySelector(`[data-field="${CSS.escape(name)}"]`);
      if (row) row.classList.add("is-chosen");
      const first = found[0].getBoundingClientRect();
      const frame = contract.getBoundingClientRect();
      const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      contract.scrollTo({
        top: contract.scrollTop + first.top - frame.top - frame.height / 3,
        behavior: isCalm ? "auto" : "smooth",
      });
      told.textContent = told.dataset.words.replace("{text}", found.map((piece) => piece.textContent).join(""));
    };

    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-shows]");
      if (link) {
        event.preventDefault();
        show(link.dataset.shows);
      }
      // from the text to the field: the innermost of those read here
      const piece = event.target.closest("[data-evidence]");
      if (piece && getSelection().isCollapsed) {
        const name = piece.dataset.evidence.split(" ").pop();
        const row = document.querySelector(`[data-field="${CSS.escape(name)}"]`);
        show(name);
        if (row) row.scrollIntoView({ block: "center" });
      }
    });
  }

  const chooser = document.querySelector(".drop input[type=file]");
  if (chooser) {
    const area = chooser.closest(".drop");
    const chosen = area.querySelector("[data-chosen]");
    for (const kind of ["dragenter", "dragover"]) chooser.addEventListener(kind, () => area.classList.add("is-over"));
    for (const kind of ["dragleave", "drop"]) chooser.addEventListener(kind, () => area.classList.remove("is-over"));
    chooser.addEventListener("change", () => {
      const names = [...chooser.files].map((file) => file.name);
      chosen.textContent = names.length > 3 ? chosen.dataset.chosen.replace("{count}", names.length) : names.join(", ");
      area.classList.toggle("has-files", names.length > 0);
    });
  }
})();
