// Files inside the page, the state in its address, and the contents. Without scripts all figures, sentences and
// the rows of the primary analysis are still there.

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") element.className = value;
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

const SVG = "http://www.w3.org/2000/svg";
const makeSvg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

const holds = (name) => document.getElementById(`file-${name}`) !== null;
const bytesOf = (name) =>
  Uint8Array.from(atob(document.getElementById(`file-${name}`).textContent), (letter) => letter.charCodeAt(0));
const unpacked = (name) => new Response(new Blob([bytesOf(name)]).stream().pipeThrough(new DecompressionStream("gzip")));
const unpack = (name) => unpacked(name).text();

function save(content, name) {
  const link = make("a", { download: name, href: URL.createObjectURL(content) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function button(words, label, action) {
  const made = make("button", { type: "button", class: "button", "aria-label": label }, words);
  made.addEventListener("click", action);
  return made;
}

function labelled(words, control) {
  return make("label", {}, words, control);
}

// `#section?key=value&...`: what is chosen, so that an address can be shared
const state = {
  get id() { return location.hash.slice(1).split("?")[0]; },
  get all() { return new URLSearchParams(location.hash.split("?")[1] ?? ""); },
  set(changes, id) {
    const all = this.all;
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") all.delete(key);
      else all.set(key, value);
    }
    const said = all.toString();
    const anchor = id ?? this.id;
    history.replaceState(null, "", said ? `#${anchor}?${said}` : anchor ? `#${anchor}` : location.pathname);
  },
};

// beside the page where there is room, folded away where there is not; the section in view is marked
function followContents(nav) {
  const fold = nav.querySelector("details"), wide = matchMedia("(min-width: 70rem)");
  const set = () => { fold.open = wide.matches; };
  wide.addEventListener("change", set);
  set();
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  nav.addEventListener("click", (event) => {
    if (event.target.closest("a") && !wide.matches) fold.open = false;
  });
  const watch = new IntersectionObserver((seen) => {
    for (const entry of seen) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  links.forEach((_, id) => watch.observe(document.getElementById(id)));
}

// calls `action` once, when the element comes near the window, or is printed
function whenNear(element, action, margin = "900px") {
  const waiting = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    waiting.disconnect();
    action();
  }, { rootMargin: margin });
  waiting.observe(element);
}
