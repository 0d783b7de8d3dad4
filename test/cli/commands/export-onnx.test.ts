import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { unary } from '../../../src/export/graph/ops.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { encodePng } from '../../../src/image/codec.js';
import { writeHandWrittenCheckpoint } from '../../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function runProgram(program: string, args: readonly string[]): Promise<Ended> {
  const path = join(packageRoot(), 'dist/src/cli', program);
  return new Promise((resolve) => {
    execFile(process.execPath, [path, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test('export-onnx and inspect, as a user runs them', { skip: withoutTensorFlow }, async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const output = join(folder, 'package');
  const exported = await runProgram('export-onnx.js', [
    checkpoint,
    '-o',
    output,
    '--channels',
    'BGRx',
    '--size',
    '32x16',
  ]);
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.out, /mono-edge-32x16: mono-edge, step 12\n {2}input {4}image uint8 \[1, 16, 32, 4\] BGRx/);
  assert.match(exported.out, /parity {3}max relative difference \d\.\d\de-\d+ over 4 images/);
  const shown = await runProgram('bin.js', ['inspect', output, '--golden']);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /golden {3}ok: max relative difference/);
  assert.match(shown.out, /nodes {4}\d+: .*2 Conv/);
  const json = JSON.parse((await runProgram('bin.js', ['inspect', output, '--json'])).out);
  assert.equal(json.package.input.channels, 'BGRx');
  assert.equal(json.graph.parameters, 117);
  assert.match(json.package.provenance.command, /--channels BGRx --min-depth 0\.5 --max-depth 80$/);
});

test('whole frames, flip test-time augmentation and confidence inside the graph, compared with tfjs', {
  skip: withoutTensorFlow,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const output = join(folder, 'package');
  const around = ['--frame-size', '100x40', '--fx', '50', '--flip-tta', '--confidence', 'flip', '--channels', 'RGBA'];
  const exported = await runProgram('export-onnx.js', [checkpoint, '-o', output, ...around]);
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.out, /image uint8 \[1, 40, 100, 4\] RGBA/);
  assert.match(exported.out, /looks at 80x40 at \(8, 0\), as 32x16; NaN around it/);
  assert.match(exported.out, /confidence float32 \[1, 40, 100, 1\] 0 to 1: agreement with the mirror image/);
  assert.match(exported.out, /parity .* over 4 images .*, of confidence \d/);
  const shown = await runProgram('bin.js', ['inspect', output, '--golden']);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /flip TTA +image and mirror image/);
  const { package: written } = JSON.parse((await runProgram('bin.js', ['inspect', output, '--json'])).out);
  assert.match(written.provenance.command, /--frame-size 100x40 --fx 50 --flip-tta --confidence flip/);
});

test("a user's own model.json with facts becomes a package", { skip: withoutTensorFlow }, async (context) => {
  const folder = await temporaryFolder(context);
  const model = join(await writeHandWrittenCheckpoint(folder), 'network', 'model.json');
  const facts = join(folder, 'mine.yaml');
  const lines = [
    'name: mine',
    'input: { mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3] }',
    'output: { layer: head, quantity: inverse-depth, factor: 0.5 }',
    'camera: { fxPx: 20 }',
  ];
  await writeFile(facts, lines.join('\n'));
  const output = join(folder, 'package');
  const exported = await runProgram('export-onnx.js', [model, '--facts', facts, '-o', output, '--flip-tta']);
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.out, /^mine-32x16: mine, step 0/);
  const dry = await runProgram('export-onnx.js', [model, '--facts', facts, '--dry-run']);
  assert.match(dry.out, /input {4}image uint8 \[1, 16, 32, 3\]/);
  const shown = JSON.parse((await runProgram('bin.js', ['inspect', output, '--json'])).out).package;
  assert.deepEqual(shown.camera, { fxPx: 20, fyPx: 20, cxPx: 15.5, cyPx: 7.5 });
  assert.equal(shown.flipTta, true);

  const refused: readonly [text: string, sentence: RegExp][] = [
    [lines.join('\n').replace('inverse-depth', 'disparity'), /camera\.baselineM: expected the baseline/],
    [
      lines.join('\n').replace('layer: head', 'layer: tail'),
      /expected an output of the network \(head\), found "tail"/,
    ],
    [lines.join('\n').replace('quantity', 'kind'), /unknown key "kind"/],
  ];
  for (const [text, sentence] of refused) {
    await writeFile(facts, text);
    const { code, err } = await runProgram('export-onnx.js', [model, '--facts', facts, '-o', output, '--no-parity']);
    assert.notEqual(code, 0);
    assert.match(err, sentence);
  }
});

