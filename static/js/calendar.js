// The month: left and right go to the month before and after.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, [popover], dialog, .table-responsive")) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.querySelector(`.month-bar a[rel="${rel}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
