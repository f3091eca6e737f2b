import { describe, expect, it } from 'vitest';
import type { FlowFiles } from '../../../src/core/store.ts';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { describeExploration, exploreFlows } from '../../../tools/flows/explore.ts';
import { literalsOf, textLike, variantsOf } from '../../../tools/flows/explore/literals.ts';
import { smallFlows, smallFlowsWith } from '../../support/small-flows.ts';

// Nothing here needs the time; the limit only keeps a defect from hanging the run.
const limitMs = 60_000;
const sentences = async (files: FlowFiles) =>
  (await exploreFlows(files, { limitMs })).unreached.map(
    ({ file, line, sentence }) => `${file}:${String(line)}: ${sentence}`,
  );

describe('exploring flows', () => {
  it('reaches every branch of faultless flows: answers, ladders, problems of the shop', async () => {
    const report = await exploreFlows(smallFlows(), { limitMs });
    expect(report.unreached).toEqual([]);
    expect(report.faults).toEqual([]);
    expect(report.reached).toBe(report.goals);
    expect(report.end).toBe('done');
    expect(describeExploration(report)).toMatch(/^\d+ of \d+ branches reached \(100\.0 %\), 0 faults/m);
  });

  it('does the same each time', async () => {
    const [one, other] = [
      await exploreFlows(smallFlows(), { limitMs }),
      await exploreFlows(smallFlows(), { limitMs }),
    ];
    expect({ ...one, tookMs: 0 }).toEqual({ ...other, tookMs: 0 });
  });

  it('finds the answers that conditions ask for, though the demo shop never gives them', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      '  sure: {',
      [
        '  rare:',
        '    branch:',
        `      - { if: 'order.status == "processed" && size(order.items) > 7', next: too-late }`,
        `      - { if: '"gold_plated" in order.flags', next: too-late }`,
        `      - { if: 'order.items.exists(i, i.name == "No such thing")', next: too-late }`,
        '  sure: {',
      ].join('\n'),
    );
    expect(await sentences(files)).toEqual([]);
  });

  it('names the branch that cannot be reached, with file and line', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      '  sure: {',
      `  never: { branch: [{ if: 'order.id == null && order.id != null', next: too-late }] }\n  sure: {`,
    );
    expect(await sentences(files)).toEqual([
      'cancel.yaml:12: step "never": never goes on "order.id == null && order.id != null" to "too-late".',
    ]);
  });

  it('names steps behind a branch that cannot be reached', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      '  cancelled: { say: cancelled }',
      [
        '  cancelled: { say: cancelled }',
        `  never: { branch: [{ if: 'size(order.id) < 0', next: lost }, { otherwise: done }] }`,
        '  lost: { say: cancelled }',
      ].join('\n'),
    );
    expect(await sentences(files)).toEqual([
      'cancel.yaml:22: step "lost": is never reached.',
      'cancel.yaml:21: step "never": never goes on "size(order.id) < 0" to "lost".',
      'cancel.yaml:22: step "lost": never goes on to "done".',
    ]);
  });

  it('reports a flow that goes in circles', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      '  sure: {',
      `  round: { branch: [{ if: 'order.status == "pending"', next: round }] }\n  sure: {`,
    );
    const { faults } = await exploreFlows(files, { limitMs });
    expect(faults).toContainEqual(
      expect.objectContaining({
        kind: 'defect',
        detail: expect.stringContaining('goes in circles') as string,
      }),
    );
  });

  it('reports a shop that is asked for ever while it is down', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      '  sure: {',
      [
        '  again: { branch: [{ otherwise: ask-shop }] }',
        '  ask-shop:',
        '    lookup: getOrder',
        '    input: { orderId: order.id }',
        '    problems: { otherwise: again }',
        '  sure: {',
      ].join('\n'),
    );
    const { faults } = await exploreFlows(files, { limitMs });
    expect(faults.map(({ kind, step }) => `${kind} ${step}`)).toContain('endless ask-shop');
  });

  it('reports a change that the engine refuses', async () => {
    const files = smallFlowsWith(
      'cancel.yaml',
      'yes: cancel, no: done }',
      "yes: other, no: done }\n  other: { set: { order: 'null' }, next: cancel }",
    );
    const { faults } = await exploreFlows(files, { limitMs });
    expect(faults.map(({ kind }) => kind)).toContain('change-refused');
  });
});

describe('variants of an answer', () => {
  const literals = literalsOf(
    compileFlowPack(
      new Map(
        Object.entries(
          smallFlowsWith(
            'cancel.yaml',
            '  sure: {',
            `  odd: { branch: [{ if: 'order.status == "lost" || order.tags.exists(t, t in ["a", "b"]) || order.note.matches("\\\\b(late|slow) parcels?")', next: sure }] }\n  sure: {`,
          ),
        ),
      ),
    ),
  );
  const variants = (value: Parameters<typeof variantsOf>[0]) =>
    variantsOf(value, literals).map((each) => each.value);

  it('have the values that conditions compare with', () => {
    expect(variants({ status: 'pending' })).toContainEqual({ status: 'lost' });
    expect(variants({ note: 'x' })).toContainEqual({ note: 'late parcel' });
  });

  it('have lists that are empty, short and long', () => {
    const all = variants({ items: ['x', 'y'] });
    expect(all).toContainEqual({ items: [] });
    expect(all).toContainEqual({ items: ['x'] });
    expect(all).toContainEqual({ items: ['y'] });
    expect(all).toContainEqual({ items: ['x', 'y', 'x', 'y'] });
  });

  it('have the other truth, other times, other amounts', () => {
    expect(variants({ eligible: true })).toContainEqual({ eligible: false });
    expect(variants({ at: '2026-06-10T15:00:00Z' })).toContainEqual({ at: '2025-01-01T12:00:00Z' });
    expect(variants({ amount: '12.50' })).toContainEqual({ amount: '-5.00' });
  });

  it.each([
    ['\\b([Oo]ther|[Aa]nother) (one|order)|另一个', 'Other one'],
    ['gifts?', 'gift'],
    ['^\\d+ days?\\.$', '1 day.'],
    ['(?:not )?mine', 'mine'],
  ])('have a text for the pattern %s', (pattern, text) => {
    expect(textLike(pattern)).toBe(text);
    const flags = pattern.startsWith('') ? 'iu' : 'u';
    expect(text).toMatch(new RegExp(pattern.replace('', ''), flags));
  });
});
