// Tables: sorting, filtering, searching, paging. A long table has its first rows in the page and all of them in a file.

const PAGE = 10; // as irf7bone.report.html.cell_markup.LONG

// the cells by column: what they say, what they are sorted by, and which rows are about simulated data
function cellsOf(table) {
  const rows = [...table.tBodies[0].rows];
  const columns = [...table.tHead.rows[0].cells].map((head, i) => ({
    text: rows.map((row) => row.cells[i].textContent),
    value: head.classList.contains("number")
      ? rows.map((row) => ("v" in row.cells[i].dataset ? Number(row.cells[i].dataset.v) : null)) : null,
  }));
  return { columns, marked: rows.flatMap((row, i) => (row.classList.contains("simulated") ? [i] : [])) };
}

// ids may break at their underscores
const breakable = (text) => text.split(/(?<=_)/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));

// `too few events: 3 events among 40 samples` as its first words, which unfold to the reason
function statusOf(text) {
  const at = text.indexOf(": ");
  if (at < 0) return [text];
  return [make("details", { class: "why" }, make("summary", {}, text.slice(0, at)), text.slice(at + 2))];
}

class TableBox {
  constructor(box) {
    this.box = box;
    this.name = box.id.replace("table-", "");
    this.table = box.querySelector("table");
    this.tools = box.querySelector(".tools");
    this.heads = [...this.table.tHead.rows[0].cells];
    this.labels = this.heads.map((head) => head.textContent);
    this.searchable = "searchable" in box.dataset;
    this.page = 0;
    this.every = false; // all rows at once, not page by page
    this.wide = false; // all columns, whatever the room
    this.folded = new Set();
    this.filters = new Map();
    const save_ = button("Download TSV", `Download ${this.name}.tsv`, async () => {
      save(new Blob([await unpack(`${box.id}.tsv`)], { type: "text/tab-separated-values" }), `${this.name}.tsv`);
    });
    this.tools.append(save_);
    this.more = button("", `Columns of ${this.name}`, () => {
      this.wide = !this.wide;
      this.fit();
    });
    this.tools.append(this.more);
    this.offerSorting();
    whenNear(box, () => this.start());
  }

  key(name) { return `${this.name}.${name}`; }

  async start() {
    const long = holds(`${this.box.id}.json`);
    const cells = long ? JSON.parse(await unpack(`${this.box.id}.json`)) : cellsOf(this.table);
    this.columns = cells.columns;
    this.marked = new Set(cells.marked);
    this.size = this.columns[0].text.length;
    if (this.searchable) this.offerSearch();
    this.recall();
    this.apply();
    let room = this.table.parentElement.clientWidth;
    new ResizeObserver(() => {
      if (this.table.parentElement.clientWidth === room) return;
      room = this.table.parentElement.clientWidth;
      this.fit();
    }).observe(this.table.parentElement);
  }

  // hides columns from the right until the others have room; the first, and what was found, always show
  fit() {
    const box = this.table.parentElement;
    this.folded.clear();
    this.fold();
    const able = this.heads.map((_, i) => i).filter((i) => i > 0 && !("keep" in this.heads[i].dataset)).reverse();
    for (const column of this.wide ? [] : able) {
      if (box.scrollWidth <= box.clientWidth + 1) break;
      this.folded.add(column);
      this.fold();
    }
    this.more.hidden = !this.wide && !this.folded.size;
    this.more.textContent = this.wide ? "Fewer columns" : counted(this.folded.size, "more column");
    box.dispatchEvent(new Event("changed"));
  }

  fold() {
    for (const row of this.table.rows) [...row.cells].forEach((cell, i) => { cell.hidden = this.folded.has(i); });
  }

