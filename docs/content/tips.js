// The type of a name in code, shown while the pointer is on it.
let shown = null;

document.addEventListener("mouseover", (event) => {
  const name = event.target.closest("[data-fsdocs-tip]");
  shown?.hidePopover();
  shown = name && document.getElementById(name.dataset.fsdocsTip);
  if (!shown) return;
  shown.showPopover();
  const at = name.getBoundingClientRect();
  shown.style.left = Math.max(8, Math.min(at.left, innerWidth - shown.offsetWidth - 8)) + "px";
  shown.style.top = (at.bottom + shown.offsetHeight + 8 < innerHeight ? at.bottom + 4 : at.top - shown.offsetHeight - 4) + "px";
});
