import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Real models share two cores: one file at a time keeps their timing honest.
          fileParallelism: false,
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
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
