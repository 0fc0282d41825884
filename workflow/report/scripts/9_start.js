// Starts everything.

followContents(document.querySelector("nav"));
offerFigures();
offerTables();
new Explorer(document.getElementById("explore"));
if (location.hash.includes("?")) document.getElementById(state.id)?.scrollIntoView();
