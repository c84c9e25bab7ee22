// What a page does beyond its HTML; every page works without it. It needs nothing but Bootstrap's drawer.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A page that is gone back to is drawn anew: what the browser itself would fill in belongs to what stood there
  // before, or to who was signed in before. Templates forbid it (autocomplete); here for boxes that have their own.
  const [entry] = performance.getEntriesByType("navigation");
  const goneBack = Boolean(entry) && entry.type === "back_forward";

  // --- Ticked rows: the count, this page, all that match -------------------------------------
  function startSelection(form) {
    const ticks = all("[data-tick]", form);
    const page = form.querySelector("[data-tick-page]");
    const pageTick = page && page.querySelector("input");
    const everything = form.querySelector("[data-tick-all]");
    const count = form.querySelector("[data-count]");
    const { account } = document.body.dataset;
    const state = account && history.state && history.state.account === account ? history.state : {};
    if (goneBack) for (const tick of ticks) tick.checked = (state[form.action] || []).includes(tick.value);

    const wantsAll = () => Boolean(everything && everything.checked);
    const leftOut = () => ticks.filter((tick) => !tick.checked);

    // Whoever goes back finds the same rows ticked, wherever these stand by then.
    function remember() {
      const ticked = wantsAll() ? [] : ticks.filter((tick) => tick.checked).map((tick) => tick.value);
      if (account) history.replaceState({ account, [form.action]: ticked }, "");
    }

    function show() {
      const chosen = ticks.filter((tick) => tick.checked).length;
      const but = wantsAll() ? leftOut().length : 0;
      if (pageTick) {
        pageTick.disabled = wantsAll();
        pageTick.checked = chosen > 0 && chosen === ticks.length;
        pageTick.indeterminate = chosen > 0 && chosen < ticks.length;
      }
      const text = but ? count.dataset.but.replace("{n}", String(but)) : wantsAll() ? count.dataset.all : chosen ? count.dataset.some.replace("{n}", String(chosen)) : count.dataset.none;
      if (count.textContent !== text) count.textContent = text;
      count.classList.toggle("has-some", wantsAll() || chosen > 0);
    }

    if (page) {
      page.hidden = false;
      pageTick.addEventListener("change", () => {
        for (const tick of ticks) tick.checked = pageTick.checked;
        show();
      });
    }
    let last = null;
    form.addEventListener("click", (event) => {
      // Shift-click ticks everything in between, as in a mail program.
      const at = ticks.indexOf(event.target);
      if (at < 0) return;
      if (event.shiftKey && last !== null) {
        const [from, to] = [Math.min(at, last), Math.max(at, last)];
        for (const tick of ticks.slice(from, to + 1)) tick.checked = event.target.checked;
        show();
      }
      last = at;
    });
    form.addEventListener("change", (event) => {
      if (event.target === everything) for (const tick of ticks) tick.checked = everything.checked;
      show();
      remember();
    });
    // With "all" the server counts by the filter; of this page it hears only which rows are left out.
    form.addEventListener("formdata", (event) => {
      if (!wantsAll()) return;
      event.formData.delete("id");
      for (const tick of leftOut()) event.formData.append("zonder", tick.value);
    });
    window.addEventListener("pageshow", show);
    show();
  }

  // --- A table that fits needs no scroll area of its own, and its head can stick --------------
  function startTables(root = document) {
    const regions = all("[data-table-region]", root);
    if (!regions.length || !window.ResizeObserver) return;
    const fit = (region) => {
      region.classList.remove("fits");
      const fits = region.scrollWidth <= region.clientWidth;
      region.classList.toggle("fits", fits);
      if (fits) region.removeAttribute("tabindex");
      else region.setAttribute("tabindex", "0");
    };
    const widths = new WeakMap();
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        if (widths.get(target) === target.clientWidth) continue;
        widths.set(target, target.clientWidth);
        fit(target);
      }
    });
    for (const region of regions) observer.observe(region);
  }

  // --- Forms -----------------------------------------------------------------------------------
  function startErrorSummary() {
    const summary = document.querySelector("[data-error-summary]");
    if (!summary) return;
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      field.focus({ preventScroll: true });
      (field.closest(".field") || field).scrollIntoView({ block: "center" });
    });
  }

  function startGuard(form) {
    if (goneBack) form.reset();
    const first = new URLSearchParams(new FormData(form)).toString();
    let leaving = false;
    // What came back after signing in, or was refused, is not saved yet either.
    const unsaved = "posted" in document.body.dataset || document.querySelector("[data-given-back]");
    const dirty = () => unsaved || all("input[type=file]", form).some((f) => f.value) || new URLSearchParams(new FormData(form)).toString() !== first;
    form.addEventListener("submit", () => { leaving = true; });
    window.addEventListener("pageshow", () => { leaving = false; });
    window.addEventListener("beforeunload", (event) => {
      if (!leaving && form.dataset.guard !== "off" && dirty()) event.preventDefault();
    });
  }

  function startOnce(form) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
      // A download leaves the page where it is: the form must become usable again.
      setTimeout(restoreButtons, 8000);
    });
  }

  // The Back button of the browser shows the page as it was left: its buttons must work again.
  function restoreButtons() {
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  }

  // Keeps the address short: empty fields are not sent.
  function startCleanUrl(form) {
    form.addEventListener("submit", () => {
      const empty = all("input, select", form).filter((input) => input.name && !input.value);
      for (const input of empty) input.disabled = true;
      window.addEventListener("pageshow", () => { for (const input of empty) input.disabled = false; }, { once: true });
    });
  }

  function startLongChoices(list) {
    const lines = all(".check-line", list);
    if (lines.length <= 12) return;
    const search = document.createElement("input");
    search.type = "search";
    search.className = "form-control form-control-sm choices-search";
    search.autocomplete = "off";
    search.setAttribute("aria-label", list.dataset.searchLabel);
    search.placeholder = list.dataset.searchLabel;
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLocaleLowerCase();
      for (const line of lines) line.hidden = !line.textContent.toLocaleLowerCase().includes(wanted);
    });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    list.before(search);
  }

  // --- Messages, menus ---------------------------------------------------------------------------
  function startFlashes() {
    const flashes = all("[data-flash]");
    for (const flash of flashes) {
      const close = flash.querySelector("[data-flash-close]");
      close.hidden = false;
      close.addEventListener("click", () => {
        flash.remove();
        document.getElementById("main").focus();
      });
    }
    // Screen readers often skip a live region that is filled when the page opens, so fill it a moment later.
    const polite = [...all("[data-announce]"), ...all("[data-flash][role=status] p")];
    const announcer = document.getElementById("announcer");
    if (polite.length && announcer) {
      setTimeout(() => { announcer.textContent = polite.map((p) => p.textContent).join(" "); }, 300);
    }
  }

  function startMenu(menu) {
    const close = () => { menu.open = false; };
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) close(); });
    menu.addEventListener("focusout", (event) => { if (event.relatedTarget && !menu.contains(event.relatedTarget)) close(); });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      close();
      menu.querySelector("summary").focus();
    });
  }

  function startDrawer() {
    const drawer = document.getElementById("drawer");
    const button = document.querySelector("[aria-controls=drawer]");
    if (!drawer || !button) return;
    drawer.addEventListener("shown.bs.offcanvas", () => button.setAttribute("aria-expanded", "true"));
    drawer.addEventListener("hidden.bs.offcanvas", () => button.setAttribute("aria-expanded", "false"));
  }

  all("[data-selection]").forEach(startSelection);
  startTables();
  // A part of the page that came in later (search.js).
  document.addEventListener("proeve:shown", (event) => {
    all("[data-selection]", event.detail).forEach(startSelection);
    startTables(event.detail);
  });
  startErrorSummary();
  all("[data-choices]").forEach(startLongChoices);
  all("form[data-guard]").forEach(startGuard);
  all("form[data-once]").forEach(startOnce);
  all("form[data-clean-url]").forEach(startCleanUrl);
  window.addEventListener("pageshow", restoreButtons);
  startFlashes();
  all("[data-menu]").forEach(startMenu);
  startDrawer();
})();
