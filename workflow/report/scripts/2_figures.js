// A figure stands in the page as <noscript>, which costs a browser with scripts nothing until it comes near.

const FONTS = document.getElementById("fonts").textContent;
const JOINTS = "*{stroke-linejoin:round;stroke-linecap:butt}";
const LETTERS = `text{font-family:"Report figures","DejaVu Sans",sans-serif;fill:#1a1a1a}`; // as style.css has them
const PNG_DPI = 300;

function draw(picture) {
  const waiting = picture.querySelector("noscript");
  if (waiting === null) return;
  const held = document.createElement("template");
  held.innerHTML = waiting.textContent;
  const svg = held.content.firstElementChild;
  svg.setAttribute("aria-hidden", "true"); // the finding in words is the label of what holds it
  waiting.replaceWith(svg);
}

// the picture as a file of its own: with its size in points, its font and the look of its joints
function standalone(picture) {
  draw(picture);
  const svg = picture.querySelector("svg").cloneNode(true);
  svg.removeAttribute("class");
  svg.removeAttribute("aria-hidden");
  svg.setAttribute("width", `${picture.dataset.width}pt`);
  svg.setAttribute("height", `${picture.dataset.height}pt`);
  svg.prepend(makeSvg("style", {}, `${FONTS}\n${JOINTS}${LETTERS}`));
  return new XMLSerializer().serializeToString(svg);
}

async function asPng(picture) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(picture))}`;
  await image.decode();
  const canvas = make("canvas");
  canvas.width = Math.round((picture.dataset.width / 72) * PNG_DPI);
  canvas.height = Math.round((picture.dataset.height / 72) * PNG_DPI);
  const paper = canvas.getContext("2d");
  paper.fillStyle = "#ffffff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function offerFigure(figure) {
  const picture = figure.querySelector(".picture"), name = figure.id.replace("figure-", "");
  const title = picture.parentElement.getAttribute("aria-label");
  const offers = make("div", { class: "downloads", role: "group", "aria-label": `Download: ${title}` }, "Download ");
  const offer = (kind, action) => offers.append(button(kind, `${kind}: ${title}`, action));
  offer("SVG", () => save(new Blob([standalone(picture)], { type: "image/svg+xml" }), `${name}.svg`));
  offer("PNG", async () => save(await asPng(picture), `${name}.png`));
  if (holds(`${figure.id}.pdf`)) {
    offer("PDF", () => save(new Blob([bytesOf(`${figure.id}.pdf`)], { type: "application/pdf" }), `${name}.pdf`));
  } else {
    const beside = figure.querySelector(".files a"); // the page has no room for it; the folder of results has it
    if (beside) offers.append(make("a", { class: "button", href: beside.getAttribute("href"), "aria-label": `PDF, in the folder of results: ${title}` }, "PDF"));
  }
  if (holds(`${figure.id}.tsv`)) {
    offer("TSV", async () => {
      save(new Blob([await unpack(`${figure.id}.tsv`)], { type: "text/tab-separated-values" }), `${name}.tsv`);
    });
  }
  picture.parentElement.after(offers);
  whenNear(picture, () => draw(picture));
}

function offerFigures() {
  document.querySelectorAll("figure").forEach(offerFigure);
  addEventListener("beforeprint", () => document.querySelectorAll(".picture").forEach(draw));
}
