// Searching while typing: after a pause it fetches the list for the filter form, and replaces only the list.
// The field keeps the cursor, and the address follows. Without this file the button "Filter" does the same.
"use strict";

(() => {
  const form = document.querySelector("form[data-live]");
  if (!form) return;
  const PAUSE_MS = 300;
  let waiting = 0;
  let asking = null;
  let asked = address();

  function address() {
    const filled = [...new FormData(form)].filter(([, value]) => String(value).trim());
    const query = new URLSearchParams(filled).toString();
    return location.pathname + (query ? `?${query}` : "");
  }

  async function search() {
    const wanted = address();
    if (wanted === asked) return;
    asked = wanted;
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(wanted, { signal: asking.signal, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) { location.assign(wanted); return; }
      // The style in this answer would be refused here: its nonce belongs to that answer, not to this page.
      const page = (await answer.text()).replace(/<style[^]*?<\/style>/g, "");
      show(new DOMParser().parseFromString(page, "text/html"), wanted);
    } catch (error) {
      if (error.name !== "AbortError") asked = "";
    }
  }

  function show(page, wanted) {
    const [now, next] = [document, page].map((one) => one.querySelector("[data-results]"));
    if (!next) { location.assign(wanted); return; }
    now.replaceWith(document.adoptNode(next));
    // The list may show icons that this page did not have yet.
    const [had, has] = [document, page].map((one) => one.querySelector(".icon-symbols"));
    if (had && has) had.replaceWith(document.adoptNode(has));
    history.replaceState(null, "", wanted);
    document.dispatchEvent(new CustomEvent("proeve:shown", { detail: next }));
    const found = next.querySelector("[data-found]");
    const announcer = document.getElementById("announcer");
    if (announcer && found) announcer.textContent = found.textContent.trim();
  }

  form.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(waiting);
    waiting = setTimeout(search, PAUSE_MS);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
})();
