// Any combination of signature, method, endpoint and model: sentence, forest with weights, curves by tertile.

// numbers are said as the workflow says them (irf7bone.wording)
function ratio(value) {
  if (value > 1000) return "> 1000";
  if (value < 0.001) return "< 0.001";
  if (value >= 10) return value.toFixed(1);
  if (value < 0.095) return String(Number(value.toPrecision(2)));
  return value.toFixed(2);
}
const hazardRatio = (logHr) => ratio(Math.exp(Math.max(-700, Math.min(700, logHr))));
const estimateOf = (row) => `${hazardRatio(row.log_hr)} (${hazardRatio(row.ci_low)} to ${hazardRatio(row.ci_high)})`;
function pValue(p) {
  if (p < 0.001) return "< 0.001";
  if (p > 0.99) return "> 0.99";
  return p < 0.1 ? p.toFixed(3) : p.toFixed(2);
}
const pClause = (p) => (/^[<>]/.test(pValue(p)) ? `p ${pValue(p)}` : `p = ${pValue(p)}`);
const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

const KEYS = ["signature", "method", "endpoint", "model"];
const EDGE = 4, LARGEST = 12, SMALLEST = 5; // as irf7bone.report.small_forest
const TICKS = [[2.2, [0.5, 0.7, 1, 1.4, 2]], [4.4, [0.25, 0.5, 1, 2, 4]], [Infinity, [0.2, 0.5, 1, 2, 5]]];

// rows of a table kept by column
function rowsOf(table, wanted, words) {
  const names = Object.keys(table), found = [];
  for (let i = 0; i < table.log_hr.length; i += 1) {
    if (!KEYS.every((key) => table[key][i] === wanted[key])) continue;
    const row = {};
    for (const name of names) {
      if (name === "reason") row.reason = table.reason.at[i] === null ? null : table.reason.said[table.reason.at[i]];
      else row[name] = table[name][i];
    }
    row.ok = words.status[row.status] === "ok";
    found.push(row);
  }
  return found;
}

let held = null;
const exploreNumbers = () => (held ??= unpack("explore.json").then(JSON.parse));

class Explorer {
  constructor(section) {
    this.section = section;
    whenNear(section, () => this.start());
  }

  async start() {
    this.numbers = await exploreNumbers();
    const { words, said } = this.numbers, tools = this.section.querySelector("#explore-tools");
    this.selects = Object.fromEntries(KEYS.map((key) => {
      const select = make("select", { id: `explore-${key}` });
      words[key].forEach((word, i) => select.append(new Option(said[key]?.[i] ?? word, word)));
      select.addEventListener("change", () => {
        state.set(Object.fromEntries(KEYS.map((name) => [name, this.selects[name].value])), "explore");
        this.show();
      });
      tools.append(labelled(key[0].toUpperCase() + key.slice(1), select));
      return [key, select];
    }));
    tools.append(button("Primary analysis", "Back to the primary analysis", () => {
      state.set(Object.fromEntries(KEYS.map((key) => [key, null])), "explore");
      this.recall();
    }));
    addEventListener("hashchange", () => this.recall());
    this.recall();
  }

  recall() {
    const said = state.all, { words, primary } = this.numbers;
    for (const key of KEYS) {
      const wanted = said.get(key);
      this.selects[key].value = words[key].includes(wanted) ? wanted : primary[key];
    }
    this.show();
  }

  show() {
    const { words, simulated, alone, fits, pooled } = this.numbers;
    const wanted = Object.fromEntries(KEYS.map((key) => [key, words[key].indexOf(this.selects[key].value)]));
    const whole = rowsOf(pooled, wanted, words)[0];
    const rows = rowsOf(fits, wanted, words)
      .map((row) => ({
        ...row,
        label: words.cohort[row.cohort],
        simulated: simulated[row.cohort],
        alone: alone[row.cohort],
        told: this.numbers.said.status[row.status],
        absent: words.status[row.status] === "not_available",
      }))
      .sort((a, b) => a.simulated - b.simulated);
    const said = this.sentence(whole, rows.filter((row) => !row.ok));
    this.section.querySelector("#explore-said").replaceChildren(...said);
    this.section.querySelector("#explore-forest").replaceChildren(...this.forest(whole, rows));
    this.showCurves(rows);
  }

