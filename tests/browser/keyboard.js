// Notes each element that Tab comes to, but for those in the frame; returns how many ought to be.
(frame) => {
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
  const reached = [];
  const faults = [];
  let isThrough = false;

  const isSeen = (element) => element.checkVisibility({visibilityProperty: true});
  // Of radio buttons Tab comes to the one that is checked, or to the first.
  const isAnotherRadio = (element) => {
    if (element.type !== "radio" || element.checked) return false;
    const group = [...document.getElementsByName(element.name)].filter((one) => one.form === element.form);
    return group.some((one) => one.checked) || group[0] !== element;
  };

  const wanted = [];
  for (const element of document.querySelectorAll(CONTROLS)) {
    if (frame.some((one) => element.closest(one))) continue;
    if (element.disabled || element.tabIndex < 0 || !isSeen(element) || isAnotherRadio(element)) continue;
    if (element.tabIndex > 0) faults.push(`in an order of its own: ${told(element)}`);
    wanted.push(element);
  }

  function told(element) {
    return element.outerHTML.slice(0, 120);
  }

  // What is drawn around an element and can be seen: an outline or shadow without colour cannot.
  function drawn(element) {
    const style = getComputedStyle(element);
    const isClear = (colour) => /^rgba\(.*, 0\)$|\/ 0\)$|^transparent$/.test(colour);
    const hasOutline =
      style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && !isClear(style.outlineColor);
    const outline = hasOutline ? `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}` : "";
    const shadows = style.boxShadow.match(/[a-z]+\([^)]*\)[^(]*?(?=,|$)/g) || [];
    const shadow = shadows.filter((one) => !isClear(one.slice(0, one.indexOf(")") + 1))).join();
    return {outline, shadow};
  }

  // A frame that an element always has, as a refused field, says nothing of the keyboard.
  function differs(now, before = {outline: "", shadow: ""}) {
    return (now.outline && now.outline !== before.outline) || (now.shadow && now.shadow !== before.shadow);
  }

  // Asked before the next key moves on: the page has scrolled by then.
  function look() {
    const element = document.activeElement;
    if (!element || element === document.body) return;
    if (reached.at(-1) === element) return;
    reached.push(element);
    if (!differs(drawn(element), unfocused.get(element))) faults.push(`focus is not seen: ${told(element)}`);
    const box = element.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + Math.min(box.width, 20) / 2, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + Math.min(box.height, 20) / 2, 0), innerHeight - 1);
    const onTop = document.elementFromPoint(x, y);
    const isInView = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    if (!isInView || !(onTop && (element.contains(onTop) || onTop.contains(element))))
      faults.push(`focus is covered: ${told(element)}`);
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Tab") return;
      look();
      if (document.activeElement === document.body && reached.length) isThrough = true;
    },
    true
  );

  window.keysAreThrough = () => isThrough || (look(), reached.at(-1) === wanted.at(-1) || !wanted.length);
  window.keysFoundWrong = () => {
    let at = 0;
    for (const element of wanted) {
      const found = reached.indexOf(element, at);
      if (found < 0) faults.push(`not reached in order: ${told(element)}`);
      else at = found + 1;
    }
    return faults;
  };
  // From the top of the page or of its content, wherever it has put the focus.
  const start = document.createElement("span");
  start.tabIndex = -1;
  (frame.length ? document.querySelector("main") : document.body).prepend(start);
  start.focus();
  const unfocused = new Map([...document.querySelectorAll(CONTROLS)].map((one) => [one, drawn(one)]));
  start.remove();
  return wanted.length;
}
