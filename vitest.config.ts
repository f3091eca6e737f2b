import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes. Begun last, one of them would be waited for while the other core has nothing to do. */
const slowFiles = [
  ...['e2e/scenarios', 'e2e/robustness', 'e2e/browser', 'e2e/shop'],
  ...['tools/trunk', 'telephony/kamailio', 'understand/intent-head', 'understand/held-out'],
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = slowFiles.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? slowFiles.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          // One for each core: vitest itself would leave one of the two alone.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Mostly they wait for telephones and timers: two files at once take little more than half the time, and one after the other
          // groups of projects do not get into each other's way.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          // The built-in voice never speaks a sentence twice alike, and what is measured of its sound varies with it.
          retry: 1,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts', 'test/support/e2e-setup.ts'],
          // Calls run in real time: three at once save time, more would wait for each other's recognition.
          maxConcurrency: 3,
          // A recogniser may write the same spoken sentence otherwise when its packets fall differently, as it does in real calls;
          // how often is measured by `npm run bench -- asr`. What Kefu does with the words must be right within five calls.
          retry: 4,
          testTimeout: 300_000,
          // The first of them render all that Kefu has to say, in two languages.
          hookTimeout: 300_000,
          // As above: calls take real time, and little of the machine's.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
