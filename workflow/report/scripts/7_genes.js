// Any single gene: forest, rank among all genes, curves of the genes that have them.

// as irf7bone.report.html.gene_file: a step of a log hazard ratio, of a ratio, and columns at the end of each family
const STEP = 0.001, RATIO = 1000, ENDS_WITH = 7;
const signed = (value) => (value & 1 ? -(value + 1) / 2 : value / 2);

// p from what it is said as: thousandths up to 100, then hundredths
const codedP = (code) => (code < 0 ? 0.0005 : code < 100 ? code / 1000 : code === 100 ? 0.09999 : Math.min(0.995, (code - 100) / 100));

class GeneFile {
  constructor(bytes) {
    const start = 4 + new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
    this.names = header.genes.split(" ");
    this.leftOut = header.left_out;
    this.byName = new Map();
    header.others.split(",").forEach((names, at) => names.split(" ").forEach((name) => name && this.byName.set(name, at)));
    this.names.forEach((name, i) => this.byName.set(name.toLowerCase(), i));
    let from = start;
    const column = (size) => {
      const values = Int32Array.from({ length: size }, (_, i) => bytes[from + i] | (bytes[from + size + i] << 8));
      from += 2 * size;
      return values;
    };
    this.families = header.families.map((family) => {
      const counts = Object.fromEntries(["k", "n", "n_events"].map((name) =>
        [name, name in family.shared ? () => family.shared[name] : ((values) => (i) => values[i])(column(family.size))]));
      const [at, change, left, halves, asymmetry, p, q] = Array.from({ length: ENDS_WITH }, () => column(family.size));
      const lower = halves.map((code) => family.lower + signed(code));
      let ratio = 0;
      const middle = left.map((code, i) => {
        ratio += signed(change[i]);
        const size = Math.floor((ratio * lower[i]) / RATIO + 0.5) + signed(code >> 1);
        return code & 1 ? -size : size;
      });
      return { ...family, counts, at, middle, lower, asymmetry, p, q };
    });
  }

  // what one gene has in one family; undefined where it is not among the genes
  find(family, gene) {
    const i = family.at.indexOf(gene);
    if (i < 0) {
      const failed = family.failed.find(({ genes }) => genes.includes(gene));
      return failed && { ok: false, status: failed.status, reason: failed.reason, n: null, n_events: null };
    }
    const found = Object.fromEntries(Object.entries(family.counts).map(([name, value]) => [name, value(i)]));
    const upper = family.lower[i] + signed(family.asymmetry[i]);
    let start = 0, block = 0;
    while (i >= start + family.blocks[block]) start += family.blocks[block++];
    let first = i;
    while (family.tied.includes(first)) first -= 1;
    return {
      ...found,
      ok: true,
      log_hr: STEP * family.middle[i],
      ci_low: STEP * (family.middle[i] - family.lower[i]),
      ci_high: STEP * (family.middle[i] + upper),
      p: codedP(family.p[i] - 1),
      q: codedP(family.q[i] - 1),
      rank: first - start + 1,
      of: family.blocks[block],
    };
  }
}

// as irf7bone.report.html.gene_curve_file: which third of its expression each patient is in, five patients a byte
const THIRDS = ["low", "middle", "high"], IN_A_BYTE = 5, Z_95 = 1.959963984540054;

class GeneCurves {
  constructor(bytes) {
    const start = 4 + new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
    this.leftOut = header.left_out;
    this.place = new Map((header.genes ? header.genes.split(" ") : []).map((gene, i) => [gene, i]));
    let from = start;
    this.families = header.families.map((family) => {
      const size = Math.ceil(family.time.length / IN_A_BYTE), first = from;
      from += size * family.genes.length;
      return { ...family, thirds: (i) => bytes.subarray(first + size * i, first + size * (i + 1)) };
    });
  }

