/** How a material is lit. */
const materialKinds = { surface: 0, road: 1, leaf: 2, glow: 3, ground: 4 } as const;

/** What a triangle's material index stands for. Colours are linear reflectance 0..1. */
export interface Material {
  readonly kind: keyof typeof materialKinds;
  /** Texture index; absent = plain colour. */
  readonly texture?: number;
  /** Texture repeats per unit of the mesh's texture coordinates. */
  readonly repeatU?: number;
  readonly repeatV?: number;
  readonly colour?: readonly [number, number, number];
  /** Whether the instance's tint multiplies the colour (car paint, plaster). */
  readonly tinted?: boolean;
  /** Texels with alpha below one half are holes. */
  readonly cutout?: boolean;
  /** A second texture, multiplied on at this many repeats per unit, so that no repetition is seen from afar. */
  readonly macro?: number;
  readonly macroRepeat?: number;
  /** Reflectance at normal incidence (glass 0.04-0.1, metal 0.6); 0 = no mirror reflection. */
  readonly mirror?: number;
  /** Exponent of the sun's highlight; below 1 = none. */
  readonly gloss?: number;
  /** Share of light that passes through a leaf. */
  readonly translucency?: number;
}

/** The materials of one scene as columns, for the shading loop. */
export class MaterialTable {
  readonly kind = new Uint8Array(1024);
  readonly texture = new Int32Array(1024);
  readonly macro = new Int32Array(1024);
  readonly cutout = new Uint8Array(1024);
  readonly tinted = new Uint8Array(1024);
  /** 10 a material: r, g, b, repeatU, repeatV, macroRepeat, mirror, gloss, translucency, unused. */
  readonly values = new Float32Array(1024 * 10);
  #count = 0;

  /** Adds a material and returns its index. */
  add(material: Material): number {
    const index = this.#count++;
    if (index >= 1024) throw new Error('assertion failed: at most 1024 materials a scene');
    this.kind[index] = materialKinds[material.kind];
    this.texture[index] = material.texture ?? -1;
    this.macro[index] = material.macro ?? -1;
    this.cutout[index] = material.cutout === true ? 1 : 0;
    this.tinted[index] = material.tinted === true ? 1 : 0;
    const [r, g, b] = material.colour ?? [1, 1, 1];
    this.values.set(
      [
        r,
        g,
        b,
        material.repeatU ?? 1,
        material.repeatV ?? material.repeatU ?? 1,
        material.macroRepeat ?? 0,
        material.mirror ?? 0,
        material.gloss ?? 0,
        material.translucency ?? 0,
      ],
      index * 10,
    );
    return index;
  }
}
