// Keeps what is typed in a form in this tab: for when the server is away for a moment, the tab is closed by the
// phone, or Back is pressed. It is encrypted with a key that only pages of the same account carry, it goes when
// the form has been answered, and it never leaves this browser. While a form is touched, its session lives on.
// Without this file a form that comes too late is still kept, by the server.
"use strict";

(() => {
  const STORE = "proeve:draft:", LASTS_MS = 12 * 3600 * 1000, PAUSE_MS = 250, BEAT_MS = 60 * 1000;
  const page = document.body.dataset;
  if (!page.account || !window.crypto || !crypto.subtle) return;

  const text = (bytes) => btoa(Array.from(new Uint8Array(bytes), (one) => String.fromCharCode(one)).join(""));
  const bytes = (plain) => Uint8Array.from(atob(plain.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  // The newest key first: a draft that waits may be of an older one.
  const keys = page.draftKey.split(" ").map((one) => crypto.subtle.importKey("raw", bytes(one), "AES-GCM", false, ["encrypt", "decrypt"]));
  const forms = [...document.querySelectorAll("form[method=post]")];
  const guarded = forms.filter((form) => "guard" in form.dataset);
  const drafted = guarded.filter((form) => "draftAgain" in form.dataset);

  // --- What stands in this tab -------------------------------------------------------------------
  function placeOf(address) {
    const target = new URL(address, location.href);
    target.searchParams.delete("ingevuld");
    return STORE + target.pathname + target.search;
  }
  const place = (form) => placeOf(form.getAttribute("action") || location.href);
  const names = () => Object.keys(sessionStorage).filter((name) => name.startsWith(STORE));
  function kept(name) {
    try { return JSON.parse(sessionStorage.getItem(name)); } catch { return null; }
  }
  const drop = (name) => sessionStorage.removeItem(name);
  function put(name, draft) {
    try { sessionStorage.setItem(name, JSON.stringify(draft)); } catch { drop(name); } // too large for a tab
  }

  // --- Reading and filling in a form ---------------------------------------------------------------
  const SKIPPED = new Set(["password", "file", "submit", "button", "image", "reset"]);
  const NOT_TYPED = new Set(["csrf_token", "token", "confirmed"]);
  const CODES = new Set(["one-time-code", "current-password", "new-password"]);

  function controls(form) {
    return [...form.elements].filter((one) => one.name && !SKIPPED.has(one.type) && !NOT_TYPED.has(one.name)
      && !CODES.has(one.autocomplete) && !one.closest("[data-picker]") && !("passkeyAnswer" in one.dataset));
  }
  const ticks = (one) => one.type === "checkbox" || one.type === "radio";

  // What a field is called, as the page says it: its label, or what its group of boxes is called.
  const words = (element) => (element ? element.textContent.replace(/[\s*]+$/, "").trim().replace(/\s+/g, " ") : "");
  function called(one) {
    const group = ticks(one) && one.closest("fieldset");
    return words(group ? group.querySelector("legend") : one.labels && one.labels[0]);
  }
  function says(one) {
    if (ticks(one)) return words(one.labels && one.labels[0]);
    return one.selectedOptions ? words(one.selectedOptions[0]) : one.type === "hidden" ? "" : one.value;
  }

  // fields: [name, type, value or [value, ticked], what it is called, what it says].
  function read(form) {
    const fields = controls(form).map((one) => [one.name, one.type, ticks(one) ? [one.value, one.checked] : one.value, called(one), says(one)]);
    const pickers = [...form.querySelectorAll("[data-picker]")].map((root) => [root.dataset.name, [...root.querySelectorAll(".chip")].map((chip) => [
      chip.parentElement.querySelector("input").value, chip.firstElementChild.textContent]), words(root.querySelector("legend"))]);
    return { fields, pickers };
  }

  // What was chosen in boxes or in a search box: a list becomes the one or the other by how much there is to choose.
  function chosenIn({ fields, pickers }) {
    const found = new Map(pickers.map(([name, chosen]) => [name, chosen]));
    for (const [name, type, value, , label] of fields) {
      if (Array.isArray(value)) found.set(name, [...(found.get(name) || []), ...(value[1] ? [[value[0], label]] : [])]);
    }
    return found;
  }

  // Gives back what there was to choose and is not any more, as "what it is called: what was chosen".
  function fill(form, typed) {
    const waiting = new Map(); // name -> the values that stand ready for it, in the order of the form
    const chosen = chosenIn(typed), lost = [], boxes = new Map();
    for (const [name, type, ...rest] of typed.fields) waiting.set(`${type} ${name}`, [...(waiting.get(`${type} ${name}`) || []), rest]);
    for (const one of controls(form)) {
      const before = ticks(one) ? one.checked : one.value;
      if (ticks(one)) {
        if (!chosen.has(one.name)) continue;
        boxes.set(one.name, [...(boxes.get(one.name) || []), one.value]);
        one.checked = chosen.get(one.name).some(([value]) => value === one.value);
      } else {
        const next = (waiting.get(`${one.type} ${one.name}`) || []).shift();
        if (!next) continue;
        const [value, name, label] = next;
        if (one.options && ![...one.options].some((option) => option.value === value)) {
          lost.push(`${name}: ${label}`);
          continue; // what stands there now stays
        }
        one.value = value;
      }
      if ((ticks(one) ? one.checked : one.value) === before) continue;
      const fold = one.closest("details");
      if (fold) fold.open = true;
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const names = new Map([...typed.fields.map(([name, , , label]) => [name, label]), ...typed.pickers.map(([name, , label]) => [name, label])]);
    for (const [name, rows] of chosen) {
      const root = form.querySelector(`[data-picker][data-name="${CSS.escape(name)}"]`);
      if (root) root.dispatchEvent(new CustomEvent("proeve:choose", { detail: rows }));
      else for (const [value, label] of rows) if (!(boxes.get(name) || []).includes(value)) lost.push(`${names.get(name)}: ${label}`);
    }
    for (const [kind, left] of waiting) {
      if (!/^(hidden|checkbox|radio) /.test(kind)) for (const [value, name, label] of left) if (value && name) lost.push(`${name}: ${label}`);
    }
    return lost;
  }
  const files = (form) => [...form.elements].filter((one) => one.type === "file" && one.value).map((one) => one.files[0].name);

  // By the end of its token the server says which form it has answered.
  const end = (form) => form.querySelector("[name=csrf_token]").value.slice(-12);
  const answered = (page.answered || "").split(" ");

  // --- Keeping ---------------------------------------------------------------------------------------
  let leaving = false; // by a link or another form of the page: what was typed was left on purpose
  let signedOut = false; // nothing is kept any more, nor what was on its way
  const givenBack = new URL(location.href).searchParams.get("ingevuld") || ""; // what the server gave back here
  // The server gives it back once: whoever looks elsewhere first must find it again when they return.
  const shownOnce = givenBack && document.querySelector("[data-given-back]");
  async function keep(form, sent) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const draft = { ...read(form), files: files(form), token: sent && form.elements.token ? form.elements.token.value : "" };
    const id = sent ? end(form) : "";
    const plain = new TextEncoder().encode(JSON.stringify(draft));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keys[0], plain);
    if (!signedOut) put(place(form), { account: page.account, at: Date.now(), sent: id, left: leaving, back: givenBack, iv: text(iv), data: text(data) });
  }

  async function opened(draft) {
    const open = async (key) => crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(draft.iv) }, await key, bytes(draft.data));
    return JSON.parse(new TextDecoder().decode(await Promise.any(keys.map(open))));
  }

  function noteOn(form, told) {
    const draft = kept(place(form));
    if (draft) put(place(form), { ...draft, ...told });
  }

  function watch(form) {
    let waiting = 0;
    const keeps = drafted.includes(form);
    const later = (event) => {
      if (event.type === "input") leaving = signedOut = false;
      clearTimeout(waiting);
      if (keeps) waiting = setTimeout(() => keep(form, false), PAUSE_MS);
      beat(form);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", () => {
      clearTimeout(waiting);
      signedOut = false;
      if (keeps) keep(form, true);
    });
  }

  // The page that goes on from a form (its check page, both versions of a clash) stands at the same address, and
  // keeps no draft of its own: it is that form's draft that is sent, or left, there.
  function follow(form) {
    form.addEventListener("submit", () => {
      leave(place(form));
      noteOn(form, { sent: end(form), left: false });
    });
  }
  function leave(but) {
    leaving = !drafted.some((form) => place(form) === but);
    for (const form of forms) if (place(form) !== but) noteOn(form, { left: true });
  }

  // --- Giving back -----------------------------------------------------------------------------------
  function note(form, kind, sentence) {
    const made = document.createElement("div");
    made.className = "flash flash-warning";
    made.setAttribute("role", "alert");
    made.setAttribute(kind, "");
    made.append(document.createElement("p"));
    made.firstElementChild.textContent = sentence;
    form.before(made);
    return made;
  }

  function tell(form, draft, chosen, lost) {
    const when = new Date(draft.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const sentences = [form.dataset.draftAgain.replace("{when}", when), ...(chosen.length ? [form.dataset.draftFiles.replace("{names}", chosen.join(", "))] : []),
      ...(lost.length ? [form.dataset.draftLost.replace("{names}", lost.join("; "))] : [])];
    const made = note(form, "data-draft", sentences.join(" "));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet btn-sm";
    button.textContent = form.dataset.draftDrop;
    button.addEventListener("click", () => {
      drop(place(form));
      form.dataset.guard = "off";
      location.reload();
    });
    made.append(button);
    // A page that is asked for again would scroll back to where it was, away from what it says here.
    history.scrollRestoration = "manual";
    window.addEventListener("pagehide", () => { history.scrollRestoration = "auto"; }, { once: true });
    made.scrollIntoView({ block: "center" });
  }

  async function giveBack(form, draft) {
    let typed;
    try { typed = await opened(draft); } catch { drop(place(form)); return; }
    const own = ({ fields, pickers }) => JSON.stringify([fields.filter(([name]) => name !== "version").map((one) => one.slice(0, 3)), pickers]);
    if (own(read(form)) === own(typed) && !typed.files.length) {
      if (shownOnce) keep(form, false);
      else drop(place(form));
      return;
    }
    tell(form, draft, typed.files, fill(form, typed));
    // Sent again just as it was: the server may have done it already, and knows that by the token.
    const same = JSON.stringify(read(form));
    form.addEventListener("submit", () => {
      if (draft.sent && typed.token && form.elements.token && JSON.stringify(read(form)) === same) form.elements.token.value = typed.token;
    }, true);
  }

  // The page of this form is there no more: what was typed in it can still be read, and copied.
  async function readAloud(failed, draft, name) {
    let typed;
    try { typed = await opened(draft); } catch { drop(name); return; }
    const lines = [...typed.fields.filter(([, , value, label, said]) => label && said && (!Array.isArray(value) || value[1])).map(([, , , label, said]) => [label, said]),
      ...typed.pickers.filter(([, chosen]) => chosen.length).map(([, chosen, label]) => [label, chosen.map(([, row]) => row).join(", ")])];
    if (!lines.length) return;
    const make = (tag, looks, ...inside) => {
      const made = Object.assign(document.createElement(tag), { className: looks });
      made.append(...inside);
      return made;
    };
    const button = make("button", "btn btn-quiet btn-sm", failed.dataset.drop);
    const facts = lines.map(([label, said]) => make("div", "fact", make("dt", "", label), make("dd", "clash-text", said)));
    const head = make("div", "section-head", make("h2", "", failed.dataset.typed), make("span", "cell-muted", draft.sent ? failed.dataset.perhaps : failed.dataset.copy));
    const section = make("section", "sheet section", head, make("dl", "facts", ...facts), button);
    section.setAttribute("data-draft", "");
    failed.append(section);
    button.type = "button";
    button.addEventListener("click", () => { drop(name); section.remove(); });
  }

  function start() {
    const [entry] = performance.getEntriesByType("navigation");
    const arrived = !entry || entry.type === "navigate"; // not by Back, nor by asking for the page again
    for (const name of names()) {
      const draft = kept(name);
      if (!draft || draft.account !== page.account || Date.now() - draft.at > LASTS_MS) { drop(name); continue; }
      const failed = document.querySelector(".error-page"); // nothing was done: Back brings it back
      if (failed && "typed" in failed.dataset && name === placeOf(location.href)) readAloud(failed, draft, name);
      if (failed) continue;
      const form = forms.find((one) => place(one) === name);
      const refused = form && "posted" in page; // the page once more, for a form on it
      const goesOn = refused && placeOf(location.href) === name; // the same form with an error in it, or its confirmation
      if (goesOn) put(name, { ...draft, sent: "" }); // an answer, but nothing is done yet
      else if (draft.sent && answered.includes(draft.sent) && (arrived || !form)) drop(name);
      else if (form && arrived && draft.left && !draft.back && !refused && !("scores" in form.dataset)) drop(name);
      // What the server gives back is newer, unless it was typed further on that very page.
      else if (drafted.includes(form) && (draft.back === givenBack || !document.querySelector("[data-given-back]"))) giveBack(form, draft);
    }
    guarded.forEach(watch);
    forms.forEach(follow);
    if (shownOnce) drafted.filter((form) => (kept(place(form)) || {}).back !== givenBack).forEach((form) => keep(form, false));
  }

  // --- A session lives on while its form is touched -----------------------------------------------------
  let beaten = Date.now();
  async function beat(form) {
    if (Date.now() - beaten < BEAT_MS) return;
    beaten = Date.now();
    const token = form.querySelector("[name=csrf_token]").value;
    try {
      const answer = await fetch("/terug/nog-hier", { headers: { Accept: "application/json", "X-CSRFToken": token }, redirect: "error" });
      if (!answer.ok) return;
      const told = await answer.json();
      const away = document.querySelector("[data-away]");
      if (told.account !== page.account) {
        if (!away) note(form, "data-away", form.dataset.draftAway);
        return; // never another account's token: this form was filled in by the one it was drawn for
      }
      if (away) away.remove();
      if (told.token) for (const one of document.querySelectorAll("[name=csrf_token]")) one.value = told.token;
    } catch {
      // No network for a moment: the next touch asks again.
    }
  }

  // --- Leaving ------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.hash && link.pathname === location.pathname || link.target) return;
    leave("");
  });
  const OUT = ["/afmelden", "/mijn-profiel/do/end_own_sessions"];
  for (const form of forms) {
    if (OUT.includes(new URL(form.action, location.href).pathname)) form.addEventListener("submit", () => {
      signedOut = true;
      names().forEach(drop);
    });
  }
  window.addEventListener("DOMContentLoaded", start); // after picker.js and the scripts of the page
})();
