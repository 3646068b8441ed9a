// The grid of a worksheet: keys that move, paste, the verdict while one types, saving as one goes.
// What a value means is asked of the server each time; without this file the form is saved by its
// button.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-worksheet]");
  if (!form) return;
  const JUDGE_AFTER = 250;
  // A cell is saved when it is left; one in which somebody pauses, after a while.
  const SAVE_LEFT = 300;
  const SAVE_PAUSED = 8000;
  const AGAIN_AFTER = 10000;
  const TRIES = 6;
  const NO_CELL = "Not saved: this vessel is no longer among those of the run. Enter it on the page of the run.";
  const says = document.getElementById("worksheet_says");
  const cells = [...form.querySelectorAll("input[data-col]")];
  if (!cells.length) return;
  // What is on record stands in each cell at first, unless the cell says otherwise.
  for (const cell of cells) if (cell.dataset.saved === undefined) cell.dataset.saved = cell.defaultValue;
  const linesOf = (cell) => Number(cell.dataset.lines || 1);
  // What a paste left out stays to be read until somebody types.
  let leftOut = "";
  const say = (text) => {
    const whole = `${text}${leftOut}`;
    if (says.textContent !== whole) says.textContent = whole;
  };

  // Where the cells are: a cell that spans lines is found from each of them.
  const places = new Map();
  for (const cell of cells) {
    const first = Number(cell.dataset.line);
    for (let line = first; line < first + linesOf(cell); line += 1) {
      places.set(`${line}:${cell.dataset.col}`, cell);
    }
  }
  const lines = [...new Set(cells.flatMap((cell) => {
    const first = Number(cell.dataset.line);
    return Array.from({ length: linesOf(cell) }, (_, at) => first + at);
  }))].sort((one, other) => one - other);
  const columns = [...new Set(cells.map((cell) => Number(cell.dataset.col)))].sort((one, other) => one - other);
  const at = (line, column) => places.get(`${line}:${column}`);

  const beside = (cell, down, right) => {
    let line = lines.indexOf(Number(cell.dataset.line));
    let column = columns.indexOf(Number(cell.dataset.col));
    let found = cell;
    while (found === cell) {
      line += down;
      column += right;
      if (line < 0 || column < 0 || line >= lines.length || column >= columns.length) return null;
      found = at(lines[line], columns[column]) || cell;
    }
    return found;
  };
  const go = (event, cell, down, right) => {
    const next = beside(cell, down, right);
    event.preventDefault();
    if (next) next.focus();
  };

  form.addEventListener("focusin", (event) => {
    if (event.target.dataset.col) event.target.select();
  });
  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.dataset.col || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { selectionStart: from, selectionEnd: to, value } = cell;
    const isWhole = from === 0 && to === value.length;
    if (event.key === "Enter") go(event, cell, event.shiftKey ? -1 : 1, 0);
    else if (event.shiftKey) return;
    else if (event.key === "ArrowDown") go(event, cell, 1, 0);
    else if (event.key === "ArrowUp") go(event, cell, -1, 0);
    else if (event.key === "ArrowRight" && (isWhole || from === value.length)) go(event, cell, 0, 1);
    else if (event.key === "ArrowLeft" && (isWhole || to === 0)) go(event, cell, 0, -1);
    else if (event.key === "Escape" && value !== cell.dataset.saved) {
      cell.value = cell.dataset.saved;
      cell.select();
      cell.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // A cell of a few words: the first letters of one alone fill it in, to be seen before it is left.
  // Who types on spells the word, and no other begins with what was filled in.
  let begun = { cell: null, word: "", typed: "" };
  const forget = () => { begun = { cell: null, word: "", typed: "" }; };
  form.addEventListener("focusin", forget);
  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.dataset.words || event.key === "Shift") return;
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      forget();
      return;
    }
    const { selectionStart: from, selectionEnd: to, value } = cell;
    const isWhole = from === 0 && to === value.length;
    if (!isWhole && from !== value.length) return;
    const isSpelled = isWhole && begun.cell === cell && begun.word === value;
    const before = isSpelled ? begun.typed : isWhole ? "" : value;
    const words = cell.dataset.words.split("|");
    const thatBegin = (text) => words.filter((word) => word.startsWith(text.toLowerCase()));
    const put = (text) => {
      event.preventDefault();
      cell.value = text;
      cell.dispatchEvent(new Event("input", { bubbles: true }));
    };
    let typed = before + event.key;
    // Another first letter over a word that was filled in means the other word.
    if (isSpelled && !thatBegin(typed).length && thatBegin(event.key).length) typed = event.key;
    const found = thatBegin(typed);
    if (found.length === 1) {
      put(found[0]);
      cell.select();
      begun = { cell, word: found[0], typed };
    } else {
      forget();
      if (isSpelled) put(typed);
    }
  });

  // Paste: one column fills cell after cell; a block keeps its shape.
  const fill = (cell, text) => {
    cell.value = text;
    touch(cell);
  };
  form.addEventListener("paste", (event) => {
    const start = event.target;
    if (!start.dataset.col) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    const block = text.split("\n").map((line) => line.split("\t").map((one) => one.trim()));
    event.preventDefault();
    if (block.length === 1 && block[0].length === 1) {
      document.execCommand("insertText", false, block[0][0]);
      return;
    }
    let filled = 0;
    const left = [];
    let last = start;
    if (block.every((line) => line.length === 1)) {
      let cell = start;
      for (const [value] of block) {
        if (!cell) {
          if (value) left.push(value);
        } else {
          if (value) {
            fill(cell, value);
            filled += 1;
          }
          last = cell;
          cell = beside(cell, 1, 0);
        }
      }
    } else {
      const line = lines.indexOf(Number(start.dataset.line));
      const column = columns.indexOf(Number(start.dataset.col));
      block.forEach((values, down) => values.forEach((value, right) => {
        if (!value) return;
        const cell = at(lines[line + down], columns[column + right]);
        if (cell && Number(cell.dataset.line) === lines[line + down]) {
          fill(cell, value);
          filled += 1;
          last = cell;
        } else left.push(value);
      }));
    }
    last.dispatchEvent(new Event("input", { bubbles: true }));
    saveIn(SAVE_LEFT);
    leftOut = left.length ? ` Without a cell, and left out: ${left.join(", ")}.` : "";
    say(`Pasted into ${filled} cells.`);
  });

  // Rows that were touched go to the server: soon to be judged, a little later to be saved.
  const rowOf = (cell) => cell.closest("tbody");
  const unsaved = new Set();
  const toJudge = new Set();
  const toSave = new Set();
  let judgeTimer = 0;
  let saveTimer = 0;
  let tries = 0;
  let isBusy = false;
  let isOut = false;

  const body = (rows, isSaving) => {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const row of rows) {
      data.append("run", row.dataset.run);
      const seen = row.querySelector("[data-seen]");
      data.set(seen.name, seen.value);
      for (const cell of row.querySelectorAll("input[data-col]")) {
        // Against another person's value a text is saved by the button, or once it is edited.
        if (!(isSaving && cell.dataset.conflict)) data.set(cell.name, cell.value);
      }
    }
    return data;
  };

  const mark = (place, shown) => {
    const badge = place.querySelector(".badge");
    badge.className = `badge badge-${shown.kind}`;
    badge.children[0].textContent = shown.glyph;
    badge.children[1].textContent = shown.word;
    place.querySelector(".under").textContent = shown.text;
  };
  const status = (row, kind, glyph, word, text) => mark(row.querySelector("[data-status]"), { kind, glyph, word, text });

  const note = (cell, text, isWrong) => {
    const id = `${cell.name}_says`;
    let place = document.getElementById(id);
    if (!place && text) {
      place = document.createElement("span");
      place.className = "says";
      place.id = id;
      cell.after(place);
      cell.setAttribute("aria-describedby", id);
    }
    if (place) place.textContent = text;
    if (isWrong) cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
  };

  const show = (row, found, sent, isSaving) => {
    const isLater = [...row.querySelectorAll("input[data-col]")].some((cell) => sent.get(cell.name) !== cell.value);
    for (const cell of row.querySelectorAll("input[data-col]")) {
      const said = found.cells[cell.name];
      if (!said) {
        // Of a vessel that the run no longer has: nothing is on record that it could be compared with.
        if (isSaving && cell.value.trim() !== cell.dataset.saved) note(cell, NO_CELL, true);
        continue;
      }
      const isAsSent = sent.get(cell.name) === cell.value;
      if (isSaving) {
        cell.dataset.saved = said.saved;
        if (isAsSent && !cell.dataset.conflict && !said.error) cell.value = said.text;
        if (said.conflict) cell.dataset.conflict = "yes";
      }
      if (isAsSent && (isSaving || !cell.dataset.conflict)) {
        if (!(cell.dataset.conflict && !said.conflict)) {
          note(cell, said.error || (isSaving ? said.note : ""), Boolean(said.error || said.conflict));
        }
      }
      // Typed on meanwhile, over what somebody else had saved.
      if (isSaving && !isAsSent && said.note) note(cell, said.note, said.conflict);
      cell.toggleAttribute("data-changed", cell.value.trim() !== cell.dataset.saved);
    }
    if (isSaving) row.querySelector("[data-seen]").value = found.seen;
    if (isLater) return;
    row.dataset.missing = found.missing;
    mark(row.querySelector("[data-verdict]"), found.verdict);
    if (isSaving) {
      const conflict = row.querySelector("[data-conflict]");
      if (!conflict) mark(row.querySelector("[data-status]"), found.status);
      else {
        status(row, "open", "!", "Changed by somebody else", "Look at the marked cell; save again to replace what is there.");
        toJudge.add(row);
      }
      if (!row.querySelector("[data-changed]")) unsaved.delete(row);
    }
  };

  const tell = (found, isSaving) => {
    if (found.length === 1) {
      const [run, { verdict, status: state }] = found[0];
      say(`Run ${run}: ${verdict.word}. ${isSaving ? `${state.word}. ` : ""}${verdict.text}`);
      return;
    }
    const counts = new Map();
    for (const [, { verdict }] of found) counts.set(verdict.word, (counts.get(verdict.word) || 0) + 1);
    say(`${found.length} runs: ${[...counts].map(([word, count]) => `${count} ${word.toLowerCase()}`).join(", ")}.`);
  };

  const ask = async (rows, isSaving) => {
    const data = body(rows, isSaving);
    const sent = new Map([...data.entries()].filter(([name]) => name !== "run"));
    const whole = new Map(rows.flatMap((row) => [...row.querySelectorAll("input[data-col]")].map((cell) => [cell.name, cell.value])));
    for (const [name, value] of whole) if (!sent.has(name)) sent.set(name, value);
    const response = await fetch(isSaving ? form.dataset.save : form.dataset.judge, {
      method: "POST", body: data, credentials: "same-origin", redirect: "manual", headers: { Accept: "application/json" },
    });
    if (response.type === "opaqueredirect") {
      signedOut();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    const { runs } = await response.json();
    for (const row of rows) if (runs[row.dataset.run]) show(row, runs[row.dataset.run], sent, isSaving);
    tell(Object.entries(runs), isSaving);
  };

  const signedOut = () => {
    isOut = true;
    for (const row of unsaved) status(row, "refused", "✕", "Not saved", "You were signed out.");
    say("");
    const again = document.createElement("a");
    again.href = location.pathname + location.search;
    again.textContent = "Sign in again";
    says.append("You were signed out. What you typed is kept in this tab and comes back: ", again, ".");
  };

  const work = async () => {
    if (isBusy || isOut) return;
    isBusy = true;
    try {
      while (!isOut && (toSave.size || toJudge.size)) {
        const isSaving = toSave.size > 0;
        const rows = [...(isSaving ? toSave : toJudge)];
        for (const row of rows) {
          toJudge.delete(row);
          if (isSaving) toSave.delete(row);
        }
        try {
          await ask(rows, isSaving);
          tries = 0;
        } catch (error) {
          for (const row of rows) {
            if (unsaved.has(row)) status(row, "refused", "✕", "Not saved", "What you typed stays in the cells.");
          }
          // Not for ever: a page left alone has to reach the end of its session.
          tries += 1;
          const next = tries < TRIES ? "it is tried again" : "save again by the button";
          say(`The server did not take it (${error.message}). What you typed stays here; ${next}.`);
          if (tries < TRIES) setTimeout(() => {
            for (const row of unsaved) toSave.add(row);
            work();
          }, AGAIN_AFTER);
          return;
        }
      }
    } finally {
      isBusy = false;
    }
  };

  const touch = (cell) => {
    const row = rowOf(cell);
    delete cell.dataset.conflict;
    cell.toggleAttribute("data-changed", cell.value.trim() !== cell.dataset.saved);
    unsaved.add(row);
    tries = 0;
    status(row, "draft", "✎", "Not saved yet", "");
    clearTimeout(judgeTimer);
    judgeTimer = setTimeout(() => {
      for (const one of unsaved) toJudge.add(one);
      work();
    }, JUDGE_AFTER);
    saveIn(SAVE_PAUSED);
  };
  const saveIn = (wait) => {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(() => {
      for (const one of unsaved) toSave.add(one);
      work();
    }, wait);
  };
  form.addEventListener("input", (event) => {
    leftOut = "";
    if (event.target.dataset.col) touch(event.target);
  });
  form.addEventListener("focusout", (event) => {
    if (event.target.dataset.col && event.target.hasAttribute("data-changed")) saveIn(SAVE_LEFT);
  });

  // Whoever leaves within the second: what was typed goes along.
  let isSent = false;
  form.addEventListener("submit", () => { isSent = true; });
  window.addEventListener("pagehide", () => {
    if (unsaved.size && !isSent && !isOut) navigator.sendBeacon(form.dataset.save, body(unsaved, true));
  });

  const tick = form.querySelector("[data-tick-complete]");
  if (tick) {
    tick.hidden = false;
    tick.addEventListener("click", () => {
      let count = 0;
      for (const row of form.querySelectorAll("tbody[data-missing='0']")) {
        const box = row.querySelector("[data-tick]");
        if (box && !row.querySelector("[aria-invalid='true']")) {
          box.checked = true;
          count += 1;
        }
      }
      say(`Ticked: ${count}.`);
    });
  }

  // What came back after a sign-in is typed as well.
  for (const cell of cells) {
    if (cell.value !== cell.defaultValue) {
      touch(cell);
      saveIn(SAVE_LEFT);
    }
  }
});
