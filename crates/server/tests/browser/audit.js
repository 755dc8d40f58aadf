// What keeps somebody from reading or using the page that is shown: a list of faults, in words.
(() => {
  const faults = [];
  const fault = (what, element) => {
    const text = element ? element.outerHTML.slice(0, 80) : "the page";
    faults.push(`${what}: ${text}`);
  };
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);

  if (!document.documentElement.lang) fault("no language");
  if (!document.title) fault("no title");
  for (const landmark of ["header", "main", "footer", "h1"]) {
    if (document.querySelectorAll(landmark).length !== 1) fault(`not one ${landmark}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) fault(`the id ${id} twice`);

  for (const element of all("button, a[href], summary, h1, h2, h3")) {
    if (!element.textContent.trim()) fault("no name", element);
  }
  for (const element of all("input")) {
    if (!element.labels.length || !element.labels[0].textContent.trim()) fault("no label", element);
    for (const id of element.getAttribute("aria-describedby")?.split(" ") ?? []) {
      if (!document.getElementById(id)) fault("described by nothing", element);
    }
  }
  for (const element of all("dialog")) {
    const title = document.getElementById(element.getAttribute("aria-labelledby"));
    if (!title?.textContent.trim()) fault("a dialog without a name", element);
  }
  const technical = /\b[a-z]+(_[a-z]+)+\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
  for (const [text] of document.body.innerText.matchAll(technical)) {
    fault(`a code or an id is shown: ${text}`);
  }
  for (const element of all("button, a.button, summary, input")) {
    // A box is ticked by its label, too.
    const hit = element.type === "checkbox" ? element.labels[0] : element;
    const { width, height } = hit.getBoundingClientRect();
    if (Math.min(width, height) < 44) fault("too small to hit", element);
  }
  if (document.documentElement.scrollWidth > window.innerWidth) fault("it scrolls sideways");

  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) =>
    [red, green, blue]
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color[3] === undefined || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const between = (one, other) => {
    const [a, b] = [light(one), light(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  for (const element of all("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("[id=status]")) continue;
    const contrast = between(parts(getComputedStyle(element).color), ground(element));
    if (contrast < 4.5) fault(`contrast ${contrast.toFixed(2)}`, element);
  }
  for (const element of all("button, a.button, input:not([type=checkbox])")) {
    const edge = parts(getComputedStyle(element).borderTopColor);
    const contrast = between(edge, ground(element.parentElement));
    if (edge[3] !== 0 && contrast < 3) fault(`a border of ${contrast.toFixed(2)}`, element);
  }
  for (const element of all("a[href]")) {
    const color = getComputedStyle(element).color;
    if (color === "rgb(0, 0, 238)") fault("a link as browsers colour it", element);
  }
  return faults;
})()
