"use strict";
(() => {
  const PER_PAGE = { groups: 50, leaks: 50, conflicts: 50, pairs: 50, failed: 200 };
  const MEMBERS = 24;
  const COPY_OF = "copy of the kept image: ";
  const number = new Intl.NumberFormat("en");
  const $ = (id) => document.getElementById(id);

  // Blocks of JSON are parsed when they are first needed, and kept.
  const parsed = new Map();
  const block = (id) => {
    if (!parsed.has(id)) parsed.set(id, JSON.parse($(id).textContent));
    return parsed.get(id);
  };
  const index = block("index");
  const blockOf = (starts, wanted) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= wanted) low = middle;
      else high = middle - 1;
    }
    return [low, wanted - starts[low]];
  };
  const group = (wanted) => {
    const [at, offset] = blockOf(index.groupStarts, wanted);
    return block("g" + at)[offset];
  };
  const thumb = (wanted) => {
    const [at, offset] = blockOf(index.thumbStarts, wanted);
    return block("t" + at)[offset];
  };

  // Names come from strangers' disks: they enter the page as text and never as markup.
  const element = (name, className, ...content) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...content);
    return made;
  };
  const bytes = (value) => {
    if (value === null) return "";
    if (value < 1000) return value + " B";
    const units = ["kB", "MB", "GB", "TB", "PB"];
    let unit = 0;
    for (value /= 1000; value >= 999.95 && unit + 1 < units.length; unit += 1) value /= 1000;
    return value.toFixed(value < 99.95 ? 1 : 0) + " " + units[unit];
  };
  // Cut, not rounded: what is less than 1 never reads as 1.
  const similarity = (value) => (Math.floor(value * 1000 + 1e-6) / 1000).toFixed(3);
  const counted = (value, one, many) => number.format(value) + " " + (value === 1 ? one : many);
  const kindName = { identical: "identical", pixels: "same pixels", near: "near" };

  const pathOf = (path) => {
    const cut = path.lastIndexOf("/") + 1;
    const name = element("bdi", "", element("span", "folder", path.slice(0, cut)), path.slice(cut));
    return element("p", "path", name);
  };
  const picture = (path, wanted) => {
    const box = element("div", "thumb");
    if (wanted === null) {
      box.append("no thumbnail");
      return box;
    }
    const image = element("img");
    image.alt = "Thumbnail of " + path;
    image.decoding = "async";
    image.addEventListener("load", () => {
      // A model that works on tiny pictures leaves tiny thumbnails: show their pixels.
      if (Math.max(image.naturalWidth, image.naturalHeight) <= 64) image.classList.add("tiny");
    });
    image.src = "data:image/jpeg;base64," + thumb(wanted);
    box.append(image);
    return box;
  };
  const facts = ([, , width, height, size, format]) => {
    const words = [width === null ? "" : width + " × " + height, [bytes(size), format].filter(Boolean).join(" ")];
    const parts = words.filter(Boolean).map((word) => element("span", "", word));
    return element("p", "facts", ...parts.flatMap((part) => [part, " "]));
  };
  const copyButton = (path) => {
    const button = element("button");
    button.type = "button";
    const say = (words) => {
      button.textContent = words;
      button.setAttribute("aria-label", words + ": " + path);
    };
    say("copy path");
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(path);
      } catch {
        // Some browsers keep the clipboard from pages that were opened as a file.
        const area = element("textarea");
        area.value = path;
        document.body.append(area);
        area.select();
        done = document.execCommand("copy");
        area.remove();
        button.focus();
      }
      say(done ? "copied" : "not allowed");
      setTimeout(say, 1600, "copy path");
    });
    return button;
  };
  const card = (className, image, verdict) => element(
    "li", className, picture(image[0], image[1]), ...verdict, facts(image), pathOf(image[0]), copyButton(image[0]),
  );

  const memberCard = (members, [image, , why, copyOf], severalKept) => {
    if (copyOf === null) {
      const verdict = element("p", "verdict", element("span", "badge", "keep"), element("span", "", why));
      return card("member kept", image, [verdict]);
    }
    const sure = why.startsWith(COPY_OF) ? why.slice(COPY_OF.length) : why;
    const verdict = [element("p", "verdict", element("span", "sure", sure))];
    if (severalKept) {
      const kept = members[copyOf][0][0];
      const name = element("bdi", "", kept.slice(kept.lastIndexOf("/") + 1));
      verdict.push(element("p", "facts", "copy of ", name));
    }
    return card("member", image, verdict);
  };
  const groupItem = (wanted) => {
    const [size, kind, weakest, freeable, since] = index.groups[wanted];
    const members = group(wanted);
    const severalKept = members.filter((member) => member[3] === null).length > 1;
    const words = [counted(size, "image", "images"), kindName[kind]];
    if (kind === "near") words.push("weakest link " + similarity(weakest));
    words.push(bytes(freeable) + " could be freed");
    const heading = element("h2", "", "Group " + number.format(wanted + 1));
    heading.id = "group-" + (wanted + 1);
    const list = element("ul", "members");
    const show = (from, to) => {
      list.append(...members.slice(from, to).map((member) => memberCard(members, member, severalKept)));
    };
    show(0, MEMBERS);
    const header = element("header", "", heading, element("p", "", words.join(" · ")));
    if (since) header.append(element("span", "since", since === "back" ? "back again" : "new since the last scan"));
    const item = element("article", "group", header, list);
    item.setAttribute("aria-labelledby", heading.id);
    if (members.length > MEMBERS) {
      const more = element("button", "more", "Show all " + number.format(members.length) + " images");
      more.type = "button";
      more.addEventListener("click", () => {
        more.remove();
        show(MEMBERS, members.length);
        const first = list.children[MEMBERS].querySelector("button");
        first.focus({ preventScroll: true });
      });
      item.append(more);
    }
    return item;
  };
  const pairItem = (wanted) => {
    const [value, a, b] = block("pairs")[wanted];
    const list = element("ul", "members", card("member", a, []), card("member", b, []));
    return element("article", "pair", element("h2", "", "Similarity " + similarity(value)), list);
  };
  // Two look-alikes with what tells them apart: their splits, or their labels.
  const crossingItem = (view) => (wanted) => {
    const [value, kind, a, b, ofA, ofB] = block(view)[wanted];
    const mark = (word) => [element("p", "verdict", element("bdi", "value", word))];
    const list = element("ul", "members", card("member", a, mark(ofA)), card("member", b, mark(ofB)));
    const words = kind === "near" ? "Similarity " + similarity(value) : kind === "pixels" ? "Same pixels" : "Same bytes";
    return element("article", "pair", element("h2", "", words), list);
  };
  const failedItems = (wanted) => {
    const box = element("div", "failures");
    const totals = new Map();
    for (const [reason] of block("failed")) totals.set(reason, (totals.get(reason) || 0) + 1);
    let list = null;
    let last = null;
    for (const at of wanted) {
      const [reason, path, detail] = block("failed")[at];
      if (reason !== last) {
        list = element("ul");
        box.append(element("h2", "", reason + " (" + number.format(totals.get(reason)) + ")"), list);
        last = reason;
      }
      list.append(element("li", "", pathOf(path), element("p", "detail", element("bdi", "", detail))));
    }
    return [box];
  };

  const views = {
    groups: { name: "Groups", all: index.groupsInAll, held: index.groups.length, table: "groups.parquet", one: "group", many: "groups" },
    leaks: { name: "Across splits", all: index.leaksInAll, held: block("leaks").length, table: "leaks.parquet", one: "pair", many: "pairs" },
    conflicts: { name: "Label conflicts", all: index.conflictsInAll, held: block("conflicts").length, table: "label_conflicts.parquet", one: "pair", many: "pairs" },
    pairs: { name: "Below threshold", all: index.pairsInAll, held: Math.min(index.pairsInAll, block("pairs").length), table: "pairs.parquet", one: "pair", many: "pairs" },
    failed: { name: "Failed", all: index.failedInAll, held: block("failed").length, table: "images.parquet", one: "image", many: "images" },
  };
  const first = Object.keys(views).find((view) => views[view].all > 0) || "groups";

  // The address holds the place: it survives a reload, and can be sent to somebody.
  const state = { view: first, text: "", kind: "", order: "", page: 1 };
  const read = () => {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) return false;
    const given = new URLSearchParams(hash);
    state.view = given.get("view") in views ? given.get("view") : first;
    state.text = given.get("text") || "";
    state.kind = given.get("kind") in kindName ? given.get("kind") : "";
    state.order = ["bytes", "alike", "unlike"].includes(given.get("order")) ? given.get("order") : "";
    state.page = Math.max(1, parseInt(given.get("page"), 10) || 1);
    return true;
  };
  const address = (changes) => {
    const wanted = { ...state, ...changes };
    const set = new URLSearchParams({ view: wanted.view });
    for (const key of ["text", "kind", "order"]) if (wanted[key]) set.set(key, wanted[key]);
    if (wanted.page > 1) set.set("page", wanted.page);
    return "#" + set;
  };

  const crossing = (view) => view === "leaks" || view === "conflicts";
  const texts = new Map();
  const textOf = (view, at) => {
    const key = view + at;
    if (!texts.has(key)) {
      let paths = [];
      if (view === "groups") paths = group(at).map((member) => member[0][0]);
      if (view === "pairs") paths = block("pairs")[at].slice(1).map((image) => image[0]);
      if (crossing(view)) paths = [...block(view)[at].slice(2, 4).map((image) => image[0]), ...block(view)[at].slice(4)];
      if (view === "failed") paths = [block("failed")[at][1]];
      texts.set(key, paths.join("\n").toLowerCase());
    }
    return texts.get(key);
  };
  const ordered = {
    bytes: (a, b) => index.groups[b][3] - index.groups[a][3] || a - b,
    alike: (a, b) => index.groups[b][2] - index.groups[a][2] || a - b,
    unlike: (a, b) => index.groups[a][2] - index.groups[b][2] || a - b,
  };
  let known = { key: null, items: [] };
  const matching = () => {
    const { view, text, kind, order } = state;
    const key = JSON.stringify([view, text, kind, order]);
    if (known.key === key) return known.items;
    const wanted = text.toLowerCase();
    let items = Array.from({ length: views[view].held }, (_, at) => at);
    if (crossing(view) && kind) items = items.filter((at) => block(view)[at][1] === kind);
    if (view === "groups" && kind) items = items.filter((at) => index.groups[at][1] === kind);
    if (wanted) items = items.filter((at) => textOf(view, at).includes(wanted));
    if (view === "groups" && order) items.sort(ordered[order]);
    known = { key, items };
    return items;
  };

  const statusText = (items, from, to) => {
    const view = views[state.view];
    if (view.all === 0) {
      if (state.view === "groups") return "No copies were found.";
      if (state.view === "leaks") return "No image has a look-alike in another split.";
      if (state.view === "conflicts") return "No two look-alikes have different labels.";
      return state.view === "failed" ? "Every image could be read." : "No pairs below the threshold were asked for (--top N lists them).";
    }
    let text = items.length === 0
      ? "Nothing matches the filter."
      : number.format(from + 1) + "–" + number.format(to) + " of " + counted(items.length, view.one, view.many);
    if (view.held < view.all) {
      text += ". This page holds the first " + number.format(view.held) + " of " + number.format(view.all) + "; all are in " + view.table + ".";
    }
    return text;
  };
  const renderBar = () => {
    for (const link of $("views").children) {
      const here = link.dataset.view === state.view;
      link.href = address({ view: link.dataset.view, page: 1 });
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const label of document.querySelectorAll("[data-for]")) label.hidden = !label.dataset.for.split(" ").includes(state.view);
    if (document.activeElement !== $("text")) $("text").value = state.text;
    $("kind").value = state.kind;
    $("order").value = state.order;
  };
  let pages = 1;
  const render = () => {
    const items = matching();
    const perPage = PER_PAGE[state.view];
    pages = Math.max(1, Math.ceil(items.length / perPage));
    state.page = Math.min(state.page, pages);
    const from = (state.page - 1) * perPage;
    const shown = items.slice(from, from + perPage);
    renderBar();
    $("status").textContent = statusText(items, from, from + shown.length);
    const each = { groups: groupItem, pairs: pairItem, leaks: crossingItem("leaks"), conflicts: crossingItem("conflicts") };
    const make = (all) => state.view === "failed" ? failedItems(all) : all.map(each[state.view]);
    $("items").replaceChildren(...make(shown));
    $("pager").hidden = pages === 1;
    $("previous").disabled = state.page === 1;
    $("next").disabled = state.page === pages;
    $("where").textContent = "Page " + number.format(state.page) + " of " + number.format(pages);
  };
  const turn = (by) => {
    const page = state.page + by;
    if (page >= 1 && page <= pages) location.hash = address({ page });
  };

  for (const [view, { name, all }] of Object.entries(views)) {
    // Photographs in folders have no splits and no labels that anybody meant.
    if (all === 0 && crossing(view)) continue;
    const link = element("a", "", name + " (" + number.format(all) + ")");
    link.dataset.view = view;
    $("views").append(link);
  }
  let last = null;
  const follow = () => {
    // An anchor such as the skip link's is no place in the list.
    if (!read() && last !== null) return;
    const place = state.view + state.page;
    render();
    if (last !== null && last !== place) $("bar").scrollIntoView();
    last = state.view + state.page;
  };
  addEventListener("hashchange", follow);
  $("previous").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  $("kind").addEventListener("change", () => { location.hash = address({ kind: $("kind").value, page: 1 }); });
  $("order").addEventListener("change", () => { location.hash = address({ order: $("order").value, page: 1 }); });
  let waiting = 0;
  $("text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => location.replace(address({ text: $("text").value, page: 1 })), 150);
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "ArrowRight") turn(1);
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "/") {
      event.preventDefault();
      $("text").focus();
    }
  });
  $("bar").hidden = false;
  follow();
})();
