import { describe, expect, it } from 'vitest';
import { agentOf, contactOf, profileOf } from '../../support/handoff-fixtures.ts';
import { openCallCentre, settle, storyOf } from './call-centre.ts';

async function openTwo() {
  const centre = await openCallCentre();
  const [one, two] = [await centre.node('n1'), await centre.node('n2')];
  // Long enough for both to judge leases.
  await centre.clock.advanceAsync(4_000, 500);
  return { ...centre, one, two };
}

describe('a node', () => {
  it('keeps its callers and desks when it was held up for longer than its lease', async () => {
    const centre = await openCallCentre();
    const { clock } = centre;
    const { router, agent, caller } = await centre.node('n1');
    await clock.advanceAsync(4_000, 500);
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    clock.stall(60_000);
    await caller('b');
    expect(router.state()).toMatchObject({
      entries: [
        { id: 'a', nodeId: 'n1', progress: { state: 'serving' } },
        { id: 'b', nodeId: 'n1' },
      ],
      agents: [{ id: 'x', state: 'talking' }],
    });
  });
});

describe('several nodes', () => {
  it('tell each other everything, and know what was their own doing', async () => {
    const { clock, one, two } = await openTwo();
    await one.caller('a');
    await two.agent('x');
    await two.router.accept('x', 'a');
    await clock.advanceAsync(1_000, 500);
    const story = ['added a', 'offered a>x', 'accepted a>x'];
    expect(storyOf(one.events)).toEqual(story);
    expect(storyOf(two.events)).toEqual(story);
    const doers = [one, two].flatMap(({ events }) =>
      events.filter(({ type, here }) => here && type !== 'agent-changed').map(({ type }) => type),
    );
    expect(doers.sort()).toEqual(['accepted', 'entry-added', 'offered']);
    await one.router.leave('a');
    await settle();
    expect(storyOf(two.events).at(-1)).toBe('served a');
  });

  it('have back within 5 s what a dead one was ringing', async () => {
    const { clock, one, two } = await openTwo();
    await one.agent('x');
    await two.caller('a');
    await two.caller('b', { channel: 'callback' });
    expect(storyOf(two.events).at(-3)).toBe('offered a>x');
    one.store.severed = true;
    await two.agent('y');
    await clock.advanceAsync(5_000, 250);
    expect(storyOf(two.events).slice(-3)).toEqual(['offered b>y', 'offer-withdrawn a>x', 'requeued a']);
    expect(two.router.state().agents.find(({ id }) => id === 'x')?.state).toBe('offline');
    await two.router.accept('y', 'b');
    await two.router.finish('y', 'b');
    await settle();
    expect(storyOf(two.events).at(-1)).toBe('offered a>y');
  });

  it('put whose agent was on a dead one to the very front', async () => {
    const { clock, one, two } = await openTwo();
    await one.agent('x');
    await two.caller('a');
    await two.router.leave('unknown');
    await one.router.accept('x', 'a');
    one.store.severed = true;
    await clock.advanceAsync(5_000, 250);
    expect(storyOf(two.events).at(-1)).toBe('broken a');
    expect(two.router.state().entries).toMatchObject([{ id: 'a', boost: 'very-front', nodeId: 'n2' }]);
  });

  it('keep the place of a caller whose node died, offer them to nobody, and forget who stays away', async () => {
    const { clock, one, two } = await openTwo();
    await one.caller('a');
    await one.caller('b');
    one.store.severed = true;
    await clock.advanceAsync(5_000, 250);
    await two.caller('c');
    await two.router.enqueue(contactOf('a'));
    await settle();
    await two.agent('x');
    expect(storyOf(two.events).at(-1)).toBe('offered a>x');
    await two.router.accept('x', 'a');
    await clock.advanceAsync(60_000, 500);
    expect(storyOf(two.events).at(-1)).toBe('gone b');
    expect(two.router.state().entries.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('free an agent whose caller was on a dead one', async () => {
    const { clock, one, two } = await openTwo();
    await two.agent('x');
    await one.caller('a');
    await settle();
    await two.router.accept('x', 'a');
    one.store.severed = true;
    await clock.advanceAsync(5_000, 250);
    expect(two.router.state().agents).toMatchObject([{ id: 'x', state: 'available', holding: [] }]);
    expect(two.router.state().entries).toMatchObject([{ boost: 'very-front', nodeId: null }]);
  });

  it('take back a node that was only cut off, with the callers it still has', async () => {
    const { clock, log, one, two } = await openTwo();
    await one.caller('a');
    one.store.severed = true;
    await expect(one.router.leave('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await clock.advanceAsync(5_000, 250);
    expect(two.router.state().entries).toMatchObject([{ nodeId: null }]);
    one.store.severed = false;
    await clock.advanceAsync(1_500, 250);
    expect(two.router.state().entries).toMatchObject([{ nodeId: 'n1', awaySinceEpochMs: null }]);
    expect(log.find('the queue cannot be worked on')).toHaveLength(1);
    expect(log.find('the store of the queue answers again')).toHaveLength(1);
  });

  it('free an agent who holds somebody that nobody brought back after the store lost its data', async () => {
    const { clock, one } = await openTwo();
    const held = (entryId: string) => ({ holding: [{ entryId, channel: 'voice' as const }], nodeId: 'n1' });
    await one.store.commit([
      { kind: 'agent', id: 'x', expects: 0, value: agentOf('x', { state: 'talking', ...held('a') }) },
      { kind: 'agent', id: 'y', expects: 0, value: agentOf('y', { state: 'ringing', ...held('b') }) },
    ]);
    await clock.advanceAsync(1_500, 250);
    expect(one.router.state().agents).toMatchObject([
      { id: 'x', state: 'available', holding: [] },
      { id: 'y', state: 'available', holding: [] },
    ]);
  });

  it('offer nobody to a desk that they cannot be joined with', async () => {
    const centre = await openCallCentre();
    const [one, two] = [await centre.node('n1', []), await centre.node('n2', [])];
    await one.caller('a');
    await two.agent('x');
    await two.caller('b');
    await centre.clock.advanceAsync(2_000, 500);
    expect(storyOf(one.events)).toEqual(['added a', 'added b', 'offered b>x']);
    expect(await one.router.estimate('a')).toMatchObject({ waitMs: null });
    await one.agent('y');
    expect(storyOf(one.events).at(-1)).toBe('offered a>y');
  });

  it('give a caller to others when the way to the agent is lost, or either comes back elsewhere', async () => {
    const { clock, one, two } = await openTwo();
    await two.agent('x');
    await one.caller('a');
    await two.router.accept('x', 'a');
    await one.router.outOfReach('x');
    await clock.advanceAsync(1_500, 250);
    expect(storyOf(two.events).slice(-2)).toEqual(['accepted a>x', 'broken a']);
    await two.router.reach('x', ['n1']);
    await clock.advanceAsync(1_500, 250);
    await two.router.accept('x', 'a');
    await two.router.reach('x', []);
    await settle();
    expect(storyOf(one.events).at(-1)).toBe('broken a');
    // The caller is back, and on the desk's node; then the desk moves away.
    await two.router.enqueue(contactOf('a'));
    await settle();
    await two.router.accept('x', 'a');
    await settle();
    expect(storyOf(one.events).at(-1)).toBe('accepted a>x');
    await one.router.signIn(profileOf('x'));
    await settle();
    expect(storyOf(two.events).at(-1)).toBe('broken a');
  });

  it('bury nobody just because the store was away for all', async () => {
    const { clock, one, two } = await openTwo();
    await one.caller('a');
    one.store.severed = two.store.severed = true;
    await clock.advanceAsync(30_000, 500);
    two.store.severed = false;
    await clock.advanceAsync(2_000, 250);
    one.store.severed = false;
    await clock.advanceAsync(10_000, 250);
    expect(two.router.state().entries).toMatchObject([{ nodeId: 'n1', awaySinceEpochMs: null }]);
    expect(storyOf(two.events)).toEqual(['added a']);
  });
});
