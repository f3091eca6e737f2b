import type { Clock } from '../core/clock.ts';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { Admission, HandoffEvent, HandoffRouter, QueueSnapshot, QueueStore } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import { refusalOf, type Staffer } from './admission.ts';
import { newAgent, seat } from './agent-changes.ts';
import { Draft } from './draft.ts';
import { estimate } from './estimate.ts';
import { match } from './matching.ts';
import { createPaceMeter } from './pace.ts';
import { restoration } from './restoration.ts';
import type { RoutingRules } from './rules.ts';
import * as transitions from './transitions.ts';
import type { Moment } from './transitions.ts';
import { buryNodes, upkeep } from './upkeep.ts';
import { View } from './view.ts';

/** How often a node renews its lease and looks for what fell due. */
const tickMs = 1_000;
/** A node that has not renewed its lease for so long is dead: with a tick, others have its work back within 5 s. */
const leaseMs = 3_000;
/** Other nodes are quicker once in a while, not so often in a row. */
const mostTries = 50;

export interface HandoffRouterOptions {
  readonly store: QueueStore;
  readonly clock: Clock;
  /** Asked for at every use, so that supervisors can change them in operation. */
  readonly rules: () => RoutingRules;
  /** Everybody whose work it is to answer, signed in or not: a queue is closed while nobody who serves it works. */
  readonly staff?: (() => readonly Staffer[]) | undefined;
  readonly log: Logger;
  /** Name of this process among all nodes and all times: a restarted process is another node. */
  readonly nodeId: string;
}

/**
 * Runs the queue on one node. Everything it does is one change of the store, decided on what was read and refused when that is no
 * longer so; then it decides anew. Changes of one node go one after the other.
 *
 * @throws KefuError `store_unavailable` when the store cannot be reached at the start.
 */
