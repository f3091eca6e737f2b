import { describeSimulation } from '../../support/handoff-simulation-checks.ts';

// A crowded one is an integration test, since it takes longer.
describeSimulation({
  calls: 1_000,
  callersAtOnce: 60,
  agents: 10,
  patience: 'exponential',
  meanPatienceMs: 15 * 60_000,
  seed: 1,
});
