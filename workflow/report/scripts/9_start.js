// Starts everything.

followContents(document.querySelector("nav"));
offerFigures();
offerTables();
