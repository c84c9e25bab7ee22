// How far a large import is: the bar and its sentence follow the worker, and the page reloads when it is ready.
// Without this file the page reloads by itself every few seconds.
"use strict";

(() => {
  const box = document.querySelector("[data-progress]");
  if (!box) return;
  const bar = box.querySelector("progress");
  const text = box.querySelector("[data-progress-text]");
  const PAUSE_MS = 1000;

  async function ask() {
    try {
      const answer = await fetch(box.dataset.progress, { credentials: "same-origin" });
      // Signed out in the meantime, or gone: the page itself says what to do.
      if (!answer.ok || answer.redirected) { location.reload(); return; }
      const told = await answer.json();
      if (told.ready) { location.reload(); return; }
      bar.max = told.total || 1;
      bar.value = told.done;
      if (text.textContent !== told.text) text.textContent = told.text;
    } catch {
      // No network for a moment: ask again.
    }
    setTimeout(ask, PAUSE_MS);
  }

  setTimeout(ask, PAUSE_MS);
})();