test('what is wrong ends with one line and its exit code', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const output = join(folder, 'package');
  const cases: readonly [args: readonly string[], code: number, sentence: RegExp][] = [
    [['export-onnx', checkpoint], 2, /--output: expected a value; usage: cyclops export-onnx .*\[USAGE_INVALID\]/],
    [
      ['export-onnx', checkpoint, '-o', output, '--precision', 'int8'],
      2,
      /--precision int8 needs --calibrate FRAMES: ranges come from real frames/,
    ],
    [
      ['export-onnx', checkpoint, '-o', output, '--calibration', 'minmax'],
      2,
      /--calibration does not go with --precision fp32/,
    ],
    [
      ['export-onnx', checkpoint, '-o', output, '--channels', 'GRB'],
      2,
      /--channels: expected one of RGB, RGBA, BGRx, found "GRB"/,
    ],
    [
      ['export-onnx', checkpoint, '-o', output, '--size', '64x16', '--no-parity'],
      4,
      /expected a network of 64x16 \(--size\), found 32x16/,
    ],
    [
      ['export-onnx', `${folder}none`, '-o', output, '--no-parity'],
      4,
      /expected a checkpoint folder with run\.json, found none/,
    ],
    [['inspect', output], 3, /package: no such file or folder \[FILE_MISSING\]/],
  ];
  for (const [args, code, sentence] of cases) {
    const ended = await runProgram('bin.js', args);
    assert.equal(ended.code, code, ended.err);
    assert.match(ended.err, sentence);
    assert.equal(ended.err.trim().split('\n').length, 1, ended.err);
    assert.equal(ended.out, '');
  }
  await assert.rejects(stat(output), { code: 'ENOENT' });
  const exported = await runProgram('bin.js', ['export-onnx', checkpoint, '-o', output, '--no-parity']);
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.out, /parity {3}not checked/);
  await truncate(join(output, 'model.onnx'), 300);
  const damaged = await runProgram('bin.js', ['inspect', output]);
  assert.equal(damaged.code, 4);
  assert.match(damaged.err, /model\.onnx: not an ONNX model, or a damaged one: .*\[MODEL_INVALID\]/);
});

test('TensorRT settings go into the package, to the screen, and around an engine', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const output = join(folder, 'package');
  const make = ['export-onnx', checkpoint, '-o', output, '--no-parity', '--tensorrt', 'orin'];
  const exported = await runProgram('bin.js', [...make, '--tensorrt-option', 'dlaCore=0']);
  assert.equal(exported.code, 0, exported.err);
  const line = `trtexec --onnx=${output}/model.onnx --saveEngine=${output}/model.engine --fp16 --useDLACore=0 --allowGPUFallback --memPoolSize=workspace:2048 --builderOptimizationLevel=3 --timingCacheFile=trtexec.timing`;
  assert.ok(exported.out.includes(`  trtexec  ${line}\n`), exported.out);
  const shown = await runProgram('bin.js', ['inspect', output]);
  assert.ok(shown.out.includes(line), shown.out);
  assert.match(shown.out, /tensorrt orin: .*trt_dla_core=0 trt_dla_enable=1 .*trt_fp16_enable=1/);
  const json = JSON.parse((await runProgram('bin.js', ['inspect', output, '--json'])).out);
  assert.equal(json.package.tensorRt.dlaCore, 0);
  assert.match(json.package.provenance.command, /--tensorrt orin --tensorrt-option dlaCore=0$/);

  const engine = join(folder, 'board.engine');
  await writeFile(engine, new Uint8Array(2000).fill(3));
  const packed = await runProgram('bin.js', [
    'export-onnx',
    output,
    '--epcontext',
    engine,
    '-o',
    join(folder, 'packed'),
  ]);
  assert.equal(packed.code, 0, packed.err);
  assert.match(packed.out, /model\.engine \(2\.0 KiB\)/);
  assert.match(
    (await runProgram('bin.js', ['inspect', join(folder, 'packed')])).out,
    /engine {3}model\.engine, built from/,
  );

  const cases: readonly [args: readonly string[], sentence: RegExp][] = [
    [['--tensorrt', 'nano'], /--tensorrt: expected one of orin, orin-nano, xavier, agx-thor, dgpu, found "nano"/],
    [['--tensorrt', 'orin-nano', '--tensorrt-option', 'dlaCore=0'], /dlaCore: .*no deep learning accelerator/],
    [['--tensorrt-option', 'dlaCore'], /expected NAME=VALUE, found "dlaCore"/],
    [['--epcontext', engine, '--channels', 'RGBA'], /--channels does not go with --epcontext/],
  ];
  for (const [args, sentence] of cases) {
    const ended = await runProgram('bin.js', ['export-onnx', checkpoint, '-o', join(folder, 'no'), ...args]);
    assert.equal(ended.code, 2, ended.err);
    assert.match(ended.err, sentence);
  }
});

