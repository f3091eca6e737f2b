import { describeSimulation } from '../../support/handoff-simulation-checks.ts';

// The large ones are integration tests, since they take a minute.
describeSimulation({
  calls: 1_000,
  callersAtOnce: 60,
  agents: 10,
  patience: 'exponential',
  meanPatienceMs: 15 * 60_000,
  seed: 1,
});
