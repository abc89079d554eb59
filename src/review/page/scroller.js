// Draws only what is in sight of a list or grid of any length: rows of one height, n columns.

// Browsers cannot lay out elements of any height: past this the scroll bar is a scale model.
const TALLEST = 12e6;
const AROUND = 3;

export class Scroller {
  // `draw(index)` makes an element; `seen(first, last)` is told what is in sight.
  constructor(viewport, { draw, seen = () => {}, across = false, gap = 0 }) {
    this.viewport = viewport;
    this.draw = draw;
    this.seen = seen;
    this.across = across;
    this.gap = gap;
    this.count = 0;
    this.size = 1;
    this.columns = 1;
    this.drawn = new Map();
    this.track = document.createElement("div");
    this.track.className = "track-all";
    this.track.setAttribute("role", "presentation");
    viewport.append(this.track);
    this.waiting = 0;
    viewport.addEventListener("scroll", () => this.soon(), { passive: true });
    this.watch = new ResizeObserver(() => this.soon());
    this.watch.observe(viewport);
  }

  // `size`: height of a row (width, where it runs across) with its gap, in CSS pixels.
  lay({ count = this.count, size = this.size, columns = this.columns }) {
    const changed = size !== this.size || columns !== this.columns;
    this.count = count;
    this.size = size;
    this.columns = columns;
    const full = Math.ceil(count / columns) * size;
    this.full = Math.max(0, full - this.gap);
    this.shown = Math.min(this.full, TALLEST);
    this.track.style[this.across ? "width" : "height"] = this.shown + "px";
    if (changed) this.clear();
    this.render();
  }

  soon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.render();
    });
  }

  get length() {
    return this.across ? this.viewport.clientWidth : this.viewport.clientHeight;
  }

  get place() {
    return this.across ? this.viewport.scrollLeft : this.viewport.scrollTop;
  }

  // How far the true place is from the place on the scale model.
  get shift() {
    const room = this.shown - this.length;
    return room > 0 ? (this.place / room) * (this.full - this.shown) : 0;
  }

  range() {
    const top = this.place + this.shift;
    const first = Math.max(0, Math.floor(top / this.size)) * this.columns;
    const last = Math.min(this.count, Math.ceil((top + this.length) / this.size) * this.columns) - 1;
    return [first, last];
  }

  render() {
    const [first, last] = this.range();
    const from = Math.max(0, first - AROUND * this.columns);
    const to = Math.min(this.count - 1, last + AROUND * this.columns);
    const shift = this.shift;
    for (const [index, element] of this.drawn) {
      if (index < from || index > to) {
        // What has the keyboard's focus stays, or the keyboard would fall out of the page.
        if (element.contains(document.activeElement) && index < this.count) continue;
        element.remove();
        this.drawn.delete(index);
      }
    }
    for (let index = from; index <= to; index += 1) {
      let element = this.drawn.get(index);
      if (!element) {
        element = this.draw(index);
        this.drawn.set(index, element);
        this.insert(index, element);
      }
      this.put(index, element, shift);
    }
    if (last >= first) this.seen(first, last);
  }

  // In the order of the list: the keyboard and assistive technology walk the document.
  insert(index, element) {
    let before = null;
    let nearest = Infinity;
    for (const [other, there] of this.drawn) {
      if (other > index && other < nearest) {
        nearest = other;
        before = there;
      }
    }
    this.track.insertBefore(element, before);
  }

  put(index, element, shift) {
    const along = Math.floor(index / this.columns) * this.size - shift;
    const style = element.style;
    if (this.across) {
      style.transform = `translateX(${along}px)`;
      return;
    }
    style.height = this.size - this.gap + "px";
    style.transform = `translateY(${along}px)`;
    const column = index % this.columns;
    const width = `(100% - ${(this.columns - 1) * this.gap}px) / ${this.columns}`;
    style.width = `calc(${width})`;
    style.left = `calc((${width} + ${this.gap}px) * ${column})`;
  }

  clear() {
    for (const element of this.drawn.values()) element.remove();
    this.drawn.clear();
  }

  // Draws again what stands at an index, or everything.
  redraw(index) {
    if (index === undefined) this.clear();
    else {
      this.drawn.get(index)?.remove();
      this.drawn.delete(index);
    }
    this.render();
  }

  reveal(index) {
    const top = Math.floor(index / this.columns) * this.size;
    const bottom = top + this.size - this.gap;
    const place = this.place + this.shift;
    let wanted = null;
    if (top < place) wanted = top;
    else if (bottom > place + this.length) wanted = bottom - this.length;
    if (wanted !== null) this.goto(wanted);
    this.render();
    return this.drawn.get(index);
  }

  goto(wanted) {
    const room = this.full - this.length;
    const scale = room > 0 ? (this.shown - this.length) / room : 1;
    this.viewport[this.across ? "scrollLeft" : "scrollTop"] = Math.round(wanted * scale);
  }
}
