// The curve of the first screen, and its chooser.

class FirstCurve {
  constructor(box) {
    this.select = box?.querySelector("select");
    if (!this.select) return;
    this.box = box;
    this.select.addEventListener("change", () => this.show());
    this.show();
  }

  async show() {
    const numbers = await exploreNumbers(), option = this.select.selectedOptions[0];
    const [cohort, signature, endpoint] = this.select.value.split("/"), at = numbers.words.endpoint.indexOf(endpoint);
    const made = "simulated" in option.dataset;
    this.box.classList.toggle("simulated", made);
    this.box.querySelector("h3").textContent = option.textContent;
    this.box.querySelector("#first-curve-more").href = `#${option.dataset.figure}`;
    this.box.querySelector("#first-curve-said").textContent = option.dataset.said;
    const row = { label: cohort, simulated: made };
    const said = { outcome: numbers.said.endpoint[at], survival: numbers.said.survival[at], signature };
    const drawn = drawCurves(numbers.curves[this.select.value], row, said, { wide: 540, tall: 230, titled: false });
    this.box.querySelector("#first-curve-drawn").replaceChildren(...drawn.childNodes);
  }
}
