import type { AgentActivity } from './handoff.ts';

/*
 * Figures of the contact centre. docs/figures.md says how each is made; here is the form in which parts hand them to each other.
 */

/** One thing that happened on this node and counts. Every fact is told by exactly one node. */
export type FigureFact =
  /** A caller (not a callback) got a place in the queue. */
  | { readonly type: 'offered'; readonly queue: string }
  /** A person answered for the first time. */
  | { readonly type: 'answered'; readonly queue: string; readonly waitMs: number }
  /** The caller left before anybody answered. */
  | { readonly type: 'abandoned'; readonly queue: string; readonly waitMs: number }
  /** A conversation ended: for good, or because it broke off and the caller waits again. */
  | {
      readonly type: 'talked';
      readonly queue: string;
      readonly agentId: string;
      readonly talkMs: number;
      readonly finished: boolean;
    }
  /** The after-call work of an agent ended. `last` is the contact before it, unknown when this node never saw it. */
  | {
      readonly type: 'wrapped-up';
      readonly agentId: string;
      readonly afterCallMs: number;
      readonly last: { readonly queue: string; readonly talkMs: number } | undefined;
    }
  /** An agent was at work for so long: with contacts (`busy`), or ready for one. */
  | {
      readonly type: 'agent-time';
      readonly agentId: string;
      readonly busy: boolean;
      readonly fromEpochMs: number;
      readonly toEpochMs: number;
    }
  | { readonly type: 'callback-promised'; readonly queue: string }
  | { readonly type: 'callback-kept'; readonly queue: string }
  /** A call went to a person: into the queue, or to a number outside. */
  | { readonly type: 'transferred'; readonly reason: string }
  /** A call ended; `contained` when Kefu finished it without a person. */
  | { readonly type: 'call-ended'; readonly contained: boolean };

/** What amounts are kept of; `shop` has a single name, the empty one. */
export type FigureSubject = 'queue' | 'agent' | 'reason' | 'shop';

/** A sum of one day, such as `{ subject: 'queue', name: 'general', measure: 'answered', amount: 12 }`. */
export interface FigureAmount {
  readonly subject: FigureSubject;
  readonly name: string;
  readonly measure: string;
  readonly amount: number;
}

/** Where figures outlive the process. Rejects with `store_unavailable`. */
export interface FigureStore {
  /** Keeps what this process has counted of a day so far, in place of what it kept of it before: it may be repeated. */
  keep(day: string, amounts: readonly FigureAmount[]): Promise<void>;
  /** What all processes together, of all nodes and all times, have counted of a day. */
  sum(day: string): Promise<readonly FigureAmount[]>;
}

export interface QueueFigures {
  readonly queue: string;
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  /** 0 to 1. Null, like the averages, while there is nothing to make it of. */
  readonly serviceLevel: number | null;
  readonly averageAnswerMs: number | null;
  readonly averageHandleMs: number | null;
  readonly callbacksPromised: number;
  readonly callbacksKept: number;
  /** Now; 0 for days that are over. */
  readonly waiting: number;
  readonly longestWaitMs: number;
}

export interface AgentFigures {
  readonly id: string;
  readonly name: string;
  readonly handled: number;
  readonly averageHandleMs: number | null;
  /** 0 to 1. */
  readonly occupancy: number | null;
}

export interface ContactCentreFigures {
  readonly sinceEpochMs: number;
  /** In the shop's time zone, such as `2026-11-29`. */
  readonly day: string;
  readonly queues: readonly QueueFigures[];
  readonly agents: readonly AgentFigures[];
  readonly transfersByReason: readonly { readonly reason: string; readonly count: number }[];
  readonly calls: number;
  readonly contained: number;
}

/** What can be seen of the queue at this moment, and what counts from now on. */
export interface QueueWatch {
  /** Returns the function that ends it. */
  subscribe(listener: (fact: FigureFact) => void): () => void;
  waiting(): readonly Pick<QueueFigures, 'queue' | 'waiting' | 'longestWaitMs'>[];
  agentsByState(): Readonly<Record<AgentActivity, number>>;
}

/** The figures of one Kefu process. */
export interface Figures extends QueueWatch {
  /** Of one day, all nodes together; of today without a day. Rejects with `store_unavailable`. */
  ofDay(day?: string): Promise<ContactCentreFigures>;
  /** Of this process, since it was started. */
  sinceStart(): ContactCentreFigures;
  /** Writes what is not written yet, and counts no more. Close the router before, so that what its end ends is counted. Idempotent. */
  close(): Promise<void>;
}
