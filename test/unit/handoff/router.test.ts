import { describe, expect, it } from 'vitest';
import { contactOf, profileOf } from '../../support/handoff-fixtures.ts';
import { openCallCentre, settle, storyOf } from './call-centre.ts';

const stateOf = (
  router: { state(): { agents: readonly { id: string; state: string }[] } },
  id: string,
): string | undefined => router.state().agents.find((agent) => agent.id === id)?.state;

async function open(...args: Parameters<typeof openCallCentre>) {
  const centre = await openCallCentre(...args);
  const node = await centre.node('n1');
  return { ...centre, ...node, story: () => storyOf(node.events) };
}

describe('the router', () => {
  it('offers a caller, joins them with who accepts, and lets both go at the end', async () => {
    const { router, caller, agent, story } = await open();
    await caller('a');
    await agent('x');
    expect(stateOf(router, 'x')).toBe('ringing');
    expect(await router.accept('x', 'a')).toBe(true);
    expect(await router.accept('x', 'a')).toBe(true);
    expect(stateOf(router, 'x')).toBe('talking');
    expect(await router.finish('x', 'a')).toBe(true);
    expect(await router.finish('x', 'a')).toBe(false);
    expect(stateOf(router, 'x')).toBe('available');
    expect(story()).toEqual(['added a', 'offered a>x', 'accepted a>x', 'served a']);
  });

  it('offers at once, without waiting for a tick', async () => {
    const { clock, caller, agent, story } = await open();
    await agent('x');
    await caller('a');
    expect(story()).toContain('offered a>x');
    expect(clock.nowMs()).toBe(0);
  });

  it('puts whom nobody answers in front and sends the agent on a break', async () => {
    const { clock, router, caller, agent, events, story } = await open();
    await agent('x');
    await caller('a');
    await caller('b', { anger: 1 });
    await clock.advanceAsync(20_000, 500);
    expect(router.state().agents[0]).toMatchObject({ state: 'break', breakReason: 'no-answer', holding: [] });
    await agent('y');
    expect(story().slice(-3)).toEqual(['offer-withdrawn a>x', 'requeued a', 'offered a>y']);
    expect(events.every(({ here }) => here)).toBe(true);
  });

  it('asks somebody else after a refusal, and the same one again only after a pause', async () => {
    const { clock, router, caller, agent, story } = await open();
    await agent('x');
    await caller('a');
    await clock.advanceAsync(1_000, 500);
    expect(await router.decline('x', 'a')).toBe(true);
    await settle();
    expect(stateOf(router, 'x')).toBe('available');
    await clock.advanceAsync(59_000, 500);
    expect(story().slice(-2)).toEqual(['offer-withdrawn a>x', 'requeued a']);
    await clock.advanceAsync(2_000, 500);
    expect(story().at(-1)).toBe('offered a>x');
    expect(await router.decline('y', 'a')).toBe(false);
    expect(await router.accept('y', 'a')).toBe(false);
  });

  it('puts whose agent disappears in mid-conversation before everybody', async () => {
    const { router, caller, agent, story } = await open();
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    await agent('y');
    await caller('b', { reason: 'safety' });
    await caller('c', { anger: 1 });
    await router.decline('y', 'b');
    await router.setState('y', { state: 'break', reason: 'lunch' });
    expect(await router.deskLost('x')).toBe(true);
    expect(stateOf(router, 'x')).toBe('offline');
    await router.setState('y', { state: 'available' });
    await settle();
    expect(story().slice(-2)).toEqual(['broken a', 'offered a>y']);
  });

  it('takes a caller who leaves out at once, and the agent who was ringing keeps their turn', async () => {
    const { clock, router, caller, agent, story } = await open();
    await agent('x');
    await clock.advanceAsync(5_000, 500);
    await agent('y');
    await caller('a');
    await clock.advanceAsync(5_000, 500);
    expect(await router.leave('a')).toBe(true);
    expect(await router.leave('a')).toBe(false);
    expect(router.state().entries).toEqual([]);
    await caller('b');
    expect(story().slice(-4)).toEqual(['offer-withdrawn a>x', 'gone a', 'added b', 'offered b>x']);
  });

  it('gives time for after-call work, also when it was the caller who hung up', async () => {
    const { clock, router, caller, agent, story } = await open({ afterCallSeconds: 30 });
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    await clock.advanceAsync(100_000, 500);
    await router.leave('a');
    await caller('b');
    expect(story()).toContain('served a');
    expect(stateOf(router, 'x')).toBe('after-call');
    await clock.advanceAsync(31_000, 500);
    expect(story().at(-1)).toBe('offered b>x');
    expect(router.state().agents[0]?.recentHandleMs).toEqual([130_000]);
  });

  it('lets a break that was chosen in a conversation begin after it, unless it is taken back', async () => {
    const { router, caller, agent } = await open();
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    expect(await router.setState('x', { state: 'break', reason: 'lunch' })).toMatchObject({
      state: 'talking',
    });
    await router.finish('x', 'a');
    expect(router.state().agents[0]).toMatchObject({
      state: 'break',
      breakReason: 'lunch',
      afterwards: null,
    });
    await router.setState('x', { state: 'available' });
    await caller('b');
    await router.accept('x', 'b');
    await router.setState('x', { state: 'offline' });
    await router.setState('x', { state: 'available' });
    await router.finish('x', 'b');
    expect(stateOf(router, 'x')).toBe('available');
  });

  it('takes a break while ringing as a refusal', async () => {
    const { router, caller, agent, story } = await open();
    await agent('x');
    await caller('a');
    expect(await router.setState('x', { state: 'break', reason: 'lunch' })).toMatchObject({ state: 'break' });
    expect(story().slice(-2)).toEqual(['offer-withdrawn a>x', 'requeued a']);
  });

  it('keeps the place of one who would rather be called back', async () => {
    const { clock, router, caller, agent, story } = await open();
    await caller('a');
    await clock.advanceAsync(1_000, 500);
    await caller('b');
    await caller('a', { channel: 'callback' });
    expect(router.state().entries.find(({ id }) => id === 'a')?.nodeId).toBeNull();
    await agent('x');
    expect(story().slice(-1)).toEqual(['offered a>x']);
  });

  it('takes an offer back when the caller changes to a callback meanwhile', async () => {
    const { router, caller, agent, story } = await open();
    await agent('x');
    await caller('a');
    await caller('a', { channel: 'callback' });
    expect(story().slice(-3)).toEqual(['offer-withdrawn a>x', 'requeued a', 'offered a>x']);
    expect(stateOf(router, 'x')).toBe('ringing');
  });

  it('gives one agent several texts, one ring at a time', async () => {
    const { router, caller, agent, story } = await open();
    await agent('x', { textCapacity: 2 });
    for (const id of ['a', 'b', 'c']) await caller(id, { channel: 'text' });
    expect(story().filter((line) => line.startsWith('offered'))).toEqual(['offered a>x']);
    await router.accept('x', 'a');
    await settle();
    await router.accept('x', 'b');
    await settle();
    expect(router.state().agents[0]).toMatchObject({
      state: 'talking',
      holding: [{ entryId: 'a' }, { entryId: 'b' }],
    });
    await router.finish('x', 'a');
    await settle();
    expect(story().at(-1)).toBe('offered c>x');
  });

  it('refuses callers outside the hours and beyond the limit, saying what to offer them', async () => {
    const { router, caller } = await open({
      queues: {
        general: { maxWaiting: 1, full: 'voicemail' },
        office: { hours: { timeZone: 'UTC', mon: ['09:00-17:00'] } },
      },
    });
    expect(await router.enqueue(contactOf('a', { queue: 'office' }))).toEqual({
      admitted: false,
      because: 'closed',
      instead: 'callback',
      opensAtEpochMs: Date.UTC(2026, 0, 5, 9),
    });
    expect(await router.enqueue(contactOf('a', { queue: 'office', channel: 'callback' }))).toMatchObject({
      admitted: true,
    });
    await caller('b');
    expect(await router.enqueue(contactOf('c'))).toMatchObject({ because: 'full', instead: 'voicemail' });
    expect(await router.enqueue(contactOf('b'))).toMatchObject({ admitted: true });
    await expect(router.enqueue(contactOf('d', { queue: 'nowhere' }))).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(router.setState('nobody', { state: 'available' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('estimates for who waits, and only for them', async () => {
    const { router, caller, agent } = await open({ usualHandleSeconds: 100 });
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    await caller('b');
    await caller('c');
    expect(await router.estimate('c')).toEqual({ position: 2, waitMs: 200_000 });
    expect(await router.estimate('a')).toBeUndefined();
    expect(await router.estimate('nobody')).toBeUndefined();
  });

  it('goes on when a listener fails', async () => {
    const { router, caller, agent, log, story } = await open();
    router.subscribe(() => {
      throw new Error('a defect elsewhere');
    });
    await agent('x');
    await caller('a');
    expect(story()).toContain('offered a>x');
    expect(log.find('a listener of the queue failed').length).toBeGreaterThan(0);
  });

  it('stops altogether when it is closed: desks signed off, callers kept for their return', async () => {
    const { clock, router, caller, agent, store } = await open();
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    await Promise.all([router.close(), router.close()]);
    const { entries, agents, liveNodes } = await store.read();
    expect(agents.get('x')?.value).toMatchObject({ state: 'offline', nodeId: null, holding: [] });
    expect(entries.get('a')?.value).toMatchObject({
      boost: 'very-front',
      nodeId: null,
      progress: { state: 'waiting' },
    });
    expect(liveNodes.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    await expect(router.signIn(profileOf('y'))).rejects.toMatchObject({ code: 'aborted' });
  });
});
