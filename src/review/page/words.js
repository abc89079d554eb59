// Words and small parts: how numbers, sizes and dates are written, and how elements are made.

const number = new Intl.NumberFormat("en");

// Names come from strangers' disks: they enter the page as text and never as markup.
export const element = (name, className, ...content) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content.filter((part) => part !== null && part !== undefined));
  return made;
};

// A button with its key beside its words; the key is for the eye, assistive technology hears `aria-keyshortcuts`.
export const button = (words, className, act, key = "") => {
  const made = element("button", className, element("span", "", words));
  made.type = "button";
  if (key) {
    made.append(element("kbd", "", key));
    made.lastChild.setAttribute("aria-hidden", "true");
    made.setAttribute("aria-keyshortcuts", key.replace("⇧", "Shift+"));
  }
  made.addEventListener("click", act);
  return made;
};

const SVG = "http://www.w3.org/2000/svg";
export const svg = (name, attributes = {}, ...content) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
};
export const icon = (name) => svg("svg", { "aria-hidden": "true" }, svg("use", { href: "#i-" + name }));

export const $ = (id) => document.getElementById(id);

export const count = (value) => number.format(value);
export const counted = (value, one, many = one + "s") => count(value) + " " + (value === 1 ? one : many);

// Of removals that a plan at this threshold leaves.
export const lowerWords = (value) => `${count(value)} more ${value === 1 ? "was" : "were"} chosen at a lower threshold, and stay${value === 1 ? "s" : ""} at this one.`;

export const bytes = (value) => {
  if (value === null || value === undefined) return "";
  if (value < 1000) return value + " B";
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  for (value /= 1000; value >= 999.95 && unit + 1 < units.length; unit += 1) value /= 1000;
  return value.toFixed(value < 99.95 ? 1 : 0) + " " + units[unit];
};

// Cut, not rounded: what is less than 1 never reads as 1.
export const similarity = (value) => (Math.floor(value * 1000 + 1e-6) / 1000).toFixed(3);
export const percent = (value, digits = 1) => (value * 100).toFixed(digits) + " %";
export const day = (text) => (text ? text.slice(0, 10).replaceAll(":", "-") : "");

export const kindName = { identical: "identical", pixels: "same pixels", near: "near" };

export const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);
export const fileOf = (path) => path.slice(path.lastIndexOf("/") + 1);

// The folder gives way first where room is short: the name is what people look for.
export const pathLine = (path) => {
  const line = element("bdi", "path", element("span", "folder", folderOf(path)), element("span", "file", fileOf(path)));
  line.title = path;
  return line;
};

// A copy button that says whether it worked.
export const copyButton = (text, words = "Copy") => {
  const made = button(words, "copy", async () => {
    const label = made.firstChild;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Not allowed";
    }
    setTimeout(() => { label.textContent = words; }, 1600);
  });
  made.setAttribute("aria-label", words + ": " + text);
  return made;
};

// Calls `act` once the calls have stopped for a while.
export const later = (milliseconds, act) => {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds, ...given);
  };
};

export const store = {
  get: (key) => {
    try {
      return localStorage.getItem("lookalike." + key);
    } catch {
      return null;
    }
  },
  set: (key, value) => {
    try {
      if (value === null) localStorage.removeItem("lookalike." + key);
      else localStorage.setItem("lookalike." + key, value);
    } catch {
      // A browser that keeps nothing: the page works, it only forgets.
    }
  },
};
