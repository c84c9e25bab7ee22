// Passkeys: asks the server for a challenge, the device for an answer, and sends that as an ordinary form.
"use strict";

(() => {
  const supported = Boolean(window.PublicKeyCredential && navigator.credentials);

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const withBytes = (one) => ({ ...one, id: bytes(one.id) });

  async function ask(form, address) {
    const csrf = form.querySelector("[name=csrf_token]").value;
    const body = new URLSearchParams({ csrf_token: csrf });
    const answer = await fetch(address, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async function made(options) {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = (options.excludeCredentials || []).map(withBytes);
    const one = await navigator.credentials.create({ publicKey: options });
    const { clientDataJSON, attestationObject } = one.response;
    return { one, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) } };
  }

  async function shown(options) {
    options.challenge = bytes(options.challenge);
    options.allowCredentials = (options.allowCredentials || []).map(withBytes);
    const one = await navigator.credentials.get({ publicKey: options });
    const { clientDataJSON, authenticatorData, signature, userHandle } = one.response;
    const response = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
    if (userHandle) response.userHandle = text(userHandle);
    return { one, response };
  }

  function start(state) {
    const form = state.closest("form");
    const answer = form.querySelector("[data-passkey-answer], [name=credential]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      state.textContent = state.dataset.asking;
      try {
        const options = await ask(form, state.dataset.ask);
        const { one, response } = await (state.dataset.passkey === "create" ? made(options) : shown(options));
        answer.value = JSON.stringify({ id: one.id, rawId: text(one.rawId), type: one.type, response });
        form.submit();
      } catch {
        // Cancelled, no such passkey, or no answer in time: the browser does not tell which.
        state.textContent = state.dataset.failed;
        delete form.dataset.sent;
        for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
      }
    });
  }

  if (supported) document.querySelectorAll("[data-passkey]").forEach(start);
})();
