import { describe, expect, it } from 'vitest';
import { exploreTogether } from '../../../tools/flows/explore/together.ts';
import { smallFlows, smallFlowsWith } from '../../support/small-flows.ts';

const options = { limitMs: 60_000, threads: 2 };

describe('exploring flows in two threads', { timeout: 90_000 }, () => {
  it('reaches everything, each thread knowing what the other has reached', async () => {
    const report = await exploreTogether(smallFlows(), options);
    expect(report.unreached).toEqual([]);
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ reached: report.goals, end: 'done' });
  });

  it('tells each fault and each branch that cannot be reached once', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      '  sure: {',
      `  never: { branch: [{ if: 'order.id == null && order.id != null', next: too-late }] }\n  sure: {`,
    );
    const { unreached, end } = await exploreTogether(files, options);
    expect(unreached.map(({ sentence }) => sentence)).toEqual([
      'step "never": never goes on "order.id == null && order.id != null" to "too-late".',
    ]);
    expect(end).not.toBe('out-of-time');
  });

  it('refuses flows that cannot be loaded before any thread begins', async () => {
    const files = smallFlowsWith('cancel.yaml', '  sure: {', '  sure: { nonsense: yes,');
    await expect(exploreTogether(files, options)).rejects.toMatchObject({ code: 'flow_invalid' });
  });

  it('ends when its time is over', async () => {
    const report = await exploreTogether(smallFlows(), { ...options, limitMs: 1 });
    expect(report.end).toBe('out-of-time');
    expect(report.reached).toBeLessThan(report.goals);
  });
});
