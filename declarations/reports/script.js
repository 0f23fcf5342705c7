"use strict";
// Sorting by the column heads, and one filter over all findings. Without this the page is whole, only fixed.

const entries = [...document.querySelectorAll("section.cause table.findings > tbody")];

function key(entry, column) {
  const cell = entry.rows[0].cells[column];
  return cell.dataset.sort ?? cell.textContent;
}

function order(one, other) {
  return one.localeCompare(other, document.documentElement.lang, { numeric: true });
}

function sort(table, head, column) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const sorted = [...table.tBodies].sort((one, other) => order(key(one, column), key(other, column)));
  if (down) sorted.reverse();
  table.append(...sorted);
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, head, column));
    head.append(button);
  });
}

const form = document.getElementById("filter");
if (form) {
  const [text, kind, told] = [form.querySelector("input"), form.querySelector("select"), form.querySelector("output")];
  const filter = () => {
    const wanted = text.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const section of document.querySelectorAll("section.cause")) {
      const fits = !kind.value || section.dataset.class === kind.value;
      const about = section.querySelector("h2").textContent + section.querySelector(".facts").textContent;
      let any = false;
      for (const entry of section.querySelectorAll("table.findings > tbody")) {
        entry.hidden = !fits || !(about + entry.textContent).toLocaleLowerCase().includes(wanted);
        shown += entry.hidden ? 0 : 1;
        any ||= !entry.hidden;
      }
      section.hidden = !any;
    }
    told.textContent = told.dataset.words.replace("{shown}", shown).replace("{count}", entries.length);
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}
