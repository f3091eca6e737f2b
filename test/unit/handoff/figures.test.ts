import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../../../src/core/events.ts';
import type { FigureFact, Figures } from '../../../src/core/figures.ts';
import { createFigures } from '../../../src/handoff/figures.ts';
import type { RoutingRulesSource } from '../../../src/handoff/rules.ts';
import { createEventBus } from '../../../src/observe/bus.ts';
import { callEnded, eventScript } from '../../support/call-events.ts';
import { createFakeFigureDatabase, type FakeFigureDatabase } from '../../support/fake-figure-store.ts';
import { contactOf } from '../../support/handoff-fixtures.ts';
import { openCallCentre, settle, type CallCentre, type Node } from './call-centre.ts';

const day = '2026-01-01';

/** A node that counts, on the centre's clock; its days begin at midnight UTC, which is when the clock begins. */
async function counting(
  centre: CallCentre,
  database: FakeFigureDatabase,
  nodeId = 'n1',
  serviceLevelMs?: number,
) {
  const { clock, log } = centre;
  const node = await centre.node(nodeId);
  const bus = createEventBus(log);
  const figures = createFigures({
    router: node.router,
    bus,
    store: database.open(),
    clock,
    log,
    timeZone: 'UTC',
    names: (id) => (id === 'x' ? 'Xenia' : undefined),
    ...(serviceLevelMs !== undefined && { serviceLevelMs: () => serviceLevelMs }),
  });
  const facts: FigureFact[] = [];
  figures.subscribe((fact) => facts.push(fact));
  const publish = (callId: string, body: CallEventBody): void =>
    bus.publish('call-event', { callId, seq: 1, atEpochMs: clock.epochMs(), body });
  return { ...node, figures, facts, publish };
}

async function open(rules: RoutingRulesSource = {}, serviceLevelMs?: number) {
  const centre = await openCallCentre(rules);
  const database = createFakeFigureDatabase();
  const node = await counting(centre, database, 'n1', serviceLevelMs);
  const pass = (seconds: number) => centre.clock.advanceAsync(seconds * 1000, 1000);
  return { ...centre, ...node, centre, database, pass };
}

async function queueOf(figures: Figures, name = 'general') {
  const { queues } = await figures.ofDay();
  return queues.find(({ queue }) => queue === name);
}

async function agentOf(figures: Figures, agentId: string) {
  const { agents } = await figures.ofDay();
  return agents.find(({ id }) => id === agentId);
}

/** A whole conversation: `entryId` rings at `agentId`, who accepts and talks. */
async function converse(node: Node, pass: (s: number) => Promise<void>, id: string, talkSeconds: number) {
  await node.router.accept('x', id);
  await pass(talkSeconds);
  await node.router.finish('x', id);
  await settle();
}