  // curves by tertile of a gene, as drawCurves takes them; undefined where it has none
  of(cohort, gene, endpoint) {
    const family = this.families.find((one) => one.cohort === cohort && one.endpoint === endpoint);
    const row = family ? family.genes.indexOf(this.place.get(gene)) : -1;
    if (row < 0) return undefined;
    const packed = family.thirds(row), members = THIRDS.map(() => []);
    family.time.forEach((time, i) => {
      const third = Math.floor(packed[Math.floor(i / IN_A_BYTE)] / 3 ** (i % IN_A_BYTE)) % 3;
      members[third].push({ time, cause: Number(family.cause[i]), entry: family.entry ? family.entry[i] : -Infinity });
    });
    const kind = family.cause.includes("2") ? "cumulative_incidence" : "event_free";
    const groups = THIRDS.flatMap((name, i) => (members[i].length ? [[name, curveOf(members[i], kind, family.ticks)]] : []));
    return { kind, ticks: family.ticks, groups: Object.fromEntries(groups) };
  }
}

// Aalen and Johansen's estimate of patients in order of time, with log-log intervals from the infinitesimal jackknife
function curveOf(patients, kind, ticks) {
  const steps = [];
  let left = patients.length, free = 1, incidence = 0, events = 0;
  for (let i = 0; i < patients.length;) {
    const { time } = patients[i];
    let first = 0, any = 0, ended = 0;
    for (; i < patients.length && patients[i].time === time; i += 1, ended += 1) {
      first += patients[i].cause === 1;
      any += patients[i].cause > 0;
    }
    const atRisk = left - patients.slice(i - ended).filter(({ entry }) => entry >= time).length;
    const step = { time, atRisk, hazard: first / atRisk, hazardAny: any / atRisk, before: free, variance: 0 };
    incidence += free * step.hazard;
    free *= 1 - step.hazardAny;
    events += first;
    left -= ended;
    steps.push(Object.assign(step, { events, share: kind === "event_free" ? free : incidence }));
  }
  const moving = steps.filter(({ hazardAny }) => hazardAny > 0);
  for (const { time, cause, entry } of patients) {
    let logFree = 0, moved = 0;
    for (const step of moving) {
      const present = time >= step.time && entry < step.time, here = time === step.time;
      const change = (here && cause === 1) - step.hazard * present, any = (here && cause > 0) - step.hazardAny * present;
      moved += step.before * (change / step.atRisk - step.hazard * logFree);
      step.variance += moved * moved;
      logFree += any / (step.atRisk * (step.hazardAny < 1 ? 1 - step.hazardAny : 1));
    }
  }
  let variance = 0;
  for (const step of steps) variance = step.hazardAny > 0 ? step.variance : (step.variance = variance);
  const ends = ({ share, variance: squared }) => {
    if (share <= 0 || share >= 1) return [null, null];
    const half = (Z_95 * Math.sqrt(squared)) / (share * Math.log(share));
    return [half, -half].map((by) => share ** Math.exp(by)).sort((a, b) => a - b);
  };
  const started = patients.filter(({ entry }) => entry <= 0).length;
  const all = steps[0].time > 0
    ? [{ time: 0, atRisk: started, share: Number(kind === "event_free"), events: 0, variance: 0 }, ...steps] : steps;
  const shown = all.filter((step, i) => i === 0 || i === all.length - 1 || step.share !== all[i - 1].share);
  const bounds = shown.map(ends);
  return {
    t: shown.map(({ time }) => time), e: shown.map(({ share }) => share),
    l: bounds.map(([low]) => low), h: bounds.map(([, high]) => high),
    risk: ticks.map((tick) => all.find(({ time }) => time >= tick)?.atRisk ?? 0),
    n: all[0].atRisk, events, steps: all,
  };
}

class GeneBox {
  constructor(section) {
    if (section === null) return;
    this.section = section;
    this.part = (name) => section.querySelector(`#genes-${name}`);
    whenNear(section, () => this.start());
  }