  sentence(whole, failed) {
    const { said, primary } = this.numbers;
    const isPrimary = KEYS.every((key) => this.selects[key].value === primary[key]);
    const name = `${said.signature[this.selects.signature.selectedIndex]}, ${this.selects.method.value}, `
      + `${said.endpoint[this.selects.endpoint.selectedIndex]}, ${said.model[this.selects.model.selectedIndex]}: `;
    const parts = [make("strong", {}, isPrimary ? "Primary analysis. " : "Exploration. "), name];
    if (!whole) parts.push("not planned in this run.");
    else if (!whole.ok) parts.push(`${said.status[whole.status]}: ${whole.reason}.`);
    else {
      const q = whole.q === null ? "" : `, q ${/^[<>]/.test(pValue(whole.q)) ? "" : "= "}${pValue(whole.q)}`;
      const values = `${pClause(whole.p)}${q}`, many = whole.k > 1;
      parts.push(`HR ${estimateOf(whole)} per SD, ${many ? "Bayesian 95 % interval" : values}; ${counted(whole.k, "cohort")} of patients, `
        + `${counted(whole.n, "tumour")}, ${counted(whole.n_events, "event")}.`
        + (many ? ` By Knapp and Hartung, whose interval is another and decides nothing, ${values}.` : ""));
    }
    const reasons = new Map();
    for (const row of failed) {
      const why = `${said.status[row.status]}: ${row.reason}`;
      reasons.set(why, [...(reasons.get(why) ?? []), row.label]);
    }
    if (reasons.size) {
      parts.push(" No estimate: ", [...reasons].map(([why, names]) => `${names.join(", ")} (${why})`).join("; "), ".");
    }
    return parts;
  }

  forest(whole, rows) {
    const { table, said, there } = drawForest(whole, rows);
    const names = ["label", "n", "n_events", "log_hr", "se", "ci_low", "ci_high", "p", "null_percentile", "null_p"];
    const text = [["cohort", ...names.slice(1), "simulated"], ...there.map((row) =>
      [...names.map((name) => row[name] ?? "NA"), row.simulated])].map((cells) => cells.join("\t")).join("\n");
    const file = `forest_${KEYS.map((key) => this.selects[key].value).join("_")}.tsv`;
    return table === null ? [said] : [table, said, button("Download TSV", `Download ${file}`, () =>
      save(new Blob([`${text}\n`], { type: "text/tab-separated-values" }), file))];
  }

  showCurves(rows) {
    const box = this.section.querySelector("#explore-curves"), { curves, curve_method: method } = this.numbers;
    const [signature, endpoint] = [this.selects.signature.value, this.selects.endpoint.value];
    const found = rows.filter((row) => `${row.label}/${signature}/${endpoint}` in curves);
    const head = make("h3", {}, "Curves by tertile of the score");
    if (!found.length) {
      box.replaceChildren(head, make("p", {}, "No cohort of this study has curves for this signature and endpoint."));
      return;
    }
    const note = this.selects.method.value === method ? "Tertiles are for display; the hazard ratio above is per standard deviation."
      : `Curves are kept for scores by ${method} only, whatever the method above. Tertiles are for display.`;
    box.replaceChildren(head, make("p", { class: "small" }, `${note} Point at a panel, or reach it with Tab and use the arrow keys, for exact values.`),
      make("div", { class: "panels" }, ...found.map((row) => drawCurves(curves[`${row.label}/${signature}/${endpoint}`], row, {
        signature,
        outcome: this.numbers.said.endpoint[this.selects.endpoint.selectedIndex],
        survival: this.numbers.said.survival[this.selects.endpoint.selectedIndex],
      }))));
  }
}