describe('figures of a day', () => {
  it('are empty, and without averages, before anything has happened', async () => {
    const { figures } = await open();
    expect(await figures.ofDay()).toEqual({
      sinceEpochMs: Date.UTC(2026, 0, 1),
      day,
      queues: [],
      agents: [],
      transfersByReason: [],
      calls: 0,
      contained: 0,
    });
  });

  it('tell service level, speed of answer, handle time with after-call work, and who gave up', async () => {
    const node = await open({ afterCallSeconds: 30 });
    const { router, caller, agent, figures, pass } = node;
    await caller('quick');
    await pass(10);
    await agent('x');
    await converse(node, pass, 'quick', 100);
    await caller('slow');
    await pass(30);
    await converse(node, pass, 'slow', 200);
    await caller('impatient', { reason: 'angry' });
    await pass(25);
    await router.leave('impatient');
    await pass(10);
    expect(await queueOf(figures)).toEqual({
      queue: 'general',
      offered: 3,
      answered: 2,
      abandoned: 1,
      serviceLevel: 1 / 3,
      averageAnswerMs: 20_000,
      averageHandleMs: (100_000 + 30_000 + 200_000 + 30_000) / 2,
      callbacksPromised: 0,
      callbacksKept: 0,
      waiting: 0,
      longestWaitMs: 0,
    });
    expect((await figures.ofDay()).transfersByReason).toEqual([
      { reason: 'asked-for-person', count: 2 },
      { reason: 'angry', count: 1 },
    ]);
  });

  it('take another goal for the service level', async () => {
    const node = await open({}, 5_000);
    const { caller, agent, figures, pass } = node;
    await agent('x');
    await caller('a');
    await pass(6);
    await converse(node, pass, 'a', 10);
    expect((await queueOf(figures))?.serviceLevel).toBe(0);
  });

  it('show who waits now, without callbacks and conversations', async () => {
    const { router, caller, agent, figures, pass } = await open();
    await agent('x');
    await caller('talks');
    await router.accept('x', 'talks');
    await caller('a');
    await pass(40);
    await caller('b');
    await caller('c', { channel: 'callback' });
    expect(await queueOf(figures)).toMatchObject({ waiting: 2, longestWaitMs: 40_000 });
    expect(figures.agentsByState()).toMatchObject({ talking: 1, available: 0 });
  });

  it('do not show as waiting whose line is gone', async () => {
    const { centre, caller, figures, router } = await open();
    await caller('a');
    await caller('b');
    await router.close();
    const other = await counting(centre, createFakeFigureDatabase(), 'n2');
    expect(other.figures.waiting()).toEqual([]);
    await other.caller('b');
    expect(other.figures.waiting()).toMatchObject([{ waiting: 1 }]);
    await figures.close();
  });

  it('count a callback as promised when it is, as kept when it was served, and as nothing else', async () => {
    const node = await open();
    const { router, caller, agent, figures, pass } = node;
    await caller('a');
    await pass(5);
    await caller('a', { channel: 'callback' });
    await caller('direct', { channel: 'callback' });
    await caller('withdrawn', { channel: 'callback' });
    expect(await queueOf(figures)).toMatchObject({ callbacksPromised: 3, callbacksKept: 0, offered: 1 });
    await router.leave('withdrawn');
    await agent('x');
    await converse(node, pass, 'a', 60);
    expect(await queueOf(figures)).toMatchObject({
      offered: 1,
      answered: 0,
      abandoned: 0,
      serviceLevel: null,
      callbacksPromised: 3,
      callbacksKept: 1,
      averageHandleMs: 60_000,
    });
  });

  it('count a callback that Kefu has dialled as kept, and neither as an answer in time nor as given up', async () => {
    const node = await open();
    const { router, caller, agent, figures, pass } = node;
    await caller('a', { channel: 'callback' });
    await caller('b', { channel: 'callback' });
    await pass(5);
    // Both have answered their telephones: they are callers again.
    await caller('a');
    await caller('b');
    await router.leave('b');
    await agent('x');
    await converse(node, pass, 'a', 60);
    expect(await queueOf(figures)).toMatchObject({
      offered: 0,
      answered: 0,
      abandoned: 0,
      callbacksPromised: 2,
      callbacksKept: 1,
    });
  });

  it('count a conversation that broke off and went on as one answer, with the time of both parts', async () => {
    const node = await open();
    const { router, caller, agent, figures, pass } = node;
    await agent('x');
    await caller('a');
    await router.accept('x', 'a');
    await pass(50);
    await router.deskLost('x');
    await pass(30);
    await agent('x');
    await converse(node, pass, 'a', 70);
    expect(await queueOf(figures)).toMatchObject({
      offered: 1,
      answered: 1,
      averageAnswerMs: 0,
      averageHandleMs: 120_000,
    });
    await caller('b');
    await router.accept('x', 'b');
    await router.deskLost('x');
    await router.leave('b');
    expect(await queueOf(figures)).toMatchObject({ answered: 2, abandoned: 0 });
  });

  it('name agents, and tell their occupancy up to now', async () => {
    const node = await open({ afterCallSeconds: 30 });
    const { caller, agent, figures, pass } = node;
    await agent('x');
    await agent('y', { languages: ['zh'] });
    await pass(60);
    await caller('a');
    await pass(10);
    await converse(node, pass, 'a', 100);
    await pass(15);
    // Ready for 60 s and ringing for 10 s, then busy for 115 s, of which 15 s are not over.
    expect(await agentOf(figures, 'x')).toEqual({
      id: 'x',
      name: 'Xenia',
      handled: 1,
      averageHandleMs: 100_000,
      occupancy: 115 / 185,
    });
    expect(await agentOf(figures, 'y')).toEqual({
      id: 'y',
      name: 'y',
      handled: 0,
      averageHandleMs: null,
      occupancy: 0,
    });
  });

  it('do not count breaks as working time', async () => {
    const { router, agent, figures, pass } = await open();
    await agent('x');
    await pass(10);
    await router.setState('x', { state: 'break', reason: 'lunch' });
    await pass(3600);
    expect(figures.sinceStart().agents[0]?.occupancy).toBe(0);
    expect(await agentOf(figures, 'x')).toMatchObject({ occupancy: 0 });
  });

  it('end at midnight: what lies across it is shared out', async () => {
    const node = await open();
    const { clock, router, caller, agent, figures, pass } = node;
    await agent('x');
    clock.stall(24 * 3_600_000 - 60_000);
    await caller('a');
    await router.accept('x', 'a');
    await pass(180);
    await router.finish('x', 'a');
    const [first, second] = [await figures.ofDay(day), await figures.ofDay()];
    expect([first.day, second.day]).toEqual([day, '2026-01-02']);
    expect(first.queues).toMatchObject([{ offered: 1, answered: 1, averageHandleMs: null, waiting: 0 }]);
    expect(first.agents[0]?.occupancy).toBeCloseTo(60 / 86_400, 10);
    expect(second.sinceEpochMs).toBe(Date.UTC(2026, 0, 2));
    expect(second.queues).toMatchObject([{ offered: 0, answered: 0, averageHandleMs: 180_000 }]);
    expect(second.agents[0]).toMatchObject({ handled: 1, occupancy: 1 });
    expect(figures.sinceStart().queues).toMatchObject([{ offered: 1, averageHandleMs: 180_000 }]);
  });
});

