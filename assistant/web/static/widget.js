// What a page loads: brings <bone-chat> to life from the server that this script came from.

(() => {
  const base = new URL(".", document.currentScript.src);
  import(new URL("assets/element.js", base).href).then(({ define }) => define(base));
})();
