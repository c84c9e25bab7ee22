// The score form: counts while filling in, and marks what is done. The form works without it.
"use strict";

(() => {
  const form = document.querySelector("[data-scores]");
  const count = form && form.querySelector("[data-score-count]");
  if (!count) return;
  function show() {
    let done = 0;
    for (const card of form.querySelectorAll("[data-criterion]")) {
      const filled = Boolean(card.querySelector("input[type=radio]:checked"));
      card.classList.toggle("is-done", filled);
      if (filled) done += 1;
    }
    count.textContent = count.dataset.text.replace("{n}", String(done)).replace("{total}", count.dataset.total);
  }
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
})();