describe('figures of several nodes', () => {
  it('add up: each node counts what it did itself', async () => {
    const centre = await openCallCentre({ afterCallSeconds: 10 });
    const database = createFakeFigureDatabase();
    const [one, two] = [await counting(centre, database, 'n1'), await counting(centre, database, 'n2')];
    const pass = (seconds: number) => centre.clock.advanceAsync(seconds * 1000, 1000);
    await one.caller('a');
    await pass(5);
    await two.agent('x');
    await two.router.accept('x', 'a');
    await pass(60);
    await one.router.leave('a');
    await pass(12);
    for (const { figures } of [one, two]) {
      await figures.ofDay();
      expect(figures.waiting()).toEqual([]);
    }
    expect(await queueOf(one.figures)).toMatchObject({
      offered: 1,
      answered: 1,
      averageAnswerMs: 5_000,
      averageHandleMs: 70_000,
    });
    expect(await one.figures.ofDay()).toEqual(await two.figures.ofDay());
    const types = [...one.facts, ...two.facts].map(({ type }) => type).sort();
    expect(types).toEqual([
      'agent-time',
      'agent-time',
      'answered',
      'offered',
      'talked',
      'transferred',
      'wrapped-up',
    ]);
    // The other node saw all of it, too, and did not count it.
    expect(one.figures.sinceStart().queues[0]?.answered).toBe(0);
    expect(two.figures.sinceStart().queues[0]?.offered).toBe(0);
  });

  it('outlive their process', async () => {
    const node = await open();
    const { centre, database, caller, router, figures, pass } = node;
    await caller('a');
    await router.leave('a');
    await pass(6);
    expect(database.writes).toBe(1);
    await caller('b');
    await figures.close();
    await figures.close();
    await router.close();
    const next = await counting(centre, database, 'n2');
    await next.caller('c');
    expect(await queueOf(next.figures)).toMatchObject({ offered: 3, abandoned: 1 });
    expect(next.figures.sinceStart().queues).toMatchObject([{ offered: 1 }]);
  });

  it('wait while the database is away, and are written once it is back', async () => {
    const { database, caller, figures, pass, log } = await open();
    database.away = true;
    await caller('a');
    await pass(20);
    await expect(figures.ofDay()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(log.find('figures cannot be written to the database')).toHaveLength(1);
    database.away = false;
    await pass(6);
    expect(database.writes).toBe(1);
    expect(log.find('figures are written again')).toHaveLength(1);
    expect(await queueOf(figures)).toMatchObject({ offered: 1 });
  });

  it('are counted on while one listener fails', async () => {
    const { caller, figures, facts, log } = await open();
    figures.subscribe(() => {
      throw new Error('out of order');
    });
    await caller('a');
    expect(facts.map(({ type }) => type)).toEqual(['transferred', 'offered']);
    expect(log.find('a listener of the figures failed')).toHaveLength(2);
  });
});

describe('containment', () => {
  const transfer = (ok: boolean | null): CallEventBody => ({
    type: 'transfer',
    skill: 'orders',
    target: '+15550001',
    briefing: {
      callId: 'c',
      from: '',
      language: 'en',
      reason: 'angry',
      wanted: '',
      customer: null,
      slots: {},
      done: [],
      summary: '',
    },
    ok,
    code: null,
  });

  it('is of calls that Kefu finished, not of those that were given up or went to a person', async () => {
    const { publish, figures, router } = await open();
    for (const [id, outcome] of [
      ['1', 'resolved'],
      ['2', 'ordered'],
      ['3', 'abandoned'],
      ['4', 'failed'],
      ['5', 'transferred'],
      ['6', 'callback'],
      ['7', 'too-long'],
    ] as const)
      publish(id, callEnded(outcome));
    await router.enqueue(contactOf('8'));
    await router.leave('8');
    publish('8', callEnded('resolved'));
    expect(await figures.ofDay()).toMatchObject({ calls: 8, contained: 2 });
  });

  it('counts each call once, however often its line was lost or a person sent it back', async () => {
    const { publish, figures } = await open();
    publish('1', callEnded('interrupted'));
    publish('1', callEnded('resolved'));
    publish('2', transfer(null));
    publish('2', transfer(true));
    publish('2', callEnded('transferred'));
    publish('2', callEnded('resolved'));
    publish('3', transfer(false));
    publish('3', callEnded('resolved'));
    const today = await figures.ofDay();
    expect(today).toMatchObject({ calls: 3, contained: 2 });
    expect(today.transfersByReason).toEqual([{ reason: 'angry', count: 1 }]);
  });

  it('does not count a hand-over through the queue twice when the call tells of it, too', async () => {
    const { publish, figures, caller } = await open();
    await caller('8', { reason: 'angry' });
    publish('8', transfer(true));
    expect((await figures.ofDay()).transfersByReason).toEqual([{ reason: 'angry', count: 1 }]);
  });

  it('ignores other events of calls', async () => {
    const { publish, figures } = await open();
    const script = eventScript();
    publish(script.callId, { type: 'no-input' });
    expect(await figures.ofDay()).toMatchObject({ calls: 0, contained: 0 });
  });
});