  offerSorting() {
    this.heads.forEach((head, column) => {
      const sorter = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(sorter);
      head.setAttribute("aria-sort", "none");
      sorter.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        this.sortBy(column, rising);
        state.set({ [this.key("sort")]: `${this.labels[column]}:${rising ? "up" : "down"}` });
        this.apply();
      });
    });
  }

  sortBy(column, rising) {
    this.sorted = { column, rising };
    this.heads.forEach((head) => head.setAttribute("aria-sort", "none"));
    this.heads[column].setAttribute("aria-sort", rising ? "ascending" : "descending");
  }

  offerSearch() {
    this.said = Array.from({ length: this.size }, (_, i) =>
      this.columns.map((column) => column.text[i]).join(" ").toLowerCase());
    this.search = make("input", { type: "search" });
    const count = make("span", { class: "count", role: "status" });
    this.count = count;
    this.heads.forEach((head, column) => {
      if (!("filter" in head.dataset)) return;
      const select = make("select");
      select.append(new Option("all", ""));
      new Set(this.columns[column].text).forEach((text) => select.append(new Option(text, text)));
      select.value = head.dataset.initial ?? "";
      this.filters.set(column, select);
      select.addEventListener("change", () => {
        state.set({ [this.key(this.labels[column])]: select.value || "*" });
        this.apply(0);
      });
      this.tools.append(labelled(this.labels[column], select));
    });
    this.search.addEventListener("input", () => {
      state.set({ [this.key("search")]: this.search.value });
      this.apply(0);
    });
    const all = button("Show all rows", `Show all rows of ${this.name}`, () => {
      this.search.value = "";
      this.filters.forEach((select) => { select.value = ""; });
      this.every = !this.every;
      all.textContent = this.every ? `${PAGE} rows a page` : "Show all rows";
      all.setAttribute("aria-label", this.every ? `${PAGE} rows a page of ${this.name}` : `Show all rows of ${this.name}`);
      state.set(Object.fromEntries([[this.key("search"), null],
        ...[...this.filters.keys()].map((column) => [this.key(this.labels[column]), "*"])]));
      this.apply(0);
    });
    this.back = button("Previous", `Previous rows of ${this.name}`, () => this.apply(this.page - 1));
    this.next = button("Next", `Next rows of ${this.name}`, () => this.apply(this.page + 1));
    this.tools.append(labelled("Search", this.search), all, count, this.back, this.next);
  }

  // what the address says, where it says anything of this table
  recall() {
    const said = state.all;
    if (this.searchable) {
      this.search.value = said.get(this.key("search")) ?? "";
      this.filters.forEach((select, column) => {
        const wanted = said.get(this.key(this.labels[column]));
        if (wanted !== null) select.value = wanted === "*" ? "" : wanted;
      });
    }
    const [label, way] = (said.get(this.key("sort")) ?? "").split(/:(?=up$|down$)/);
    if (this.labels.includes(label)) this.sortBy(this.labels.indexOf(label), way === "up");
  }

  chosen() {
    const wanted = this.searchable ? this.search.value.trim().toLowerCase() : "";
    const rows = [];
    for (let i = 0; i < this.size; i += 1) {
      const fits = [...this.filters].every(([column, { value }]) => !value || this.columns[column].text[i] === value);
      if (fits && (!wanted || this.said[i].includes(wanted))) rows.push(i);
    }
    if (!this.sorted) return rows;
    const { text, value } = this.columns[this.sorted.column], way = this.sorted.rising ? 1 : -1;
    return rows.sort((a, b) => {
      if (value === null) return way * text[a].localeCompare(text[b], "en", { numeric: true });
      if (value[a] === null || value[b] === null) return (value[a] === null) - (value[b] === null); // words last
      return way * (value[a] - value[b]);
    });
  }

  async apply(page = 0) {
    if (this.columns === undefined) return;
    const rows = this.chosen(), size = this.every ? Math.max(1, rows.length) : PAGE;
    const pages = Math.max(1, Math.ceil(rows.length / size));
    this.page = Math.min(Math.max(0, page), pages - 1);
    const shown = this.searchable ? rows.slice(this.page * size, (this.page + 1) * size) : rows;
    this.table.tBodies[0].replaceChildren(...shown.map((i) => {
      const row = make("tr", this.marked.has(i) ? { class: "simulated" } : {});
      row.append(...this.columns.map(({ text, value }, column) => {
        const told = this.labels[column] === "Status";
        return make("td", value ? { class: "n" } : {}, ...(told ? statusOf(text[i]) : breakable(text[i])));
      }));
      return row;
    }));
    this.table.parentElement.classList.toggle("every", this.every);
    this.fit();
    if (!this.searchable) return;
    const first = rows.length ? this.page * size + 1 : 0;
    const [from, to, of, all] = [first, first + shown.length - (rows.length ? 1 : 0), rows.length, this.size]
      .map((number) => number.toLocaleString("en"));
    this.count.textContent = `${from} to ${to} of ${of} rows${rows.length < this.size ? `, from ${all}` : ""}`;
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
  }
}

function offerTables() {
  document.querySelectorAll(".table").forEach((box) => new TableBox(box));
}
