// Sugar only: every page works without this file.

/** Minutes ahead of UTC that "Nairobi, UTC+3" or "UTC" names; null when it names none. */
function offsetIn(text) {
  const found = /UTC(?:([+-])(\d+)(?::(\d\d))?)?$/.exec(text.trim());
  if (!found) return null;
  const minutes = 60 * Number(found[2] ?? 0) + Number(found[3] ?? 0);
  return found[1] === "-" ? -minutes : minutes;
}

/** Say the reader's own time beside a time of another zone, unless both clocks show the same. */
function localTimes(root) {
  const page = document.documentElement.lang;
  const language = page === "en" ? "en-GB" : page || undefined; // Day first, like the page itself.
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const format = new Intl.DateTimeFormat(language, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  for (const time of root.querySelectorAll("time[data-local][datetime]")) {
    const instant = new Date(time.dateTime);
    if (Number.isNaN(instant.getTime()) || time.dataset.localDone) continue;
    time.dataset.localDone = "1";
    const zone = time.nextElementSibling?.classList.contains("zone") ? time.nextElementSibling : null;
    if (zone && offsetIn(zone.textContent) === -instant.getTimezoneOffset()) continue;
    const hint = document.createElement("span");
    hint.className = "reader";
    hint.dir = "auto";
    hint.textContent = `(${format.format(instant)}, ${time.dataset.local})`;
    hint.title = own;
    (zone ?? time).after(" ", hint);
  }
}

/** Buttons that copy the field they name. */
function copyButtons() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    if (!field || !navigator.clipboard) continue;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    const label = button.textContent;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        return; // The address stays selected, so that it can be copied by hand.
      }
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
}

/** Ask before what cannot be undone, and never send one form twice. */
function carefulForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
}

let latest = 0;

/** Fetch the filtered page and put its results (and counts) in place; the focus stays put. */
async function refresh(form) {
  const turn = ++latest;
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
  const url = `${form.getAttribute("action") || location.pathname}?${query}`;
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const target = document.getElementById(form.dataset.auto);
  const results = fresh.getElementById(form.dataset.auto);
  if (!target || !results) throw new Error("no results in the answer");
  if (turn !== latest) return;
  target.replaceChildren(...results.childNodes);
  for (const part of document.querySelectorAll("[data-live][id]")) {
    part.textContent = fresh.getElementById(part.id)?.textContent ?? "0";
  }
  history.replaceState(null, "", url);
  localTimes(target);
}

/** Filters work on change; the button stays for everybody else. */
function autoFilters() {
  for (const form of document.querySelectorAll("form[data-auto]")) {
    if (!document.getElementById(form.dataset.auto)) continue;
    form.addEventListener("change", () => { refresh(form).catch(() => form.requestSubmit()); });
  }
}

/** "Add another" for repeated rows: opens a folded one, else `__i__` in the template becomes its number. */
function repeatedRows() {
  for (const block of document.querySelectorAll("[data-repeat]")) {
    const button = block.querySelector("button[data-add]");
    const template = block.querySelector("template");
    if (!button || !template) continue;
    let count = Number(block.dataset.repeat);
    button.hidden = false;
    button.addEventListener("click", () => {
      const spare = block.querySelector(":scope > details:not([open])");
      if (spare) {
        spare.open = true;
        spare.querySelector("input, select, textarea")?.focus();
        return;
      }
      const row = document.createRange()
        .createContextualFragment(template.innerHTML.replaceAll("__i__", String(count++)));
      const first = row.querySelector("input, select, textarea");
      template.before(row);
      first?.focus();
    });
  }
}

localTimes(document);
copyButtons();
carefulForms();
autoFilters();
repeatedRows();
document.querySelector("[data-focus]")?.focus();
