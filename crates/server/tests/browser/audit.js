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
  for (const element of all("button, a.button, summary, input")) {
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) < 22) fault("too small to hit", element);
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
  for (const element of all("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("[id=status]")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) fault(`contrast ${contrast.toFixed(2)}`, element);
  }
  return faults;
})()
