import { type Bench, type BenchResult, printTable, rounded } from './measure.js';

/** How fast training steps are, beside PyTorch's on the same processor, and where their time goes. */
export const bench: Bench = {
  name: 'train',
  question: 'How many images/s does a training step take, beside the same network, loss and optimizer in PyTorch?',
  async run(): Promise<BenchResult> {
    const { measureSteps } = await import('./train/measure-steps.js');
    const cases = await measureSteps();
    const each = (pick: (found: (typeof cases)[number]) => (string | number)[]): (string | number)[][] =>
      cases.map((found) => [found.name, ...pick(found)]);
    printTable(
      ['step', 'images/s', 'PyTorch', 'ratio', 'lowest', 'highest', 'processor ms an image', 'PyTorch', 'ratio'],
      each(({ clock, processor }) => [
        rounded(clock.subject.median, 3),
        rounded(clock.baseline.median, 3),
        rounded(clock.ratio, 3),
        rounded(clock.ratioMin, 3),
        rounded(clock.ratioMax, 3),
        rounded(processor.own, 3),
        rounded(processor.torch, 3),
        rounded(processor.ratio, 3),
      ]),
    );
    process.stdout.write('\nWhere our step goes, % of its time:\n');
    printTable(
      ['step', 'data', 'forward', 'backward', 'optimizer', 'operators', 'costliest operators'],
      each(({ shares, costliest, calls }) => [
        rounded(shares.data, 2),
        rounded(shares.forward, 3),
        rounded(shares.backward, 3),
        rounded(shares.optimizer, 3),
        calls,
        costliest.map(({ name, share }) => `${name} ${rounded(share, 2)}`).join(', '),
      ]),
    );
    const headline = cases.filter((found) => found.headline);
    return {
      headline: 'images/s of a training step / of the same in PyTorch, the smaller of teacher and student',
      value: rounded(Math.min(...headline.map(({ clock }) => clock.ratio))),
      unit: 'ratio',
      target: { op: '>=', value: 1 },
      details: {
        processorRatio: rounded(Math.min(...headline.map(({ processor }) => processor.ratio))),
        cases: cases.map(({ name, settings, torch, difference, clock, processor, shares, costliest }) => ({
          name,
          settings: { ...settings },
          torch: { ...torch },
          difference,
          imagesPerS: rounded(clock.subject.median),
          torchImagesPerS: rounded(clock.baseline.median),
          ratio: rounded(clock.ratio),
          processor: { ...processor },
          shares: { ...shares },
          costliest: costliest.map((operator) => ({ ...operator })),
        })),
      },
    };
  },
};
