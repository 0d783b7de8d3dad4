import { MaterialTable } from '../material.js';
import { TextureStore } from '../texture.js';
import { paintSign, type SignName, signNames } from './sign-faces.js';
import { paintStreetTexture } from './textures.js';

/** Textures and materials of the street world: the same for every scene, so that meshes can be kept between scenes. */
export interface StreetMaterials {
  readonly textures: TextureStore;
  readonly table: MaterialTable;
  readonly cloudTextures: readonly number[];
  readonly asphalt: readonly number[];
  readonly paving: readonly number[];
  readonly cobbles: number;
  readonly kerb: number;
  readonly concrete: number;
  readonly grass: readonly number[];
  readonly soil: number;
  readonly gravel: number;
  /** Tinted by the instance: the house's colour. `plainWall` has almost no texture. */
  readonly walls: readonly number[];
  readonly plainWall: number;
  readonly roof: readonly number[];
  /** Plain: the colour is the vertices'. */
  readonly paint: number;
  readonly window: number;
  readonly curtain: number;
  readonly posters: readonly number[];
  readonly wood: number;
  readonly bark: number;
  readonly leaves: readonly number[];
  readonly needles: number;
  readonly tuft: number;
  readonly treeline: number;
  readonly wireMesh: number;
  readonly carPaint: number;
  readonly carGlass: number;
  readonly tyre: number;
  readonly rim: number;
  readonly plastic: number;
  readonly lamp: number;
  readonly glow: number;
  readonly metal: number;
  readonly cloth: number;
  readonly signs: Readonly<Record<SignName, number>>;
}

let kept: StreetMaterials | undefined;

/** The street world's materials, painted on first use. */
export function streetMaterials(): StreetMaterials {
  kept ??= createMaterials();
  return kept;
}

