import { describeSimulation } from '../../support/handoff-simulation-checks.ts';

// As many callers at once as a bad day has. The outcome is the same for three times as many calls, which take a minute and more.
describeSimulation({
  calls: 3_000,
  callersAtOnce: 500,
  agents: 30,
  patience: 'lognormal',
  meanPatienceMs: 10 * 60_000,
  seed: 2,
});
