"use strict";
// Keeps a page that stands up to date, part by part. Without this the page is whole, and is read again by the browser.

const EVERY = 5000;
const SLOWEST = 60000;
const place = document.getElementById("live");
const told = place.querySelector(".asof");
const news = document.getElementById("news");
let wait = EVERY;
let paused = false;
let timer = 0;

// What somebody writes in, has opened or has marked is not taken from under their hands.
function busy(part) {
  const marked = getSelection();
  const reading = marked && !marked.isCollapsed && part.contains(marked.anchorNode);
  const writing = part.contains(document.activeElement) && document.activeElement.matches("input, button, summary");
  return reading || writing || part.querySelector("details[open]") !== null;
}

function replace(part, fresh) {
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.replaceWith(fresh);
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function renew(fresh) {
  const main = document.getElementById("content");
  const [old, next] = [[...main.children], [...fresh.children]];
  main.dataset.news = fresh.dataset.news;
  if (old.length !== next.length || old.some((part, at) => part.id !== next[at].id)) {
    if (!busy(main)) main.replaceChildren(...next);
    return;
  }
  old.forEach((part, at) => {
    if (part.outerHTML !== next[at].outerHTML && !busy(part)) replace(part, next[at]);
  });
}

async function update() {
  const answer = await fetch(location.href, { headers: { "X-Board": "live" }, credentials: "same-origin", cache: "no-store" });
  if (answer.status === 401) return say("lost", "signed out: sign in to Airflow again");
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content");
  renew(fresh);
  if (news.textContent !== fresh.dataset.news) news.textContent = fresh.dataset.news;
  wait = EVERY;
  say("live", `live, ${new Date().toLocaleTimeString("en-GB", { timeZone: "Europe/Brussels" })}`);
}

function say(state, words) {
  place.className = state;
  told.textContent = words;
}

async function turn() {
  if (!paused && !document.hidden) {
    try {
      await update();
    } catch {
      wait = Math.min(wait * 2, SLOWEST);
      say("lost", "no answer: trying again");
    }
  }
  timer = setTimeout(turn, wait);
}

const button = document.createElement("button");
button.type = "button";
button.textContent = "Pause";
button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? "Go on" : "Pause";
  if (paused) say("", `paused, ${told.textContent.replace(/^live, /, "as of ")}`);
  else {
    clearTimeout(timer);
    turn();
  }
});
place.append(button);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  clearTimeout(timer);
  turn();
});

// Inside Airflow: its colors are followed, and its own pages open in its window, which a framed link may not.
const outer = window.parent !== window ? window.parent : null;
try {
  if (outer) {
    const root = outer.document.documentElement;
    const follow = () => {
      document.documentElement.dataset.theme = root.classList.contains("dark") ? "dark" : "light";
    };
    new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ["class"] });
    follow();
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-airflow]");
      if (!link) return;
      event.preventDefault();
      const door = outer.document.createElement("a");
      door.href = link.href;
      outer.document.body.append(door);
      door.click();
      door.remove();
    });
  }
} catch {
  // Framed by another server: the policy forbids it, and nothing is to be followed.
}

timer = setTimeout(turn, EVERY);
