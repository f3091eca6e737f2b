import { describeSimulation } from '../../support/handoff-simulation-checks.ts';

const crowded = { callersAtOnce: 500, agents: 30 } as const;

describeSimulation({
  ...crowded,
  calls: 10_000,
  patience: 'exponential',
  meanPatienceMs: 20 * 60_000,
  seed: 3,
});
describeSimulation({
  ...crowded,
  calls: 3_000,
  patience: 'lognormal',
  meanPatienceMs: 10 * 60_000,
  seed: 2,
});
