// What is folded away: details that a link opens, one place for several figures, tables with more columns than room.

// opens whatever the element stands in
function reveal(element) {
  for (let box = element; box; box = box.parentElement) {
    if (box.tagName === "DETAILS") box.open = true;
    if (box.parentElement?.classList.contains("tabbed")) box.dispatchEvent(new Event("show-figure"));
  }
}

function followLinks() {
  const arrive = () => {
    const target = document.getElementById(state.id);
    if (target === null) return;
    reveal(target);
    target.scrollIntoView();
  };
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === `#${state.id}`) arrive(); // the same address again: no hashchange
  });
  if (location.hash) arrive();
}

// `gse1992: relapse, checks` among others of its kind is `gse1992: relapse`, or `gse1992` where that is enough
function tabWords(titles) {
  const heads = titles.map((title) => title.split(":")[0]);
  if (new Set(heads).size === titles.length) return heads;
  const ends = titles.map((title) => title.split(", ").slice(1).join(", "));
  const same = ends.every((end) => end && end === ends[0]);
  const words = titles.map((title) => (same ? title.slice(0, -ends[0].length - 2) : title));
  const first = words[0].split(": ")[0];
  return words.every((word) => word.startsWith(`${first}: `)) ? words.map((word) => word.slice(first.length + 2)) : words;
}

// a row of tabs, as the ARIA practices have it: arrow keys go from one to the next
function offerTabs(box) {
  const figures = [...box.querySelectorAll(":scope > figure")];
  const titles = figures.map((figure) => figure.querySelector("h3, h4, h5").firstChild.textContent.trim());
  const row = make("div", { class: "tabs", role: "tablist", "aria-label": `Figures: ${box.dataset.name}` });
  const tabs = tabWords(titles).map((words, i) => {
    const tab = make("button", { type: "button", role: "tab", id: `tab-${figures[i].id}`, "aria-controls": figures[i].id }, words);
    figures[i].setAttribute("role", "tabpanel");
    figures[i].setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => show(i));
    figures[i].addEventListener("show-figure", () => show(i));
    return tab;
  });
  const show = (chosen) => tabs.forEach((tab, i) => {
    tab.setAttribute("aria-selected", String(i === chosen));
    tab.tabIndex = i === chosen ? 0 : -1;
    figures[i].hidden = i !== chosen;
  });
  row.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    const next = (tabs.indexOf(document.activeElement) + way + tabs.length) % tabs.length;
    show(next);
    tabs[next].focus();
  });
  row.append(...tabs);
  box.prepend(row);
  show(0);
}

// says of a box with hidden overflow that it scrolls
function signCut(box) {
  const note = make("p", { class: "cut-note", hidden: true }, "Scroll sideways for the rest \u2192");
  box.before(note);
  const look = () => {
    const cut = box.scrollWidth > box.clientWidth + 1;
    note.hidden = !cut;
    box.classList.toggle("cut", cut);
  };
  new ResizeObserver(look).observe(box);
  box.addEventListener("changed", look);
}

// paper has everything; the screen gets back what was folded
function openForPaper() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((fold) => { fold.open = false; }));
}

function offerCopies() {
  document.querySelectorAll(".copies").forEach((place) => {
    const source = document.getElementById(place.dataset.copy), name = place.dataset.name;
    const said = make("span", { role: "status", class: "small" });
    place.append(button(`Copy ${name}`, `Copy ${name}`, async () => {
      const parts = [...source.children].map((child, i) =>
        (source.tagName === "OL" ? `${i + 1}. ` : "") + child.textContent.trim());
      await navigator.clipboard.writeText(`${parts.join("\n")}\n`);
      said.textContent = " copied";
    }), said);
  });
}

function offerFolds() {
  document.querySelectorAll(".tabbed").forEach(offerTabs);
  document.querySelectorAll(".scroll, .panel").forEach(signCut);
  openForPaper();
  offerCopies();
  followLinks();
}
