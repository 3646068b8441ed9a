// Small comforts; every page works without them.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // One filter menu at a time, and Escape closes it.
  const menus = [...document.querySelectorAll(".filters details")];
  for (const menu of menus) {
    menu.addEventListener("toggle", () => {
      if (menu.open) menus.filter((other) => other !== menu).forEach((other) => { other.open = false; });
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  }
  // Where the form came back with errors, begin at the first.
  const wrong = document.querySelector("[aria-invalid='true']") || document.querySelector(".errornote");
  if (wrong) {
    if (wrong.tabIndex < 0) wrong.tabIndex = -1;
    wrong.focus();
  }
  // A form is sent once, however often the button is pressed.
  for (const form of document.querySelectorAll("form[method='post']")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => window.print());
  }
});
