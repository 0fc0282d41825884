// Starts everything.

followContents(document.querySelector("nav"));
new FirstCurve(document.getElementById("first-curve"));
offerFigures();
offerTables();
new Explorer(document.getElementById("explore"));
new GeneBox(document.getElementById("genes"));
offerFolds();
