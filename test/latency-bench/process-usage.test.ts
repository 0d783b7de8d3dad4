import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseProcStat, treeUsage, UsageMeter } from '../../src/latency-bench/process-usage.js';

test('times are found behind a name with spaces and parentheses', () => {
  const text = '42 (a) (b c)) S 1 42 42 0 -1 4194304 100 0 0 0 30 12 5 3 20 0 1 0 100 1000 10 0';
  assert.deepEqual(parseProcStat(text), { ticks: 50 });
});

test('a busy child counts while it runs and after it was waited for, an excluded one does not', async () => {
  const before = treeUsage();
  const child = spawn(process.execPath, [
    '-e',
    'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end); console.log("busy"); process.stdin.resume().once("end", () => process.exit())',
  ]);
  await once(child.stdout, 'data');
  const during = treeUsage();
  assert.ok(during.cpuS - before.cpuS >= 0.25, `${during.cpuS - before.cpuS} s`);
  assert.equal(during.processes, before.processes + 1);
  assert.ok(during.rssBytes > before.rssBytes + 10e6);
  const without = treeUsage(process.pid, [child.pid!]);
  assert.equal(without.processes, before.processes);
  assert.ok(without.cpuS < during.cpuS - 0.25);
  child.stdin.end();
  await once(child, 'exit');
  const after = treeUsage();
  assert.ok(after.cpuS >= during.cpuS, 'time of an ended child is kept');
  assert.equal(after.processes, before.processes);
});

test('a meter adds up its stretches only', () => {
  const burn = (seconds: number): void => {
    const start = process.cpuUsage();
    for (
      let now = start;
      (now.user - start.user + now.system - start.system) / 1e6 < seconds;
      now = process.cpuUsage()
    );
  };
  const meter = new UsageMeter();
  meter.start();
  burn(0.1);
  meter.stop();
  const first = meter.cpuS;
  assert.ok(first >= 0.08, `${first}`);
  burn(0.2);
  assert.equal(meter.cpuS, first);
  assert.ok(meter.peakRssBytes > 20e6);
});

test('a process that does not exist uses nothing', () => {
  assert.deepEqual(treeUsage(2 ** 22 + 1), { cpuS: 0, rssBytes: 0, processes: 0 });
});
