// Keys, theme, copying, and closing what is open. Pages work without it.
(() => {
  const root = document.documentElement;
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  // `/` search, `?` list of keys, `g` + letter goes to a room
  let goes = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const search = document.getElementById("search");
    const shortcuts = document.getElementById("shortcuts");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?" && shortcuts && !shortcuts.open) {
      event.preventDefault();
      shortcuts.showModal();
    } else if (event.key === "g") {
      goes = Date.now();
    } else if (goes && Date.now() - goes < 1500) {
      goes = 0;
      const room = document.querySelector(`[data-goes="${CSS.escape(event.key)}"]`);
      if (room) room.click();
    }
  });

  // an explanation opens under what it explains, inside the window
  document.addEventListener("toggle", (event) => {
    const explanation = event.target;
    if (!(explanation instanceof HTMLElement) || !explanation.matches(".explanation") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(explanation.id)}"]`).getBoundingClientRect();
    const box = explanation.getBoundingClientRect();
    const below = button.bottom + 6;
    const top = below + box.height > innerHeight ? Math.max(8, Math.min(button.top - box.height - 6, innerHeight - box.height - 8)) : below;
    explanation.style.left = `${Math.max(8, Math.min(button.left, innerWidth - box.width - 8))}px`;
    explanation.style.top = `${top}px`;
  }, true);

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();

    if (event.target.closest("[data-theme-switch]")) {
      const chosen = root.dataset.bsTheme === "dark" ? "light" : "dark";
      root.dataset.bsTheme = root.dataset.themeChoice = chosen;
      document.cookie = `luyue-theme=${chosen}; path=/; max-age=31536000; samesite=lax`;
    }

    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const field = document.getElementById(copier.dataset.copy);
      field.select();
      const words = copier.querySelector("span");
      navigator.clipboard.writeText(field.value).then(() => { words.textContent = copier.dataset.done; });
    }
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-select-all]")) event.target.select();
  });

  // a table that scrolls sideways can be scrolled by keys, also where nothing in it takes the focus
  const letScroll = () => {
    for (const box of document.querySelectorAll(".table-responsive")) {
      const isWide = box.scrollWidth > box.clientWidth && !box.querySelector("a, button, input, select, textarea");
      if (isWide) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  document.addEventListener("DOMContentLoaded", letScroll);
  addEventListener("resize", letScroll);

  // a form is sent once, however often its button is pressed
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.isSent) {
      event.preventDefault();
      return;
    }
    form.dataset.isSent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-is-sent]")) delete form.dataset.isSent;
  });
})();
