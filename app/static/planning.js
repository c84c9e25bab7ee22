// The planning screen: shows only the chosen way of planning. Without this file both ways are shown.
"use strict";

(() => {
  const form = document.querySelector("[data-planning]");
  if (!form) return;
  const sections = [...form.querySelectorAll("[data-section]")];

  function show() {
    const chosen = form.querySelector("[data-way]:checked");
    for (const section of sections) section.hidden = Boolean(chosen) && section.dataset.section !== chosen.value;
  }

  form.addEventListener("change", (event) => { if (event.target.matches("[data-way]")) show(); });
  window.addEventListener("pageshow", show);
  show();
})();