test('a folder of images calibrates: checkpoint to fp32 package, fp32 package to fp16', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const [exact, half] = [join(folder, 'fp32'), join(folder, 'fp16')];
  const first = await runProgram('export-onnx.js', [checkpoint, '-o', exact, '--no-parity']);
  assert.equal(first.code, 0, first.err);
  const frames = join(folder, 'frames');
  await mkdir(frames);
  // Twice the network's size: the images are cut and resized as the runtime would do it.
  for (let seed = 0; seed < 5; seed++) {
    const data = Uint8Array.from({ length: 64 * 32 * 3 }, (_, index) => (index * (seed + 3)) % 256);
    await writeFile(join(frames, `${seed}.png`), await encodePng({ width: 64, height: 32, data }));
  }
  const reducing = ['--precision', 'fp16', '--calibrate', frames, '--calibration-frames', '3'];
  const second = await runProgram('export-onnx.js', [exact, '-o', half, ...reducing]);
  assert.equal(second.code, 0, second.err);
  assert.match(second.out, /fp16 {5}no tensor beyond its range; to fp32 over 3 frames: mean relative difference \d/);
  const shown = await runProgram('bin.js', ['inspect', half, '--golden']);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /opset 17, fp16\)/);
  const refused = await runProgram('export-onnx.js', [exact, '-o', half, ...reducing, '--channels', 'BGRx']);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /--channels does not go with .*fp32, which is a package/);
});

test('a dry run prints what would come out and writes nothing; inspect shows where two packages differ', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const planned = await runProgram('export-onnx.js', [checkpoint, '--dry-run', '--channels', 'RGBA']);
  assert.equal(planned.code, 0, planned.err);
  assert.match(planned.out, /input {4}image uint8 \[1, 16, 32, 4\]\n {2}output {3}depth float32 \[1, 16, 32, 1\]/);
  assert.match(planned.out, /cost {5}0\.00 M parameters, 0\.00 GFLOP an image/);
  assert.match(planned.out, /memory {3}\d.* constants, .* activations at most \(at /);
  assert.match(planned.out, /nodes {4}\d+: 2 Conv, /);
  assert.match(planned.out, /fallback none: TensorRT takes every node/);
  const whole = await runProgram('export-onnx.js', [
    checkpoint,
    '--dry-run',
    '--frame-size',
    '64x32',
    '--size',
    '32x16',
  ]);
  assert.match(whole.out, /view {5}camera 64x32, focal length unknown: cropped to 64x32 at \(0, 0\)/);
  const sized = await runProgram('export-onnx.js', [checkpoint, '--dry-run', '--size', '64x32']);
  assert.match(sized.err, /expected a network of 64x32 \(--size\), found 32x16/);
  const json = JSON.parse((await runProgram('export-onnx.js', [checkpoint, '--dry-run', '--json'])).out);
  assert.equal(json.summary.parameters, 117);
  assert.equal(json.precision, 'fp32');
  const half = await runProgram('export-onnx.js', [checkpoint, '--dry-run', '--precision', 'fp16']);
  assert.match(half.out, /nodes {4}\d+: .*\d Cast/, half.err);
  assert.match(half.out, /numbers {2}fp16; what frames decide is left open/);
  await assert.rejects(stat(join(folder, 'a')), { code: 'ENOENT' });

  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  for (const [output, farthest] of [
    [a, '80'],
    [b, '60'],
  ] as const) {
    const args = [checkpoint, '-o', output, '--no-parity', '--max-depth', farthest];
    assert.equal((await runProgram('export-onnx.js', args)).code, 0);
  }
  const again = await runProgram('export-onnx.js', [a, '--dry-run']);
  assert.match(again.err, /is a package; cyclops inspect shows all of it \[USAGE_INVALID\]/);
  const compared = await runProgram('bin.js', ['inspect', a, b]);
  assert.equal(compared.code, 0, compared.err);
  assert.match(compared.out, /differences, A -> B\n/);
  assert.match(compared.out, /package {2}output\.maxM: 80 -> 60/);
  assert.match(compared.out, /weights {2}\d+ equal, 2 differ: post\/\S+ \(\d+ %\)/);
  const alike = JSON.parse((await runProgram('bin.js', ['inspect', a, a, '--json'])).out);
  assert.deepEqual(alike.differences.fields, []);
  assert.deepEqual(alike.differences.graph.changedNodes, []);
});

test('inspect shows an ONNX file that is no package; a bare export takes no settings of packages', async (context) => {
  const folder = await temporaryFolder(context);
  const path = join(folder, 'bare.onnx');
  const graph = new GraphBuilder('bare', ['y']);
  graph.output(unary(graph, 'squash', 'Tanh', graph.input('x', 'float32', [1, 5])), 'y');
  await writeFile(path, encodeModel(graph.build(), { producerVersion: '1', metadata: {} }));
  const shown = await runProgram('bin.js', ['inspect', path]);
  assert.equal(shown.code, 0, shown.err);
  assert.match(
    shown.out,
    /a graph without package facts\n {2}input {4}x float32 \[1, 5\]\n {2}output {3}y float32 \[1, 5\]/,
  );
  assert.match(
    (await runProgram('bin.js', ['inspect', path, '--golden'])).err,
    /is a bare graph, .* \[USAGE_INVALID\]/,
  );
  const refused = await runProgram('export-onnx.js', [join(folder, 'model.json'), '-o', path, '--channels', 'RGBA']);
  assert.match(refused.err, /--channels does not go with a model\.json/);
});