// the table, what is said below it, and the rows that it has; without weights where tau2 of the pool is not at hand
function drawForest(whole, rows, { weights = true, label: caption = "Forest of the chosen combination" } = {}) {
  const there = rows.filter((row) => !row.absent);
  const pooled = whole && whole.ok ? whole : null;
  const ends = [...there.filter((row) => row.ok), ...(pooled ? [pooled] : [])].flatMap((row) => [row.ci_low, row.ci_high]);
  const widest = Math.max(1.6, ...ends.map((end) => 1.06 * Math.exp(Math.min(Math.abs(end), 5))));
  const limit = Math.log(Math.min(8, widest));
  const place = (logHr) => EDGE + (100 - 2 * EDGE) * ((Math.max(-limit, Math.min(limit, logHr)) + limit) / (2 * limit));
  const real = there.filter((row) => row.ok && !row.simulated && !row.alone), tau2 = pooled?.tau2 ?? 0;
  const total = real.reduce((sum, row) => sum + 1 / (row.se ** 2 + tau2), 0);
  const lines = there.map((row) => {
    const weight = !weights ? undefined : real.includes(row) ? 1 / (row.se ** 2 + tau2) / total : null;
    const title = row.ok
      ? `${row.label}: HR ${estimateOf(row)}, ${pClause(row.p)}; ${counted(row.n, "tumour")}, ${counted(row.n_events, "event")}`
        + ((row.null_percentile ?? null) === null ? "" : `; ${(100 * row.null_percentile).toFixed(1)} % of random signatures lower`)
      : `${row.label}: ${row.told}: ${row.reason}`;
    return forestLine(row, row.simulated ? "simulated" : "cohort", row.label, weight, title, place, limit);
  });
  if (pooled) {
    const at = there.findIndex((row) => row.simulated), label = pooled.k === 1 ? "One cohort, not pooled" : "Pooled";
    const added = [forestLine(pooled, "pooled", label, weights ? 1 : undefined, `${label}: HR ${estimateOf(pooled)}, ${pClause(pooled.p)}`, place, limit)];
    if ((pooled.pi_low ?? null) !== null) {
      const range = { ...pooled, ci_low: pooled.pi_low, ci_high: pooled.pi_high };
      added.push(forestLine(range, "prediction", "Prediction interval", null, "HR expected in a further cohort", place, limit));
    }
    lines.splice(at < 0 ? lines.length : at, 0, ...added);
  }
  if (!lines.length) {
    return { table: null, said: make("p", {}, "No cohort of this study has this combination, so there is nothing to draw."), there };
  }
  const heads = [["Cohort", ""], ["Tumours", "n size"], ["Events", "n"], ["", "plot"], ["HR (95 % interval)", "n effect"],
    ...(weights ? [["Weight", "n size"]] : [])];
  const axis = makeSvg("svg", { class: "axis", "aria-hidden": "true" });
  for (const tick of TICKS.find(([most]) => Math.exp(limit) <= most)[1]) {
    if (Math.abs(Math.log(tick)) > limit) continue;
    const x = `${place(Math.log(tick))}%`;
    axis.append(makeSvg("line", { x1: x, x2: x, y1: 0, y2: 4 }), makeSvg("text", { x, y: 16 }, String(tick)));
  }
  const foot = ["", "size", "", "plot", "", "size"].slice(0, heads.length).map((name, i) => make("td", { class: name }, ...(i === 3 ? [axis] : [])));
  const table = make("table", { class: "forest", "aria-label": caption },
    make("thead", {}, make("tr", {}, ...heads.map(([words, name], i) => make("th", { scope: "col", class: name },
      i === 3 ? make("span", {}, "← lower risk | higher risk →") : words)))),
    make("tbody", {}, ...lines), make("tfoot", {}, make("tr", {}, ...foot)));
  const said = pooled === null ? "No cohort of patients gives an estimate, so there is no pooled value."
    : pooled.k === 1 ? "One cohort of patients: nothing is pooled, and heterogeneity cannot be told."
      : !weights ? "Pooled: Bayesian 95 % interval. Its p, q and rank are by Knapp and Hartung."
        : `Heterogeneity: I² ${pooled.i2.toFixed(0)} %, tau² ${pooled.tau2.toFixed(3)} (REML); pooled and prediction intervals are Bayesian.`;
  return { table, said: make("p", { class: "small" }, said), there };
}

