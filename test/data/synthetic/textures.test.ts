import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type FlyingTextureKind, paintFlyingTexture } from '../../../src/data/synthetic/flying/textures.js';
import { paintStreetTexture, type StreetTexture } from '../../../src/data/synthetic/street/textures.js';
import type { TexturePlanes } from '../../../src/data/synthetic/texture.js';

// Rendered pairs are named by seed alone, and a few of them show a few textures only: here is one of each kind. A kind
// without a line does not compile.

const flying: Readonly<Record<FlyingTextureKind, string>> = {
  clouds: '1a5ba20272356c23',
  grain: 'ad6ab9e4d3e7a471',
  leaves: '82114d49b5e82410',
  cells: '0c2f82e8c21c75bb',
  marks: 'c7442fed77505ad5',
  regular: 'c46f3a86ec7631bb',
  stripes: '1548b5545cc4d64f',
  plain: '857a0affea97b5ec',
};

const street: Readonly<Record<StreetTexture, string>> = {
  asphalt: 'fc3884e10419d61c',
  bark: 'dd82a073f0e41037',
  brick: '59fbcbabf9c7992b',
  cloth: '2d47cd95e35737b8',
  clouds: '5019ec6ef50487ad',
  cobbles: 'c3057c8dcb434821',
  concrete: '4c5f9377170c7901',
  grass: '78890486bc071207',
  leaves: '933a3455016ec2be',
  mesh: 'fa11de29f142e243',
  needles: '36193544490500c2',
  paving: '93f79080e1363620',
  plain: '3279a8e2789bed57',
  plaster: '5940384f5271c6b8',
  poster: 'ad901019d2ae4625',
  roof: '0e0392acd9db7db5',
  soil: '07215b090aba1242',
  stone: '1dc75fea5c4eb4dd',
  treeline: '4ac94f1212f2c0a8',
  tuft: '24dbaa8af5c5eceb',
  wear: '45e2a676be90ee06',
  wood: 'a7dfce0567dac4ac',
};

function digestOf({ r, g, b, a }: TexturePlanes): string {
  const hash = createHash('sha256');
  for (const plane of a === undefined ? [b, g, r] : [a, b, g, r]) hash.update(plane);
  return hash.digest('hex').slice(0, 16);
}

for (const [kind, digest] of Object.entries(flying)) {
  test(`flying, ${kind}: the texture has not changed since it was written down`, () => {
    assert.equal(digestOf(paintFlyingTexture(kind as FlyingTextureKind, 3)), digest);
  });
}

for (const [name, digest] of Object.entries(street)) {
  test(`street, ${name}: the texture has not changed since it was written down`, () => {
    assert.equal(digestOf(paintStreetTexture(name as StreetTexture, 3)), digest);
  });
}
