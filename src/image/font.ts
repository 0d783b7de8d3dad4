import type { RgbImage } from '../geometry/raster.js';

/** An 8-bit colour. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Width of a character cell at scale 1, px, with the gap to the next one. */
export const characterWidth = 6;
/** Height of a character cell at scale 1, px, with the gap to the next line. */
export const characterHeight = 8;

// One word a character from space to tilde: seven rows, top to bottom, each five pixels as a base-32 digit. Our own
// font, so that images carry labels on machines without any fonts.
const glyphs = `
0000000 4444404 aaa0000 aavavaa 4fke5u4 op248j3 cik8lid 4480000 2488842 8422248 04lel40 044v440 0000c48 000v000 00000cc
01248g0 ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888 ehhehhe ehhf12c 0cc0cc0 0cc0c48 248g842 00v0v00
8421248 eh12404 eh1dlle ehhvhhh uhhuhhu ehggghe sihhhis vgguggv vgguggg ehgnhhf hhhvhhh e44444e 72222ic hikokih ggggggv
hrllhhh hhpljhh ehhhhhe uhhuggg ehhhlid uhhukih fgge11u v444444 hhhhhhe hhhhha4 hhhllla hha4ahh hhha444 v1248gv e88888e
0g84210 e22222e 4ah0000 000000v 8420000 00e1fhf ggmphhu 00egghe 11djhhf 00ehvge 698s888 0fhhf1e ggmphhh 40c444e 20622ic
ggikoki c44444e 00qllhh 00mphhh 00ehhhe 00uhugg 00djf11 00mpggg 00ege1u 88s8896 00hhhjd 00hhha4 00hhlla 00ha4ah 00hhf1e
00v248v 2448442 4444444 8442448 008l200
`
  .trim()
  .split(/\s+/);

/** Width of a text in px when drawn. */
export function textWidth(text: string, scale = 1): number {
  return text.length * characterWidth * scale;
}

/** Draws one line of text with its left top corner at (x, y), clipped to the image; characters beyond ASCII become "?". */
export function drawText(image: RgbImage, x: number, y: number, text: string, color: Rgb, scale = 1): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const glyph = glyphs[code >= 32 && code <= 126 ? code - 32 : 31]!;
    for (let row = 0; row < 7; row++) {
      const bits = Number.parseInt(glyph[row]!, 32);
      for (let column = 0; column < 5; column++) {
        if ((bits >> (4 - column)) & 1) {
          fillRect(image, x + (i * characterWidth + column) * scale, y + row * scale, scale, scale, color);
        }
      }
    }
  }
}

/** Fills a rectangle, clipped to the image. */
export function fillRect(image: RgbImage, x: number, y: number, width: number, height: number, color: Rgb): void {
  const right = Math.min(image.width, x + width);
  const bottom = Math.min(image.height, y + height);
  for (let row = Math.max(0, y); row < bottom; row++) {
    for (let column = Math.max(0, x); column < right; column++) {
      const at = (row * image.width + column) * 3;
      image.data[at] = color[0];
      image.data[at + 1] = color[1];
      image.data[at + 2] = color[2];
    }
  }
}

/** Copies an image into another with its left top corner at (x, y), clipped. */
export function drawImage(target: RgbImage, x: number, y: number, source: RgbImage): void {
  const left = Math.max(0, -x);
  const columns = Math.min(source.width, target.width - x) - left;
  if (columns <= 0) return;
  for (let row = Math.max(0, -y); row < source.height && y + row < target.height; row++) {
    const from = (row * source.width + left) * 3;
    target.data.set(source.data.subarray(from, from + columns * 3), ((y + row) * target.width + x + left) * 3);
  }
}
