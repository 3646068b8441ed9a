// Keys that lead to the box for a number, and to the list of the keys. Every page works without.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const OFF = "exolot.keys-off";
  const box = document.querySelector("#go-to");
  const help = document.querySelector("#keys");
  const choices = [...document.querySelectorAll("[data-single-keys]")];
  const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea, [contenteditable]";

  const areOff = () => {
    try {
      return localStorage.getItem(OFF) === "yes";
    } catch {
      return false;
    }
  };
  const show = () => choices.forEach((choice) => { choice.checked = !areOff(); });
  const openBox = () => {
    if (help && help.open) help.close();
    box.focus();
    box.select();
  };
  const openHelp = () => {
    if (!help || help.open) return;
    show();
    help.showModal();
    help.querySelector("button").focus();
  };

  for (const choice of choices) {
    choice.closest("[hidden]").hidden = false;
    choice.addEventListener("change", () => {
      try {
        if (choice.checked) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "yes");
      } catch {
        // A forbidden store keeps nothing: the keys stay on.
      }
      show();
    });
  }
  show();
  for (const link of document.querySelectorAll("[data-keys]")) {
    link.addEventListener("click", (event) => {
      if (!help) return;
      event.preventDefault();
      openHelp();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || !box) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openBox();
      return;
    }
    if (event.ctrlKey || event.metaKey || areOff() || event.target.closest?.(TYPING)) return;
    if (event.key === "/") {
      event.preventDefault();
      openBox();
    } else if (event.key === "?") {
      event.preventDefault();
      openHelp();
    }
  });
  // From the box back to the page.
  if (box) {
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !box.value) box.blur();
    });
  }
});
