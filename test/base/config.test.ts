import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { parseConfig } from '../../src/base/config.js';
import { isCyclopsError } from '../../src/base/errors.js';

const schema = z.strictObject({
  name: z.string(),
  cameras: z.array(z.strictObject({ fps: z.number().positive(), device: z.string().default('auto') })).min(1),
});

const good = 'name: car\ncameras:\n  - fps: 30\n';

test('a good file is parsed, defaults filled in, YAML and JSON alike', () => {
  const expected = { name: 'car', cameras: [{ fps: 30, device: 'auto' }] };
  assert.deepEqual(parseConfig(good, 'car.yaml', schema), expected);
  assert.deepEqual(parseConfig('{"name": "car", "cameras": [{"fps": 30}]}', 'car.json', schema), expected);
});

const bad: readonly [name: string, text: string, expected: RegExp][] = [
  ['a number out of range', good.replace('30', '-30'), /^car\.yaml:3 cameras\.0\.fps: .*found -30$/],
  ['a wrong type', good.replace('car', '[1]'), /^car\.yaml:1 name: expected string, found \[1\]$/],
  ['a missing key', 'cameras:\n  - fps: 1\n', /^car\.yaml:1 name: expected string, found nothing$/],
  ['an unknown key', `${good}    fsp: 3\n`, /^car\.yaml:3 cameras\.0: unknown key "fsp"$/],
  ['a doubled key', `${good}name: bus\n`, /^car\.yaml:4 .*unique/i],
  ['broken YAML', 'name: [car\ncameras: 3\n', /^car\.yaml:\d+ /],
  ['an empty file', '', /^car\.yaml:1 \(whole file\): /],
  ['an empty list', 'name: car\ncameras: []\n', /^car\.yaml:2 cameras: /],
];

for (const [name, text, expected] of bad) {
  test(`refused with file, line and field: ${name}`, () => {
    assert.throws(
      () => parseConfig(text, 'car.yaml', schema),
      (error) => {
        assert.ok(isCyclopsError(error, 'CONFIG_INVALID'));
        assert.match(error.message, expected);
        return true;
      },
    );
  });
}

test('every fault is told at once, one line each', () => {
  assert.throws(
    () => parseConfig('name: 3\ncameras:\n  - fps: 0\n  - fps: x\n', 'car.yaml', schema),
    (error) => isCyclopsError(error) && error.message.split('\n').length === 3,
  );
});
