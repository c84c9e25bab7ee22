// A search box that becomes a combobox (ARIA 1.2): type, choose, and it stands as a chip that can be taken away.
// The page holds only the chosen rows, and asks the server for others. Without this file the box has a button.
"use strict";

(() => {
  const WAIT = 200; // milliseconds after the last letter
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, key) => String(values[key]));

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function start(root) {
    const part = (name) => root.querySelector(`[data-picker-${name}]`);
    const [box, popup, options, note, chips, status] = ["search", "popup", "options", "note", "chips", "status"].map(part);
    const { name, href } = root.dataset;
    const several = "multiple" in root.dataset;
    const blank = root.querySelector("[data-blank]");
    // Shown and sent while nothing is chosen.
    const none = blank && make("li", {}, blank.nextElementSibling.textContent.trim(), make("input", { type: "hidden", name, value: blank.value }));
    const chosen = new Map(); // key -> label
    let active = -1, timer = 0, asking = null;

    // --- What is chosen ---------------------------------------------------------------------
    function draw() {
      const rows = [...chosen].map(([key, label]) => {
        const remove = make("button", { type: "button", "aria-label": fill(root.dataset.remove, { name: label }) }, "×");
        remove.addEventListener("click", () => { drop(key); box.focus(); });
        return make("li", {}, make("span", { class: "chip" }, make("span", {}, label), remove), make("input", { type: "hidden", name, value: key }));
      });
      if (none && !chosen.size) rows.push(none);
      chips.replaceChildren(...rows);
      chips.hidden = !rows.length;
    }

    const changed = () => root.dispatchEvent(new Event("change", { bubbles: true }));

    function add(key, label) {
      if (!several) chosen.clear();
      chosen.set(key, label);
      draw();
      status.textContent = fill(root.dataset.chosen, { name: label, n: chosen.size });
      changed();
    }

    function drop(key) {
      const label = chosen.get(key);
      chosen.delete(key);
      draw();
      status.textContent = fill(root.dataset.removed, { name: label, n: chosen.size });
      changed();
    }

    // --- The list ---------------------------------------------------------------------------
    function close() {
      clearTimeout(timer);
      if (asking) asking.abort();
      popup.hidden = true;
      options.replaceChildren();
      box.setAttribute("aria-expanded", "false");
      mark(-1);
    }

    function mark(index) {
      const rows = [...options.children];
      active = index;
      rows.forEach((row, at) => row.classList.toggle("active", at === index));
      if (rows[index]) {
        box.setAttribute("aria-activedescendant", rows[index].id);
        rows[index].scrollIntoView({ block: "nearest" });
      } else box.removeAttribute("aria-activedescendant");
    }

    function show(rows, told) {
      options.replaceChildren(...rows.map((row, at) => {
        const line = make("span", {}, row.label);
        if (row.group) line.append(make("small", {}, row.group));
        return make("li", {
          role: "option", id: `${options.id}-${at}`, "data-key": row.key,
          "data-label": row.group ? `${row.label} · ${row.group}` : row.label,
          "aria-selected": String(chosen.has(row.key)),
        }, line);
      }));
      options.hidden = !rows.length;
      note.textContent = told;
      status.textContent = told;
      const opens = popup.hidden;
      popup.hidden = false;
      if (opens) popup.scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-expanded", String(rows.length > 0));
      mark(-1);
    }

    async function ask() {
      if (asking) asking.abort();
      const mine = asking = new AbortController();
      const words = new URLSearchParams({ q: box.value.trim() });
      try {
        const answer = await fetch(`${href}${href.includes("?") ? "&" : "?"}${words}`, {
          headers: { Accept: "application/json" }, redirect: "error", signal: mine.signal,
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const { rows, more } = await answer.json();
        const told = !rows.length ? root.dataset.none : more ? root.dataset.more : root.dataset.some;
        if (!mine.signal.aborted) show(rows, fill(told, { n: rows.length }));
      } catch (error) {
        if (!mine.signal.aborted) show([], root.dataset.failed);
      }
    }

    function choose(row) {
      const { key, label } = row.dataset;
      box.value = "";
      close();
      if (several && chosen.has(key)) drop(key);
      else add(key, label);
    }

    // --- Keys and pointer -------------------------------------------------------------------
    function step(by) {
      const count = options.children.length;
      if (popup.hidden || !count) ask();
      else mark((active + by + count) % count);
    }

    const keys = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(active < 0 ? 0 : -1),
      // Enter chooses; it never sends the form, whatever is typed.
      Enter: () => { if (options.children[active]) choose(options.children[active]); else if (box.value.trim()) ask(); },
      Escape: () => { if (popup.hidden) box.value = ""; else close(); },
    };

    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Backspace" && !box.value && chosen.size) drop([...chosen.keys()].pop());
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    box.addEventListener("input", () => {
      clearTimeout(timer);
      if (box.value.trim()) timer = setTimeout(ask, WAIT);
      else close();
    });
    box.addEventListener("blur", close);
    popup.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
    options.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) choose(row);
    });
    box.addEventListener("click", () => { if (popup.hidden) ask(); });

    for (const tick of root.querySelectorAll("[data-picker-list] input:checked:not([data-blank])")) {
      chosen.set(tick.value, tick.nextElementSibling.textContent.trim());
    }
    for (const old of root.querySelectorAll("[data-picker-list], [data-picker-go]")) old.remove();
    for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": options.id })) {
      box.setAttribute(key, value);
    }
    draw();
    // What was chosen before, in a form that comes back (drafts.js).
    root.addEventListener("proeve:choose", (event) => {
      chosen.clear();
      for (const [key, label] of event.detail) chosen.set(key, label);
      draw();
    });
  }

  document.querySelectorAll("[data-picker]").forEach(start);
})();
