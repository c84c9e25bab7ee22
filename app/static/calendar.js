// A calendar beside a field for a day. The field stays a text that is typed: 24-11-2026, 24/11/26, 24 nov 2026.
// Keys: arrows a day or a week, Home and End the week, Page Up and Page Down the month, Escape closes.
"use strict";

(() => {
  const language = document.documentElement.lang || "nl";
  const said = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const monthName = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" });
  const longDay = new Intl.DateTimeFormat(language, { weekday: "long" });
  const shortDay = new Intl.DateTimeFormat(language, { weekday: "short" });
  const MONTHS = ["jan", "feb", "maa", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];
  const OTHER_MONTHS = { mrt: 2, mar: 2, may: 4, oct: 9 };

  const plain = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate(), 12);
  const plus = (day, days) => { const next = plain(day); next.setDate(next.getDate() + days); return next; };
  const same = (one, other) => one && other && plain(one).getTime() === plain(other).getTime();
  const column = (day) => (day.getDay() + 6) % 7; // Monday first
  const write = (day) => [String(day.getDate()).padStart(2, "0"), String(day.getMonth() + 1).padStart(2, "0"), String(day.getFullYear()).padStart(4, "0")].join("-");

  function otherMonth(day, months) {
    const first = new Date(day.getFullYear(), day.getMonth() + months, 1, 12);
    const last = new Date(first.getFullYear(), first.getMonth() + 1, 0, 12);
    first.setDate(Math.min(day.getDate(), last.getDate()));
    return first;
  }

  // The day in a text as the server reads it; null when it is none, or not finished.
  function read(text) {
    const typed = text.trim().toLowerCase();
    const yearFirst = typed.match(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/);
    const dayFirst = typed.match(/^(\d{1,2})[-/. ]+(\d{1,2}|[a-z]+)\.?[-/. ]+'?(\d{2}|\d{4})$/);
    if (!yearFirst && !dayFirst) return null;
    const [day, month, year] = yearFirst ? [yearFirst[3], yearFirst[2], yearFirst[1]] : dayFirst.slice(1);
    const number = /^\d+$/.test(month) ? Number(month) - 1 : named(month);
    const full = year.length === 2 ? (Number(year) > 79 ? 1900 : 2000) + Number(year) : Number(year);
    const made = new Date(full, number, Number(day), 12);
    return made.getDate() === Number(day) && made.getMonth() === number ? made : null;
  }

  function named(word) {
    const start = word.slice(0, 3);
    return start in OTHER_MONTHS ? OTHER_MONTHS[start] : MONTHS.indexOf(start);
  }

  function element(tag, attributes, text) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  class Calendar {
    constructor(box) {
      this.box = box;
      this.field = box.querySelector("input");
      this.button = box.querySelector("[data-day-open]");
      this.told = box.parentElement.querySelector("[data-day-said]");
      this.button.hidden = false;
      this.button.addEventListener("click", () => (this.dialog ? this.close() : this.open()));
      this.field.addEventListener("input", () => this.tell());
      window.addEventListener("pageshow", () => this.tell());
      this.tell();
    }

    tell() {
      const day = read(this.field.value);
      if (this.told) this.told.textContent = day ? said.format(day) : "";
    }

    open() {
      this.chosen = read(this.field.value);
      this.day = this.chosen || plain(new Date());
      this.dialog = element("div", { class: "calendar", role: "dialog", "aria-modal": "true", "aria-label": this.box.dataset.choose });
      this.dialog.addEventListener("keydown", (event) => this.key(event));
      this.outside = (event) => { if (!this.box.contains(event.target)) this.close(false); };
      document.addEventListener("pointerdown", this.outside);
      this.box.append(this.dialog);
      this.button.setAttribute("aria-expanded", "true");
      this.draw();
      this.focus();
    }

    close(back = true) {
      document.removeEventListener("pointerdown", this.outside);
      this.dialog.remove();
      this.dialog = null;
      this.button.setAttribute("aria-expanded", "false");
      if (back) this.button.focus();
    }

    choose(day) {
      this.field.value = write(day);
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
      this.field.dispatchEvent(new Event("change", { bubbles: true }));
      this.close();
    }

    draw() {
      const head = element("div", { class: "calendar-head" });
      head.append(this.turn(-1, "previous", "‹"), element("p", { "aria-live": "polite", class: "calendar-month" }, monthName.format(this.day)), this.turn(1, "next", "›"));
      const table = element("table", { role: "grid", "aria-label": monthName.format(this.day) });
      const first = new Date(this.day.getFullYear(), this.day.getMonth(), 1, 12);
      const start = plus(first, -column(first));
      const names = element("tr", {});
      for (let at = 0; at < 7; at += 1) names.append(element("th", { scope: "col", abbr: longDay.format(plus(start, at)) }, shortDay.format(plus(start, at))));
      const top = element("thead", {});
      top.append(names);
      const weeks = element("tbody", {});
      for (let week = start; week <= first || week.getMonth() === first.getMonth(); week = plus(week, 7)) {
        const row = element("tr", {});
        for (let at = 0; at < 7; at += 1) row.append(this.cell(plus(week, at)));
        weeks.append(row);
      }
      table.append(top, weeks);
      const closing = element("button", { type: "button", class: "btn btn-quiet btn-sm" }, this.box.dataset.close);
      closing.addEventListener("click", () => this.close());
      this.dialog.replaceChildren(head, table, closing);
    }

    turn(months, name, sign) {
      const button = element("button", { type: "button", class: "icon-button", "aria-label": this.box.dataset[name], "data-turn": name }, sign);
      button.addEventListener("click", () => {
        this.day = otherMonth(this.day, months);
        this.draw();
        this.dialog.querySelector(`[data-turn=${name}]`).focus();
      });
      return button;
    }

    cell(day) {
      const now = same(day, new Date());
      const cell = element("td", { "aria-selected": String(Boolean(same(day, this.chosen))) });
      const words = said.format(day) + (now ? `, ${this.box.dataset.today}` : "");
      const button = element("button", { type: "button", class: "calendar-day", "aria-label": words, tabindex: same(day, this.day) ? "0" : "-1" }, String(day.getDate()));
      button.classList.toggle("is-other", day.getMonth() !== this.day.getMonth());
      button.classList.toggle("is-chosen", Boolean(same(day, this.chosen)));
      if (now) button.setAttribute("aria-current", "date");
      button.addEventListener("click", () => this.choose(day));
      cell.append(button);
      return cell;
    }

    focus() {
      this.dialog.querySelector(".calendar-day[tabindex='0']").focus();
    }

    key(event) {
      if (event.key === "Escape") { event.stopPropagation(); this.close(); return; }
      if (event.key === "Tab") { this.keepInside(event); return; }
      if (!event.target.matches(".calendar-day")) return;
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -column(this.day), End: 6 - column(this.day) };
      if (event.key in steps) this.day = plus(this.day, steps[event.key]);
      else if (event.key === "PageUp") this.day = otherMonth(this.day, event.shiftKey ? -12 : -1);
      else if (event.key === "PageDown") this.day = otherMonth(this.day, event.shiftKey ? 12 : 1);
      else return;
      event.preventDefault();
      this.draw();
      this.focus();
    }

    keepInside(event) {
      const stops = [...this.dialog.querySelectorAll("button:not([tabindex='-1'])")];
      const [first, last] = [stops[0], stops[stops.length - 1]];
      if (event.shiftKey && event.target === first) { event.preventDefault(); last.focus(); }
      else if (!event.shiftKey && event.target === last) { event.preventDefault(); first.focus(); }
    }
  }

  for (const box of document.querySelectorAll("[data-day]")) new Calendar(box);
})();