function forestLine(row, kind, label, weight, title, place, limit) {
  const svg = makeSvg("svg", { class: "row", "aria-hidden": "true" }, makeSvg("title", {}, title));
  const at = (logHr) => `${place(logHr)}%`;
  const spot = (logHr, drawn) => makeSvg("svg", { x: at(logHr), y: 12, width: 1, height: 1, overflow: "visible" }, drawn);
  svg.append(makeSvg("line", { class: "none", x1: at(0), x2: at(0), y1: 0, y2: "100%" }));
  if (row.ok) {
    if (kind === "pooled") {
      const width = place(row.ci_high) - place(row.ci_low);
      const middle = (100 * (place(row.log_hr) - place(row.ci_low))) / width;
      svg.append(makeSvg("svg", { x: at(row.ci_low), y: 6, width: `${width}%`, height: 12, viewBox: "0 0 100 12", preserveAspectRatio: "none" },
        makeSvg("path", { class: "diamond", d: `M0 6L${middle} 0L100 6L${middle} 12z` })));
    } else {
      svg.append(makeSvg("line", { class: "interval", x1: at(row.ci_low), x2: at(row.ci_high), y1: 12, y2: 12 }));
      if (kind !== "prediction") {
        const side = (weight ?? null) === null ? SMALLEST : Math.max(SMALLEST, LARGEST * Math.sqrt(weight));
        svg.append(spot(row.log_hr, makeSvg("rect", { class: "square", x: -side / 2, y: -side / 2, width: side, height: side })));
      }
    }
    if (row.ci_low < -limit) svg.append(spot(-limit, makeSvg("path", { class: "beyond", d: "M-6 0L0 -4V4z" })));
    if (row.ci_high > limit) svg.append(spot(limit, makeSvg("path", { class: "beyond", d: "M6 0L0 -4V4z" })));
  }
  const count = (value) => (kind === "prediction" ? "" : value === null ? "–" : value.toLocaleString("en"));
  const said = !row.ok ? row.told
    : kind === "prediction" ? `${hazardRatio(row.ci_low)} to ${hazardRatio(row.ci_high)}` : estimateOf(row);
  const head = make("th", { scope: "row" }, ...breakable(label));
  if (kind === "simulated") head.append(" ", make("span", { class: "badge" }, "simulated, not patients"));
  const line = make("tr", { class: kind, title }, head, make("td", { class: "n size" }, count(row.n)),
    make("td", { class: "n" }, count(row.n_events)), make("td", { class: "plot" }, svg), make("td", { class: "n" }, said));
  if (weight !== undefined) {
    line.append(make("td", { class: "n size" }, kind === "prediction" ? "" : weight === null ? "–" : percent(weight)));
  }
  return line;
}