function createMaterials(): StreetMaterials {
  const textures = new TextureStore();
  const table = new MaterialTable();
  const paint = (name: Parameters<typeof paintStreetTexture>[0], variant = 0): number =>
    textures.add(paintStreetTexture(name, variant));
  const wear = [paint('wear', 0), paint('wear', 1)];
  const greys = [0.52, 0.4, 0.62, 0.47];
  const leafTextures = [0, 1, 2].map((variant) => paint('leaves', variant));
  const grassWear = wear[1]!;
  const signs = Object.fromEntries(
    signNames.map((name) => [
      name,
      table.add({ kind: 'surface', texture: textures.add(paintSign(name)), gloss: 12, mirror: 0.01 }),
    ]),
  ) as Record<SignName, number>;
  return {
    textures,
    table,
    signs,
    cloudTextures: [0, 1].map((variant) => paint('clouds', variant)),
    asphalt: greys.map((tone, variant) =>
      table.add({
        kind: 'road',
        texture: paint('asphalt', variant),
        repeatU: 0.22,
        colour: [tone * 1.02, tone, tone * 0.98],
        macro: wear[variant % 2]!,
        macroRepeat: 0.043,
      }),
    ),
    paving: [0, 1, 2].map((variant) =>
      table.add({
        kind: 'ground',
        texture: paint('paving', variant),
        repeatU: [0.5, 0.36, 0.7][variant]!,
        colour: [
          [0.55, 0.53, 0.5],
          [0.5, 0.46, 0.42],
          [0.42, 0.42, 0.43],
        ][variant] as [number, number, number],
        macro: wear[1]!,
        macroRepeat: 0.06,
      }),
    ),
    cobbles: table.add({
      kind: 'ground',
      texture: paint('cobbles'),
      repeatU: 0.55,
      colour: [0.45, 0.43, 0.4],
      macro: wear[0]!,
      macroRepeat: 0.07,
    }),
    kerb: table.add({ kind: 'ground', texture: paint('concrete', 1), repeatU: 0.9, colour: [0.62, 0.6, 0.57] }),
    concrete: table.add({
      kind: 'ground',
      texture: paint('concrete'),
      repeatU: 0.3,
      colour: [0.6, 0.58, 0.55],
      macro: wear[0]!,
      macroRepeat: 0.05,
    }),
    grass: [0, 1].map((variant) =>
      table.add({
        kind: 'ground',
        texture: paint('grass', variant),
        repeatU: 0.33,
        macro: grassWear,
        macroRepeat: 0.06,
      }),
    ),
    soil: table.add({ kind: 'ground', texture: paint('soil'), repeatU: 0.4, macro: grassWear, macroRepeat: 0.07 }),
    gravel: table.add({
      kind: 'ground',
      texture: paint('asphalt', 7),
      repeatU: 0.5,
      colour: [0.55, 0.5, 0.43],
      macro: wear[0]!,
      macroRepeat: 0.06,
    }),
    walls: [
      table.add({ kind: 'surface', texture: paint('plaster', 0), repeatU: 0.2, tinted: true }),
      table.add({ kind: 'surface', texture: paint('plaster', 1), repeatU: 0.27, tinted: true }),
      table.add({ kind: 'surface', texture: paint('brick', 0), repeatU: 0.5, tinted: true }),
      table.add({ kind: 'surface', texture: paint('stone', 0), repeatU: 0.4, tinted: true }),
      table.add({ kind: 'surface', texture: paint('concrete', 2), repeatU: 0.25, tinted: true }),
    ],
    plainWall: table.add({ kind: 'surface', texture: paint('plain'), repeatU: 0.1, tinted: true }),
    roof: [0, 1].map((variant) =>
      table.add({
        kind: 'surface',
        texture: paint('roof', variant),
        repeatU: 0.25,
        colour: variant === 0 ? [0.42, 0.15, 0.09] : [0.16, 0.15, 0.16],
      }),
    ),
    paint: table.add({ kind: 'surface' }),
    window: table.add({ kind: 'surface', colour: [0.025, 0.028, 0.03], mirror: 0.07, gloss: 300 }),
    curtain: table.add({
      kind: 'surface',
      texture: paint('cloth', 1),
      repeatU: 1,
      colour: [0.5, 0.48, 0.44],
      mirror: 0.05,
      gloss: 200,
    }),
    posters: [0, 1, 2, 3, 4].map((variant) =>
      table.add({ kind: 'surface', texture: paint('poster', variant), repeatU: 0.4, repeatV: 0.8, mirror: 0.03 }),
    ),
    wood: table.add({ kind: 'surface', texture: paint('wood'), repeatU: 1, colour: [0.3, 0.2, 0.12] }),
    bark: table.add({ kind: 'surface', texture: paint('bark'), repeatU: 1 }),
    leaves: leafTextures.map((texture) =>
      table.add({ kind: 'leaf', texture, cutout: true, tinted: true, translucency: 0.5 }),
    ),
    needles: table.add({ kind: 'leaf', texture: paint('needles'), cutout: true, tinted: true, translucency: 0.2 }),
    tuft: table.add({ kind: 'leaf', texture: paint('tuft'), cutout: true, tinted: true, translucency: 0.5 }),
    treeline: table.add({ kind: 'leaf', texture: paint('treeline'), cutout: true, tinted: true, translucency: 0.2 }),
    wireMesh: table.add({
      kind: 'surface',
      texture: paint('mesh'),
      repeatU: 10,
      colour: [0.35, 0.37, 0.36],
      cutout: true,
    }),
    carPaint: table.add({ kind: 'surface', tinted: true, mirror: 0.05, gloss: 60 }),
    carGlass: table.add({ kind: 'surface', colour: [0.012, 0.014, 0.015], mirror: 0.03, gloss: 250 }),
    tyre: table.add({ kind: 'surface', colour: [0.02, 0.02, 0.02] }),
    rim: table.add({ kind: 'surface', colour: [0.3, 0.3, 0.32], mirror: 0.3, gloss: 40 }),
    plastic: table.add({ kind: 'surface', colour: [0.025, 0.025, 0.027], mirror: 0.02, gloss: 10 }),
    lamp: table.add({ kind: 'surface', mirror: 0.15, gloss: 100 }),
    glow: table.add({ kind: 'glow' }),
    metal: table.add({
      kind: 'surface',
      texture: paint('plain', 3),
      repeatU: 0.7,
      colour: [0.5, 0.52, 0.53],
      mirror: 0.06,
      gloss: 20,
    }),
    cloth: table.add({ kind: 'surface', texture: paint('cloth'), repeatU: 1.5 }),
  };
}
