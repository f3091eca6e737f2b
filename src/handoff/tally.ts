import type {
  AgentFigures,
  ContactCentreFigures,
  FigureAmount,
  FigureFact,
  FigureSubject,
  QueueFigures,
} from '../core/figures.ts';

/** Sums of one day, or of one process, by subject, name and measure. */
export class Tally {
  readonly #amounts = new Map<string, FigureAmount>();

  constructor(amounts: readonly FigureAmount[] = []) {
    for (const { subject, name, measure, amount } of amounts) this.add(subject, name, measure, amount);
  }

  add(subject: FigureSubject, name: string, measure: string, amount: number): void {
    const key = JSON.stringify([subject, name, measure]);
    const before = this.#amounts.get(key)?.amount ?? 0;
    this.#amounts.set(key, { subject, name, measure, amount: before + amount });
  }

  get(subject: FigureSubject, name: string, measure: string): number {
    return this.#amounts.get(JSON.stringify([subject, name, measure]))?.amount ?? 0;
  }

  amounts(): readonly FigureAmount[] {
    return [...this.#amounts.values()];
  }

  /** Whom or what there are amounts of, sorted. */
  names(subject: FigureSubject): readonly string[] {
    const names = this.amounts().flatMap((amount) => (amount.subject === subject ? [amount.name] : []));
    return [...new Set(names)].sort();
  }
}

/** Adds a fact to sums. Working time goes by days and is added by `addWork`. */
export function addFact(tally: Tally, fact: FigureFact, serviceLevelMs: number): void {
  switch (fact.type) {
    case 'offered':
    case 'abandoned':
      tally.add('queue', fact.queue, fact.type, 1);
      return;
    case 'answered':
      tally.add('queue', fact.queue, 'answered', 1);
      tally.add('queue', fact.queue, 'answer-ms', fact.waitMs);
      if (fact.waitMs <= serviceLevelMs) tally.add('queue', fact.queue, 'answered-in-time', 1);
      return;
    case 'talked':
      for (const [subject, name] of [
        ['queue', fact.queue],
        ['agent', fact.agentId],
      ] as const) {
        tally.add(subject, name, 'handle-ms', fact.talkMs);
        if (fact.finished) tally.add(subject, name, 'handled', 1);
      }
      return;
    case 'wrapped-up':
      tally.add('agent', fact.agentId, 'handle-ms', fact.afterCallMs);
      if (fact.last) tally.add('queue', fact.last.queue, 'handle-ms', fact.afterCallMs);
      return;
    case 'callback-promised':
    case 'callback-kept':
      tally.add('queue', fact.queue, fact.type, 1);
      return;
    case 'transferred':
      tally.add('reason', fact.reason, 'transferred', 1);
      return;
    case 'call-ended':
      tally.add('shop', '', 'calls', 1);
      if (fact.contained) tally.add('shop', '', 'contained', 1);
      return;
    case 'agent-time':
      return;
    default:
      fact satisfies never;
  }
}

export function addWork(tally: Tally, agentId: string, busy: boolean, ms: number): void {
  tally.add('agent', agentId, busy ? 'busy-ms' : 'ready-ms', ms);
}

type Waiting = Pick<QueueFigures, 'queue' | 'waiting' | 'longestWaitMs'>;

/** The figures that sums come to. */
export function figuresOf(
  tally: Tally,
  moment: {
    readonly sinceEpochMs: number;
    readonly day: string;
    readonly waiting: readonly Waiting[];
    /** Agents to list whether or not they have done anything. */
    readonly agentIds: readonly string[];
    readonly nameOf: (agentId: string) => string;
  },
): ContactCentreFigures {
  const waiting = new Map(moment.waiting.map((queue) => [queue.queue, queue]));
  const queues = new Set([...tally.names('queue'), ...waiting.keys()]);
  const agents = new Set([...tally.names('agent'), ...moment.agentIds]);
  return {
    sinceEpochMs: moment.sinceEpochMs,
    day: moment.day,
    queues: [...queues].sort().map((queue) => queueFigures(tally, queue, waiting.get(queue))),
    agents: [...agents].sort().map((id) => agentFigures(tally, id, moment.nameOf(id))),
    transfersByReason: tally
      .names('reason')
      .map((reason) => ({ reason, count: tally.get('reason', reason, 'transferred') }))
      .sort((left, right) => right.count - left.count),
    calls: tally.get('shop', '', 'calls'),
    contained: tally.get('shop', '', 'contained'),
  };
}

function queueFigures(tally: Tally, queue: string, waiting: Waiting | undefined): QueueFigures {
  const of = (measure: string): number => tally.get('queue', queue, measure);
  const answered = of('answered');
  const abandoned = of('abandoned');
  return {
    queue,
    offered: of('offered'),
    answered,
    abandoned,
    serviceLevel: ratio(of('answered-in-time'), answered + abandoned),
    averageAnswerMs: ratio(of('answer-ms'), answered),
    averageHandleMs: ratio(of('handle-ms'), of('handled')),
    callbacksPromised: of('callback-promised'),
    callbacksKept: of('callback-kept'),
    waiting: waiting?.waiting ?? 0,
    longestWaitMs: waiting?.longestWaitMs ?? 0,
  };
}

function agentFigures(tally: Tally, id: string, name: string): AgentFigures {
  const of = (measure: string): number => tally.get('agent', id, measure);
  const busyMs = of('busy-ms');
  return {
    id,
    name,
    handled: of('handled'),
    averageHandleMs: ratio(of('handle-ms'), of('handled')),
    occupancy: ratio(busyMs, busyMs + of('ready-ms')),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
