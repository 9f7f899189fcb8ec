// The intake of source notices: the products of the chosen source are ticked, and only a cancellation stops a product.
(() => {
  const form = document.getElementById("upstream-intake");
  if (!form) return;
  const boxes = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];

  const source = form.elements.source;
  const named = form.elements.new_source;
  if (source) {
    const served = JSON.parse(form.dataset.served);
    source.addEventListener("change", () => {
      const ids = new Set((served[source.value] || []).map(String));
      for (const box of boxes("products")) box.checked = ids.has(box.value);
      if (source.value && named) named.value = "";
    });
    if (named) named.addEventListener("input", () => { if (named.value) source.value = ""; });
  }

  const cancellations = new Set(form.dataset.cancellations.split(" "));
  const showStops = () => {
    const isCancelled = boxes("kinds").some((box) => box.checked && cancellations.has(box.value));
    for (const box of boxes("cancelled")) {
      box.closest("label").hidden = !isCancelled;
      if (!isCancelled) box.checked = false;
    }
  };
  form.addEventListener("change", showStops);
  showStops();
})();
