"use strict";
// Sorting, filtering and searching of tables, and saving of figures. Without scripts every table and figure is
// still there, and every table can be downloaded.
(() => {
  const value = (cell) => ("v" in cell.dataset ? Number(cell.dataset.v) : null);

  function compare(a, b, column, numeric) {
    const x = a.cells[column], y = b.cells[column];
    if (!numeric) return x.textContent.localeCompare(y.textContent, "en", { numeric: true });
    const p = value(x), q = value(y);
    if (p === null || q === null) return p === q ? 0 : p === null ? 2 : -2; // words always after numbers
    return Math.sign(p - q);
  }

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const numeric = head.classList.contains("number");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => {
          const order = compare(a, b, column, numeric);
          return rising || Math.abs(order) === 2 ? order : -order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  function labelled(words, control) {
    const label = document.createElement("label");
    label.append(words, control);
    return label;
  }

  function makeSearchable(box) {
    const table = box.querySelector("table"), tools = box.querySelector(".tools");
    const rows = [...table.tBodies[0].rows], heads = [...table.tHead.rows[0].cells];
    const said = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
    const filters = [];
    const search = document.createElement("input");
    search.type = "search";
    const count = document.createElement("span");
    count.className = "count";
    count.setAttribute("role", "status");

    const apply = () => {
      const wanted = search.value.trim().toLowerCase();
      let shown = 0;
      rows.forEach((row, i) => {
        const keep = said[i].includes(wanted) && filters.every(
          ({ column, select }) => !select.value || row.cells[column].textContent === select.value);
        row.hidden = !keep;
        shown += keep;
      });
      count.textContent = `${shown} of ${rows.length} rows shown`;
    };

    heads.forEach((head, column) => {
      if (!("filter" in head.dataset)) return;
      const select = document.createElement("select");
      select.append(new Option("all", ""));
      new Set(rows.map((row) => row.cells[column].textContent)).forEach((text) => select.append(new Option(text, text)));
      select.value = head.dataset.initial ?? "";
      select.addEventListener("change", apply);
      filters.push({ column, select });
      tools.append(labelled(head.textContent, select));
    });
    search.addEventListener("input", apply);
    tools.append(labelled("Search", search));
    const reset = document.createElement("button");
    reset.type = "button";
    reset.className = "button";
    reset.textContent = "Show all rows";
    reset.addEventListener("click", () => {
      search.value = "";
      filters.forEach(({ select }) => { select.value = ""; });
      apply();
    });
    tools.append(reset, count);
    apply();
  }

  function offerImage(figure) {
    const link = document.createElement("a");
    link.className = "button";
    link.textContent = "Save figure (SVG)";
    link.download = `${figure.id}.svg`;
    link.href = figure.querySelector("img").src; // the picture is in the page once
    figure.querySelector("figcaption").append(link);
  }

  // contents: beside the page where there is room, folded away where there is not; the section in view is marked
  function followContents(nav) {
    const fold = nav.querySelector("details"), wide = matchMedia("(min-width: 70rem)");
    const set = () => { fold.open = wide.matches; };
    wide.addEventListener("change", set);
    set();
    const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
    nav.addEventListener("click", (event) => { if (event.target.closest("a") && !wide.matches) fold.open = false; });
    const watch = new IntersectionObserver((seen) => {
      seen.filter((entry) => entry.isIntersecting).forEach((entry) => {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      });
    }, { rootMargin: "-20% 0px -75% 0px" });
    links.forEach((_, id) => watch.observe(document.getElementById(id)));
  }

  followContents(document.querySelector("nav"));
  document.querySelectorAll("figure").forEach(offerImage);
  document.querySelectorAll(".table[data-searchable]").forEach(makeSearchable);
  document.querySelectorAll(".table table").forEach(makeSortable);
})();