  async start() {
    const [words, ...packed] = await Promise.all([unpack("genes.json"), unpacked("genes.bin").arrayBuffer(), unpacked("gene_curves.bin").arrayBuffer()]);
    this.words = JSON.parse(words);
    const [genes, curves] = packed.map((file) => new Uint8Array(file));
    this.file = new GeneFile(genes);
    this.curves = new GeneCurves(curves);
    const choose = (key, values, said) => {
      const select = make("select", { id: `genes-${key}` });
      values.forEach((value) => select.append(new Option(said[value], value)));
      select.addEventListener("change", () => this.note());
      return select;
    };
    this.input = make("input", { type: "search", id: "genes-gene", list: "genes-names", autocomplete: "off", spellcheck: "false" });
    this.names = make("datalist", { id: "genes-names" });
    this.endpoint = choose("endpoint", this.words.endpoints, this.words.outcome);
    this.model = choose("model", this.words.models, this.words.model);
    this.model.value = this.words.first_model;
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("change", () => this.note());
    this.part("tools").append(labelled("Gene", this.input), this.names, labelled("Endpoint", this.endpoint), labelled("Model", this.model));
    addEventListener("hashchange", () => this.recall());
    this.recall();
  }

  suggest() {
    const begun = this.input.value.trim().toLowerCase(), found = [];
    for (const [name, at] of begun ? this.file.byName : []) {
      if (!name.startsWith(begun)) continue;
      const symbol = this.file.names[at];
      found.push([symbol, symbol.toLowerCase() === name ? "" : `${name.toUpperCase()}, now ${symbol}`]);
    }
    found.sort((a, b) => a[0].length - b[0].length || a[0].localeCompare(b[0], "en"));
    this.names.replaceChildren(...found.slice(0, 12).map(([symbol, words]) => make("option", words ? { value: symbol, label: words } : { value: symbol })));
  }

  note() {
    state.set({ gene: this.input.value.trim(), "gene-endpoint": this.endpoint.value, "gene-model": this.model.value }, "genes");
    this.show();
  }

  recall() {
    const said = state.all;
    this.input.value = said.get("gene") ?? this.part("tools").dataset.first;
    for (const key of ["endpoint", "model"]) {
      const wanted = said.get(`gene-${key}`);
      if ([...this[key].options].some(({ value }) => value === wanted)) this[key].value = wanted;
    }
    this.show();
  }

  show() {
    const typed = this.input.value.trim(), at = this.file.byName.get(typed.toLowerCase());
    ["forest", "curves"].forEach((name) => this.part(name).replaceChildren());
    if (at === undefined) {
      this.part("said").textContent = typed ? `No gene of these cohorts is called ${typed}.` : "Type the symbol of a gene.";
      return;
    }
    const { words } = this, endpoint = this.endpoint.value, gene = this.file.names[at];
    const families = this.file.families.filter((family) => family.endpoint === endpoint && family.model === this.model.value);
    const rows = words.cohorts.flatMap((cohort) => {
      const family = families.find((one) => one.cohort === cohort);
      return family ? [this.row(cohort, this.file.find(family, at))] : [];
    });
    const pool = families.find((one) => one.cohort === words.pooled), pooled = pool && this.file.find(pool, at);
    const whole = pooled && this.row("Pooled", pooled);
    this.part("said").replaceChildren(...this.sentence(gene, typed, whole, rows));
    const { table, said } = drawForest(whole, rows, { weights: false, label: `Forest of ${gene}` });
    const shown = whole ? [table, said] : table === null ? [] : [table];
    this.part("forest").replaceChildren(...shown, ...this.ranks([...rows, ...(whole ? [whole] : [])]));
    this.part("forest").querySelectorAll(".scroll").forEach(signCut);
    this.showCurves(gene, rows);
  }

  row(label, found) {
    if (!found) return { label, ok: false, absent: true, told: "not on the platform", reason: "", simulated: false };
    return { ...found, label, absent: found.status === "not_available", told: this.words.status[found.status], simulated: false,
      se: found.ok ? (found.ci_high - found.ci_low) / 3.92 : null };
  }