// one cohort: steps of three tertiles with intervals, how many are at risk, and the values at one time
function drawCurves(curve, row, { signature, outcome, survival }, { wide = 360, tall = 210, titled = true } = {}) {
  const left = 54, top = 24, right = 12, below = 26;
  const groups = Object.entries(curve.groups), rising = curve.kind === "cumulative_incidence";
  const last = Math.max(...groups.map(([, group]) => group.t.at(-1)));
  const x = (months) => left + ((wide - left - right) * months) / last, y = (share) => top + (tall - top - below) * (1 - share);
  const svg = makeSvg("svg", { viewBox: `0 0 ${wide} ${tall + 16 * (groups.length + 1)}`, class: "curve", "aria-hidden": "true" });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(makeSvg("line", { class: "grid", x1: left, x2: wide - right, y1: y(share), y2: y(share) }),
      makeSvg("text", { x: left - 5, y: y(share) + 4, class: "end" }, share.toFixed(2)));
  }
  const steps = (times, values) => times.map((time, i) =>
    (i ? `H${x(time).toFixed(1)}V${y(values[i]).toFixed(1)}` : `M${x(time).toFixed(1)} ${y(values[i]).toFixed(1)}`)).join("");
  for (const [name, group] of groups) {
    const low = group.e.map((value, i) => group.l[i] ?? value), high = group.e.map((value, i) => group.h[i] ?? value);
    const back = group.t.map((_, i) => group.t.length - 1 - i).map((i) =>
      `L${x(group.t[Math.min(i + 1, group.t.length - 1)]).toFixed(1)} ${y(low[i]).toFixed(1)}L${x(group.t[i]).toFixed(1)} ${y(low[i]).toFixed(1)}`).join("");
    svg.append(makeSvg("path", { class: `band ${name}`, d: `${steps(group.t, high)}${back}z` }),
      makeSvg("path", { class: `steps ${name}`, d: steps(group.t, group.e) }));
  }
  curve.ticks.forEach((tick, i) => {
    svg.append(makeSvg("text", { x: x(tick), y: tall - below + 16, class: "mid" }, String(tick)));
    groups.forEach(([name, group], j) => svg.append(
      makeSvg("text", { x: x(tick), y: tall + 16 * (j + 1), class: `mid ${name}` }, String(group.risk[i]))));
  });
  svg.append(makeSvg("text", { x: wide - right, y: tall, class: "end soft" }, "months"),
    makeSvg("text", { x: 0, y: tall, class: "soft" }, "at risk"));
  groups.forEach(([name], j) => svg.append(makeSvg("text", { x: 0, y: tall + 16 * (j + 1), class: name }, name)));
  groups.forEach(([name], j) => {
    const from = left + 102 * j;
    svg.append(makeSvg("path", { class: `steps ${name}`, d: `M${from} 9H${from + 18}` }),
      makeSvg("text", { x: from + 22, y: 13, class: name }, `${name} tertile`));
  });
  const axis = rising ? "cumulative incidence" : survival, middle = y(0.5);
  svg.append(makeSvg("text", { x: 10, y: middle, class: "mid soft axis", transform: `rotate(-90 10 ${middle})` }, axis));
  const cursor = makeSvg("line", { class: "cursor", y1: top, y2: tall - below, x1: -9, x2: -9 });
  svg.append(cursor);
  const what = rising ? `cumulative incidence of ${outcome}` : survival;
  const count = groups.reduce((sum, [, group]) => sum + group.n, 0), events = groups.reduce((sum, [, group]) => sum + group.events, 0);
  const said = make("p", { class: "small", role: "status" }, `${what}; n = ${count}, ${counted(events, "event")}`);
  const valueAt = (group, months) => {
    let i = 0;
    while (i + 1 < group.t.length && group.t[i + 1] <= months) i += 1;
    return `${group.e[i].toFixed(2)}${group.l[i] === null ? "" : ` (${group.l[i].toFixed(2)} to ${group.h[i].toFixed(2)})`}`;
  };
  let at = null;
  const point = (months) => {
    at = Math.max(0, Math.min(last, months));
    cursor.setAttribute("x1", x(at));
    cursor.setAttribute("x2", x(at));
    said.textContent = `${at.toFixed(0)} months: ${groups.map(([name, group]) =>
      `${name} ${at > group.t.at(-1) ? "not followed" : valueAt(group, at)}`).join("; ")}`;
  };
  const panel = make("div", { class: "curve-panel", tabindex: "0", role: "group",
    "aria-label": `${row.label}${row.simulated ? " (simulated, not patients)" : ""}: ${what} by tertile of ${signature}; arrow keys give values` }, svg);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    point((((event.clientX - box.left) / box.width) * wide - left) * (last / (wide - left - right)));
  });
  panel.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    point((at ?? 0) + way * Math.max(1, Math.round(last / 60)));
  });
  if (!titled) return make("div", {}, panel, said);
  const title = make("h4", {}, row.label);
  if (row.simulated) title.append(" ", make("span", { class: "badge" }, "simulated, not patients"));
  return make("div", { class: row.simulated ? "simulated" : "" }, title, panel, said);
}
