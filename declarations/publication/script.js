"use strict";
const form = document.querySelector("form[role=search]");
const field = document.getElementById("search");
const told = form.querySelector("output");
const places = [...document.querySelectorAll(".findable")];
const texts = places.map((place) => place.textContent.toLowerCase());

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  places.forEach((place, nth) => {
    const found = words.every((word) => texts[nth].includes(word));
    place.hidden = !found;
    count += found ? 1 : 0;
  });
  document.querySelectorAll(".wide").forEach((table) => {
    table.hidden = !table.querySelector(".findable:not([hidden])");
  });
  told.textContent = !words.length ? "" : count ? told.dataset.words.replace("{count}", count) : told.dataset.none;
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", search);
