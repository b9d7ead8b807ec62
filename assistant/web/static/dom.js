// Text to nodes. Nobody's text ever becomes HTML; links are made of known numbers and sources only.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== "" && child !== false));
  return made;
}

export function button(words, action, properties = {}) {
  const made = element("button", { type: "button", ...properties }, words);
  made.addEventListener("click", action);
  return made;
}

/** Fills `%name` in words of the interface. */
export const fill = (words, values) =>
  words.replace(/%(\w+)/g, (whole, name) => (name in values ? String(values[name]) : whole));

const CONTACTS = ["emergency", "crisis", "cancer_line", "out_of_hours_line"];
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The site's own telephone numbers in a text become links; nothing else does. */
function withNumbers(text, site) {
  const known = new Map();
  for (const { number, tel } of CONTACTS.flatMap((name) => site[name]?.numbers ?? [])) known.set(number, tel);
  if (!known.size) return [text];
  const numbers = [...known.keys()].sort((one, other) => other.length - one.length).map(escaped);
  const pattern = new RegExp(`(?<![\\d+])(${numbers.join("|")})(?!\\d)`);
  return text
    .split(pattern)
    .map((part) => (known.has(part) ? element("a", { href: `tel:${known.get(part)}` }, part) : part));
}

export function inline(text, site) {
  return text
    .split(/\*\*(.+?)\*\*/s)
    .map((part, index) => {
      const nodes = withNumbers(part, site);
      return index % 2 ? element("strong", {}, nodes) : nodes;
    })
    .flat();
}

/** Paragraphs, bullet lists and bold: the Markdown that answers and advice are written in. */
export function markdown(text, site) {
  const blocks = [];
  let open = null;
  for (const line of text.split("\n")) {
    const bullet = /^\s*[-*•]\s+(.*)/.exec(line);
    const heading = /^#{1,6}\s+(.*)/.exec(line);
    if (!line.trim()) open = null;
    else if (heading) {
      blocks.push({ lines: [`**${heading[1]}**`] });
      open = null;
    } else if (bullet) {
      if (!open?.items) blocks.push((open = { items: [] }));
      open.items.push(bullet[1]);
    } else if (open?.items) open.items[open.items.length - 1] += ` ${line.trim()}`;
    else if (open) open.lines.push(line.trim());
    else blocks.push((open = { lines: [line.trim()] }));
  }
  return blocks.map(({ items, lines }) =>
    items
      ? element("ul", {}, items.map((item) => element("li", {}, inline(item, site))))
      : element("p", {}, inline(lines.join(" "), site)),
  );
}

/** What to call with: a button for a contact of one number, else its words with each number a link. */
export function callLink(contact, words, style = "call") {
  const label = (number) => fill(words.call, { number });
  if (contact.tel) return element("a", { class: style, href: `tel:${contact.tel}` }, label(contact.text));
  return element("strong", { class: "call-words" }, withNumbers(label(contact.text), { emergency: contact }));
}
