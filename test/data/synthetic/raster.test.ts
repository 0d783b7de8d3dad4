import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameGeometry } from '../../../src/data/synthetic/frame-geometry.js';
import { MaterialTable } from '../../../src/data/synthetic/material.js';
import { MeshBuilder } from '../../../src/data/synthetic/mesh.js';
import { VisibilityBuffer } from '../../../src/data/synthetic/raster.js';
import { syntheticCamera } from '../../../src/data/synthetic/render-pair.js';
import { TextureStore } from '../../../src/data/synthetic/texture.js';
import { identity, placement, viewFrom } from '../../../src/data/synthetic/transform.js';
import { disparityOf, skyDisparityPx, visibilityOf } from '../../../src/data/synthetic/truth.js';

type Point = readonly [number, number, number];

const camera = syntheticCamera(240, 72);
const materials = new MaterialTable();
const plain = materials.add({ kind: 'surface' });
const textures = new TextureStore();

/** Draws quads given by four corners each (world: y up) from a camera at the origin. */
function draw(quads: readonly (readonly [Point, Point, Point, Point])[]) {
  const builder = new MeshBuilder();
  builder.material = plain;
  for (const corners of quads) builder.face(...corners);
  const geometry = new FrameGeometry();
  const view = viewFrom(placement(0, 0, 0));
  const frustum = { ...camera, farM: 1e4, shadowM: 50 };
  geometry.load([{ mesh: builder.build(), transform: identity, tint: 0xffffff }], view, frustum);
  const left = new VisibilityBuffer(camera.width, camera.height);
  const right = new VisibilityBuffer(camera.width, camera.height);
  left.draw(geometry, camera, 0, 0.3, materials, textures);
  right.draw(geometry, camera, camera.baselineM, 0.3, materials, textures);
  return { geometry, left, right };
}

test('the disparity of a slanted plane that begins behind the camera is exact at every pixel it covers', () => {
  // Ground 1.5 m below the eye, tilted sideways: y = -1.5 + 0.1 x. It runs from behind the camera to 80 m.
  const at = (x: number, z: number): Point => [x, -1.5 + 0.1 * x, z];
  const { left } = draw([[at(-60, -5), at(60, -5), at(60, 80), at(-60, 80)]]);
  const disparity = disparityOf(left, camera);
  let covered = 0;
  for (let y = 0; y < camera.height; y++) {
    for (let x = 0; x < camera.width; x++) {
      const d = disparity.data[y * camera.width + x]!;
      if (left.owner[y * camera.width + x]! < 0) {
        assert.equal(d, Math.fround(skyDisparityPx));
        continue;
      }
      // Ray (rx, -ry, 1) z meets the plane where -ry z = -1.5 + 0.1 rx z.
      const rx = (x - camera.cxPx) / camera.fxPx;
      const ry = (y - camera.cyPx) / camera.fyPx;
      const z = 1.5 / (ry + 0.1 * rx);
      const expected = (camera.fxPx * camera.baselineM) / z;
      assert.ok(Math.abs(d - expected) < 1e-4, `pixel ${x},${y}: expected ${expected}, found ${d}`);
      covered++;
    }
  }
  assert.ok(covered > camera.width * camera.height * 0.3);
});

test('adjoining triangles leave no cracks: a wall of many quads covers every sample', () => {
  const quads: [Point, Point, Point, Point][] = [];
  for (let i = -40; i < 40; i++) {
    for (let j = -20; j < 20; j++) {
      const at = (a: number, b: number): Point => [a * 0.37 + b * 0.011, b * 0.31 - a * 0.007, 12 + 0.1 * a];
      quads.push([at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)]);
    }
  }
  const { left, right } = draw(quads);
  assert.ok(left.owner.every((record) => record >= 0));
  assert.ok(right.owner.every((record) => record >= 0));
});

test('a post in front of a wall hides a strip of known width on its left, and nothing else', () => {
  const [postZ, wallZ] = [5, 20];
  const wall: [Point, Point, Point, Point] = [
    [-60, -30, wallZ],
    [60, -30, wallZ],
    [60, 30, wallZ],
    [-60, 30, wallZ],
  ];
  const post: [Point, Point, Point, Point] = [
    [-0.3, -30, postZ],
    [0.4, -30, postZ],
    [0.4, 30, postZ],
    [-0.3, 30, postZ],
  ];
  const { geometry, left, right } = draw([wall, post]);
  const disparity = disparityOf(left, camera);
  const mask = visibilityOf(left, right, disparity, -1, camera, geometry, materials, textures);
  const focal = camera.fxPx;
  const dPost = (focal * camera.baselineM) / postZ;
  const dWall = (focal * camera.baselineM) / wallZ;
  const postLeft = camera.cxPx + (focal * -0.3) / postZ;
  for (let y = 0; y < camera.height; y++) {
    for (let x = 0; x < camera.width; x++) {
      const i = y * camera.width + x;
      const isPost = disparity.data[i]! > (dPost + dWall) / 2;
      // A wall point is hidden where its match lies under the post's image in the right view.
      const inShadow = !isPost && x - dWall > postLeft - dPost && x < postLeft;
      const outside = x - disparity.data[i]! < 0;
      assert.equal(mask.data[i], inShadow || outside ? 0 : 1, `pixel ${x},${y}`);
    }
  }
});

test('what is behind the camera or nearer than the near plane is not drawn', () => {
  const { left } = draw([
    [
      [-1, -1, -3],
      [1, -1, -3],
      [1, 1, -3],
      [-1, 1, -3],
    ],
    [
      [-1, -1, 0.1],
      [1, -1, 0.1],
      [1, 1, 0.1],
      [-1, 1, 0.1],
    ],
  ]);
  assert.ok(left.owner.every((record) => record === -1));
});
