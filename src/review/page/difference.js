// How two pictures differ, dot by dot: both drawn at one size, the absolute difference made visible.

const LARGEST = 1400;
const VISIBLE = 8; // of 255: less is what saving a JPEG again does

export const common = (a, b) => {
  const larger = a.naturalWidth * a.naturalHeight >= b.naturalWidth * b.naturalHeight ? a : b;
  const scale = Math.min(1, LARGEST / Math.max(larger.naturalWidth, larger.naturalHeight));
  return [Math.max(1, Math.round(larger.naturalWidth * scale)), Math.max(1, Math.round(larger.naturalHeight * scale))];
};

const dots = (image, width, height) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // As the scan does: what is transparent lies over white.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
};

// Three bytes a dot, and how much of the picture differs in a way that an eye may see.
export const measure = (a, b) => {
  const [width, height] = common(a, b);
  const [left, right] = [dots(a, width, height), dots(b, width, height)];
  const apart = new Uint8ClampedArray(width * height * 3);
  let strongest = 0;
  let differing = 0;
  for (let from = 0, to = 0; from < left.length; from += 4, to += 3) {
    const red = Math.abs(left[from] - right[from]);
    const green = Math.abs(left[from + 1] - right[from + 1]);
    const blue = Math.abs(left[from + 2] - right[from + 2]);
    apart[to] = red;
    apart[to + 1] = green;
    apart[to + 2] = blue;
    const most = Math.max(red, green, blue);
    if (most > strongest) strongest = most;
    if (most > VISIBLE) differing += 1;
  }
  return { width, height, apart, strongest, share: differing / (width * height) };
};

export const paint = (canvas, measured, amplify) => {
  const { width, height, apart } = measured;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let from = 0, to = 0; from < apart.length; from += 3, to += 4) {
    picture.data[to] = apart[from] * amplify;
    picture.data[to + 1] = apart[from + 1] * amplify;
    picture.data[to + 2] = apart[from + 2] * amplify;
    picture.data[to + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
};

export const words = ({ strongest, share }) => {
  if (strongest === 0) return ["No dot differs", ""];
  const part = share < 0.0005 ? "Hardly a dot" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
  return [`${part} differs visibly`, `The strongest difference of a dot is ${strongest} of 255.`];
};
