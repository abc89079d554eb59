// One view for two pictures: how far in, and which point lies in the middle. Both follow it.

const MOST = 40;
const STEP = 1.25;

export class Zoom extends EventTarget {
  constructor() {
    super();
    this.home();
  }

  home() {
    this.by = 1; // 1: the whole picture fits
    this.x = 0.5; // the point of the picture in the middle of the frame, 0 to 1
    this.y = 0.5;
    this.tell();
  }

  // `full` is the zoom at which one pixel of the larger picture is one of the screen.
  limits(full) {
    return [Math.min(1, full), Math.max(MOST, full * 8)];
  }

  // Zooms so that the point under the pointer stays where it is. `at`: place in the frame, and how the picture lies in it.
  to(by, full, at = null) {
    const [least, most] = this.limits(full);
    const wanted = Math.min(most, Math.max(least, by));
    if (at) {
      this.x += (at.x - at.width / 2) / at.shownWidth * (1 - this.by / wanted);
      this.y += (at.y - at.height / 2) / at.shownHeight * (1 - this.by / wanted);
    }
    this.by = wanted;
    this.keep();
    this.tell();
  }

  in(full) {
    this.to(this.by * STEP, full);
  }

  out(full) {
    this.to(this.by / STEP, full);
  }

  // By parts of the picture.
  pan(x, y) {
    this.x += x;
    this.y += y;
    this.keep();
    this.tell();
  }

  keep() {
    const edge = Math.min(0.5, 0.5 / this.by);
    this.x = Math.min(1 - edge, Math.max(edge, this.x));
    this.y = Math.min(1 - edge, Math.max(edge, this.y));
  }

  tell() {
    this.dispatchEvent(new Event("view"));
  }

  // Where a picture of this size lies in a frame of that size: scale, left, top.
  lay(width, height, frameWidth, frameHeight) {
    const scale = Math.min(frameWidth / width, frameHeight / height) * this.by;
    const along = (middle, shown, frame) => {
      if (shown <= frame) return (frame - shown) / 2;
      return Math.min(0, Math.max(frame - shown, frame / 2 - middle * shown));
    };
    return {
      scale, left: along(this.x, width * scale, frameWidth), top: along(this.y, height * scale, frameHeight),
    };
  }
}

// Wheel, pinch, drag and double click on a frame. `where(event)` tells how the picture lies there.
export const follow = (frame, zoom, { where, full }) => {
  const pointers = new Map();
  let apart = 0;
  frame.addEventListener("wheel", (event) => {
    event.preventDefault();
    const strong = event.ctrlKey ? 0.01 : 0.0016;
    const turned = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    zoom.to(zoom.by * Math.exp(-turned * strong), full(), where(event));
  }, { passive: false });
  frame.addEventListener("dblclick", (event) => {
    if (zoom.by > 1.01) zoom.home();
    else zoom.to(Math.max(full(), 2), full(), where(event));
  });
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button, input")) return;
    frame.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    frame.classList.add("held");
    apart = 0;
  });
  frame.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    pointers.set(event.pointerId, event);
    const at = where(event);
    if (pointers.size === 1) {
      zoom.pan((before.clientX - event.clientX) / at.shownWidth, (before.clientY - event.clientY) / at.shownHeight);
      return;
    }
    const [a, b] = [...pointers.values()];
    const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    if (apart > 0) zoom.to(zoom.by * now / apart, full(), where(middle));
    apart = now;
  });
  const end = (event) => {
    pointers.delete(event.pointerId);
    apart = 0;
    if (!pointers.size) frame.classList.remove("held");
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
};