  sentence(gene, typed, whole, rows) {
    const { words } = this, ok = rows.filter((row) => row.ok);
    const parts = [make("strong", {}, gene), typed.toLowerCase() === gene.toLowerCase() ? "" : ` (${typed})`,
      `, ${words.outcome[this.endpoint.value]}, ${words.model[this.model.value]}: `];
    const one = whole ?? (ok.length === 1 ? ok[0] : null);
    if (one) {
      const where = whole ? `pooled over ${counted(whole.k, "cohort")}` : `in ${one.label}`;
      const values = `${pClause(one.p)}, ${pClause(one.q).replace("p", "q")}`, many = whole && whole.k > 1;
      parts.push(`HR ${estimateOf(one)} per SD of its expression ${where}${many ? `, Bayesian 95 % interval; by Knapp and Hartung ${values}` : `, ${values}`}.`);
    } else parts.push(ok.length ? "not pooled." : "no estimate.");
    if (this.file.leftOut.length) {
      parts.push(` The page has no room for ${this.file.leftOut.join(", ")}: see results/tables/genes.tsv.gz.`);
    }
    for (const row of rows.filter((other) => !other.ok)) parts.push(` ${row.label}: ${row.told}${row.reason ? ` (${row.reason})` : ""}.`);
    return parts;
  }

  // where the gene stands among all genes, cohort by cohort
  ranks(rows) {
    const there = rows.filter((row) => row.ok);
    if (!there.length) return [];
    const heads = ["Cohort", "p", "q over genes", "Rank by p"];
    const line = (row) => make("tr", {}, make("th", { scope: "row" }, row.label),
      ...[pValue(row.p), pValue(row.q), `${row.rank.toLocaleString("en")} of ${row.of.toLocaleString("en")}`].map((text) => make("td", { class: "n" }, text)));
    return [make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rank among all genes" },
      make("table", { class: "ranks", "aria-label": "Rank among all genes" },
        make("thead", {}, make("tr", {}, ...heads.map((text, i) => make("th", { scope: "col", class: i ? "n" : "" }, text)))),
        make("tbody", {}, ...there.map(line))))];
  }

  showCurves(gene, rows) {
    const { outcome, survival } = this.words, endpoint = this.endpoint.value, box = this.part("curves");
    const found = rows.flatMap((row) => {
      const curve = this.curves.of(row.label, gene, endpoint);
      return curve ? [[row, curve]] : [];
    });
    if (!found.length) {
      const room = this.curves.leftOut ? ` The page has no room for those of ${counted(this.curves.leftOut, "gene")} more: see results/tables/gene_tertiles.tsv.gz.` : "";
      box.append(make("p", { class: "small" },
        `No curves of ${gene} for this endpoint. Curves are kept for the measured genes of the selected signatures, and for those that the config lists under “genes”.${room}`));
      return;
    }
    box.append(make("h3", {}, "Curves by tertile of its expression"), make("p", { class: "small" }, "Unadjusted, for display."),
      make("div", { class: "panels" }, ...found.map(([row, curve]) => drawCurves(curve, row,
        { signature: gene, outcome: outcome[endpoint], survival: survival[endpoint] }))),
      button("Download TSV", `Download the curves of ${gene}`, () =>
        save(new Blob([curvesText(gene, endpoint, found)], { type: "text/tab-separated-values" }), `curves_${gene}_${endpoint}.tsv`)));
  }
}

function curvesText(gene, endpoint, found) {
  const lines = found.flatMap(([row, { kind, groups }]) => Object.entries(groups).flatMap(([group, { steps }]) =>
    steps.map((step) => [row.label, gene, endpoint, kind, group, step.time, step.share, step.atRisk, step.events].join("\t"))));
  return `cohort\tgene\tendpoint\tkind\tgroup\ttime_months\testimate\tn_at_risk\tn_events\n${lines.join("\n")}\n`;
}
