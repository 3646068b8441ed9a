// Passkeys: the browser asks the device, and its answer goes with the form.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const bytes = (text) => Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const named = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
  const whole = (credential, fields) => JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type,
    response: Object.fromEntries(fields.map((name) => [name, text(credential.response[name])])),
  });
  const say = (place, error) => {
    place.textContent = window.PublicKeyCredential
      ? `The passkey was not used (${error.name}). Try again, or type a code.`
      : "This browser, or this address, does not know passkeys. Type a code.";
  };

  const prove = async (options) => {
    const found = await navigator.credentials.get({ publicKey: {
      ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials),
    } });
    return whole(found, ["clientDataJSON", "authenticatorData", "signature"]);
  };
  const make = async (options) => {
    const made = await navigator.credentials.create({ publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    } });
    return whole(made, ["clientDataJSON", "attestationObject"]);
  };

  for (const button of document.querySelectorAll("[data-passkey]")) {
    const place = button.parentElement.querySelector("[role='status']");
    button.addEventListener("click", async () => {
      try {
        button.form.elements.passkey.value = await prove(JSON.parse(button.dataset.passkey));
        button.form.requestSubmit(button.form.querySelector("button[type='submit']"));
      } catch (error) {
        say(place, error);
      }
    });
  }
  for (const place of document.querySelectorAll("[data-passkey-making]")) {
    const form = place.closest("form");
    form.addEventListener("submit", async (event) => {
      if (form.elements.made.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      try {
        form.elements.made.value = await make(JSON.parse(place.dataset.passkeyMaking));
        form.requestSubmit();
      } catch (error) {
        say(place, error);
      }
    }, { capture: true });
  }
});