export async function createHandoffRouter(options: HandoffRouterOptions): Promise<HandoffRouter> {
  const { store, clock, rules, log, nodeId } = options;
  const listeners = new Set<(event: HandoffEvent) => void>();
  const pace = createPaceMeter(rules, () => clock.epochMs());
  /** Callers whose line is on this node, whatever others believe. */
  const callersHere = new Set<string>();

  const tell = (event: HandoffEvent): void => {
    if (event.type === 'entry-added') pace.arrived(event.entry);
    if (event.type === 'entry-removed') {
      callersHere.delete(event.entry.id);
      if (!event.served) pace.gaveUp();
    }
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        log.error({ err: error, event: event.type }, 'a listener of the queue failed');
      }
    }
  };
  const view = new View(tell);

  let liveNodes: ReadonlySet<string> = new Set([nodeId]);
  let closing: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let passWanted = false;
  let failing = false;
  let dataId: string | undefined;
  /** Since when the store has answered without a gap; leases mean nothing before all nodes could renew theirs. */
  let answersSinceMs = clock.nowMs();

  const moment = (): Moment => ({ rules: rules(), nowEpochMs: clock.epochMs() });

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };

  const look = async (): Promise<QueueSnapshot> => {
    let snapshot = await store.read();
    if (dataId !== undefined && snapshot.dataId !== dataId) {
      log.warn({}, 'the store of the queue has lost its data; it is filled again from this node');
      for (const change of restoration(view, nodeId, snapshot)) await store.commit([change]);
      snapshot = await store.read();
    }
    dataId = snapshot.dataId;
    liveNodes = snapshot.liveNodes;
    view.observe(snapshot);
    pace.look(view.entries.values());
    return snapshot;
  };

  /** Commits what `work` does to a draft; false when another node was quicker. */
  const commit = async (draft: Draft): Promise<boolean> => {
    const changes = draft.changes();
    if (changes.length === 0) return true;
    if (!(await store.commit(changes))) return false;
    for (const change of changes) {
      if (change.kind === 'entry') view.setEntry(change.id, change.value, true);
      else if (change.value) view.setAgent(change.value, true);
    }
    pace.look(view.entries.values());
    return true;
  };

  const change = <T>(work: (draft: Draft, at: Moment) => T): Promise<T> =>
    inTurn(async () => {
      for (let attempt = 0; attempt < mostTries; attempt += 1) {
        const draft = new Draft(await look());
        const result = work(draft, moment());
        if (await commit(draft)) {
          requestPass();
          return result;
        }
      }
      throw new KefuError('overloaded', 'Other nodes changed the queue at the same time, again and again.');
    });

  /** An open method of the router: nothing begins once it closes. */
  const open = <T>(work: (draft: Draft, at: Moment) => T): Promise<T> =>
    closing ? Promise.reject(new KefuError('aborted', 'The queue on this node is closing.')) : change(work);

  const welcomeBack = (draft: Draft): void => {
    for (const id of callersHere) {
      const entry = draft.entry(id);
      if (entry?.nodeId === null && entry.awaySinceEpochMs !== null)
        draft.setEntry({ ...entry, nodeId, awaySinceEpochMs: null });
      else if (entry?.nodeId !== nodeId) callersHere.delete(id);
    }
  };

  const pass = async (): Promise<void> => {
    const snapshot = await look();
    const at = moment();
    const due = new Draft(snapshot);
    upkeep(due, { ...at, judgeNodes: clock.nowMs() - answersSinceMs > leaseMs, nodeId });
    welcomeBack(due);
    if (due.changes().length > 0) {
      // Whether it succeeds or another node was quicker, the next look shows what is left to do.
      await commit(due);
      requestPass();
      return;
    }
    for (const { entryId, agentId } of match(due.entries(), due.agents(), at.rules, at.nowEpochMs)) {
      const draft = new Draft(snapshot);
      const entry = draft.entry(entryId);
      const agent = draft.agent(agentId);
      if (!entry || !agent) continue;
      transitions.offer(draft, entry, agent, at);
      if (!(await commit(draft))) requestPass();
    }
  };

  const succeeded = (): void => {
    if (failing) {
      answersSinceMs = clock.nowMs();
      log.info({}, 'the store of the queue answers again');
    }
    failing = false;
  };
  const failed = (error: unknown): void => {
    if (!failing) log.error({ err: toKefuError(error) }, 'the queue cannot be worked on');
    failing = true;
  };

  const requestPass = (): void => {
    if (passWanted || closing) return;
    passWanted = true;
    void inTurn(async () => {
      passWanted = false;
      if (closing) return;
      await pass().then(succeeded, failed);
    });
  };

  const tick = async (): Promise<void> => {
    try {
      await store.renewLease(nodeId, leaseMs);
      requestPass();
    } catch (error) {
      failed(error);
    }
  };
  let cancelTick: () => void = () => undefined;
  const planTick = (): void => {
    cancelTick = clock.setTimer(() => {
      planTick();
      void tick();
    }, tickMs);
  };

  await store.renewLease(nodeId, leaseMs);
  await inTurn(look);
  const unsubscribe = store.subscribe(requestPass);
  planTick();
  requestPass();

  return {
    nodeId,
    enqueue: (contact) =>
      open((draft, at): Admission => {
        const known = draft.entry(contact.id);
        const situation = {
          entries: draft.entries(),
          agents: draft.agents(),
          staff: options.staff?.() ?? [],
        };
        const refusal = known ? undefined : refusalOf(contact, situation, at.rules, at.nowEpochMs);
        if (refusal) return refusal;
        if (known) transitions.renew(draft, known, contact, nodeId, at);
        else draft.setEntry(transitions.newEntry(contact, nodeId, at.nowEpochMs));
        if (contact.channel === 'callback') callersHere.delete(contact.id);
        else callersHere.add(contact.id);
        return { admitted: true, entry: draft.entry(contact.id) ?? fail(contact.id) };
      }),
    leave: (entryId) => open((draft, at) => transitions.leave(draft, entryId, at)),
    signIn: (profile) =>
      open((draft, at) => {
        const before = draft.agent(profile.id);
        // Their desk on another node is given up, whether that one knows it yet or not.
        if (before && before.nodeId !== null && before.nodeId !== nodeId)
          transitions.loseDesk(draft, before, at);
        const known = draft.agent(profile.id) ?? newAgent(profile, at.nowEpochMs);
        const agent = seat(known, profile, nodeId);
        draft.setAgent(agent);
        return agent;
      }),
    setState: (agentId, choice) =>
      open((draft, at) => {
        transitions.setChoice(draft, agentId, choice, at);
        return draft.agent(agentId) ?? fail(agentId);
      }),
    accept: (agentId, entryId) => open((draft, at) => transitions.accept(draft, agentId, entryId, at)),
    decline: (agentId, entryId) => open((draft, at) => transitions.decline(draft, agentId, entryId, at)),
    renewOffer: (agentId, entryId) =>
      open((draft, at) => transitions.renewOffer(draft, agentId, entryId, at)),
    finish: (agentId, entryId) => open((draft, at) => transitions.finish(draft, agentId, entryId, at)),
    handOver: (agentId, entryId, to) =>
      open((draft, at) => transitions.handOver(draft, agentId, entryId, to, at)),
    postpone: (entryId, untilEpochMs) =>
      open((draft, at) => transitions.postpone(draft, entryId, untilEpochMs, at)),
    away: (entryId) =>
      open((draft, at) => {
        const entry = draft.entry(entryId);
        if (entry?.nodeId !== nodeId) return false;
        callersHere.delete(entryId);
        transitions.goAway(draft, entry, at);
        return true;
      }),
    deskLost: (agentId) =>
      open((draft, at) => {
        const agent = draft.agent(agentId);
        if (agent?.nodeId !== nodeId) return false;
        transitions.loseDesk(draft, agent, at);
        return true;
      }),
    reach: (agentId, nodeIds) =>
      open((draft, at) => {
        const agent = draft.agent(agentId);
        if (agent?.nodeId !== nodeId) return false;
        transitions.setReach(draft, agent, nodeIds, at);
        return true;
      }),
    outOfReach: (agentId) =>
      open((draft, at) => {
        const agent = draft.agent(agentId);
        if (!agent?.reaches?.includes(nodeId)) return false;
        transitions.setReach(
          draft,
          agent,
          agent.reaches.filter((each) => each !== nodeId),
          at,
        );
        return true;
      }),
    nodes: () => [...liveNodes],
    async estimate(entryId) {
      const { entries, agents } = await store.read();
      const entry = entries.get(entryId)?.value;
      if (entry?.progress.state !== 'waiting') return undefined;
      return estimate({
        entry,
        entries: [...entries.values()].map(({ value }) => value),
        agents: [...agents.values()].map(({ value }) => value),
        rules: rules(),
        nowEpochMs: clock.epochMs(),
        pace,
      });
    },
    state: () => ({ entries: [...view.entries.values()], agents: [...view.agents.values()] }),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: () =>
      (closing ??= (async () => {
        cancelTick();
        unsubscribe();
        try {
          await change((draft, at) => buryNodes(draft, (id) => id === nodeId, at));
          await store.endLease(nodeId);
        } catch (error) {
          // The lease runs out by itself, and then other nodes do the same.
          log.warn({ err: toKefuError(error) }, 'this node could not sign off from the queue');
        }
        listeners.clear();
      })()),
  };
}

function fail(id: string): never {
  throw new KefuError('not_found', `Nobody in the queue and no agent has the id "${id}".`);
}
