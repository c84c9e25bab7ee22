// The link of an invitation: its token stands behind the #, which no browser sends by itself.
// It goes into the form of the button, and out of the address, so that it stays in no history.
"use strict";

const section = document.querySelector("[data-invitation-link]");
const token = /^#([A-Za-z0-9_-]{43})$/.exec(window.location.hash);

if (section && token) {
  section.querySelector("[name=token]").value = token[1];
  section.hidden = false;
  const other = document.querySelector("[data-invitation-code]");
  other.classList.replace("btn-primary", "btn-secondary");
  history.replaceState(null, "", window.location.pathname);
  section.querySelector("button").focus();
}
