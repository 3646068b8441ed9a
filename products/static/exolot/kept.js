// What was typed outlives the end of a session: kept in this tab alone, put back after sign-in for
// the same account on the same page. Never a password, a code, a file or a hidden input.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const KEY = "exolot.typed";
  const LONGEST = 12 * 60 * 60 * 1000;
  const account = document.body.dataset.account;
  const page = location.pathname + location.search;
  const form = document.querySelector("main form[method='post']:not([data-sign-in])");

  const read = () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null;
    }
  };
  const keep = (kept) => {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // A full or forbidden store keeps nothing; the form works as before.
    }
  };
  const forget = () => sessionStorage.removeItem(KEY);
  const inputs = () => [...form.elements].filter(
    (input) => input.name && !["password", "file", "hidden", "submit", "button"].includes(input.type)
      && input.autocomplete !== "one-time-code");

  const values = () => inputs().map(
    (input) => [input.name, input.type === "checkbox" || input.type === "radio" ? input.value : null,
      input.type === "checkbox" || input.type === "radio" ? input.checked : input.value]);

  const putBack = (typed) => {
    for (const [name, choice, value] of typed) {
      for (const input of inputs().filter((one) => one.name === name)) {
        if (choice === null) input.value = value;
        else if (input.value === choice) input.checked = value;
      }
    }
    const note = document.createElement("p");
    note.className = "message";
    note.setAttribute("role", "status");
    const asksAgain = form.querySelector("input[type='password']") ? "; type your password again" : "";
    note.textContent = `You were signed out. What you had typed is back${asksAgain}.`;
    form.before(note);
  };

  const kept = read();
  if (document.querySelector("form[data-sign-in]")) {
    // At the door: whose it is shows after sign-in.
    if (kept) keep({ ...kept, signedOut: true });
    return;
  }
  if (!account) return;
  if (kept && kept.signedOut && kept.account === account && kept.page === page && form
      && Date.now() - kept.at < LONGEST) {
    putBack(kept.typed);
    forget();
  } else if (kept && !(kept.signedOut && kept.account === account && kept.page !== page
      && document.querySelector("[data-own-password]"))) {
    forget();
  }
  if (!form) return;
  form.addEventListener("input", () => keep({ account, page, typed: values(), at: Date.now() }));
  // Signing out by the button is the end of the work.
  for (const other of document.querySelectorAll("form[data-sign-out]")) {
    other.addEventListener("submit", forget);
  }
});
