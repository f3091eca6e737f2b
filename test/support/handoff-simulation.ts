import type {
  AgentProfile,
  Contact,
  HandoffEvent,
  HandoffRouter,
  QueueEntry,
} from '../../src/core/handoff.ts';
import type { ManualClock } from './manual-clock.ts';
import type { Random } from './random.ts';

/** A call centre in accelerated time: callers and agents who do what people do, each decision drawn at random. */
export interface SimulationOptions {
  readonly router: HandoffRouter;
  readonly clock: ManualClock;
  readonly random: Random;
  /** So many are in the queue or in a conversation at any time, until all have called. */
  readonly callersAtOnce: number;
  readonly agents: number;
  readonly calls: number;
  readonly meanPatienceMs: number;
  readonly patience: 'exponential' | 'lognormal';
  readonly meanTalkMs: number;
  /** Time goes on in steps of this; a quarter of a second by default. */
  readonly stepMs?: number;
  /** Waits after each step until everything it caused has happened; without, until promises have settled. */
  readonly settle?: () => Promise<void>;
  /** Told how many calls are over now and then; ends the simulation by false. */
  readonly onProgress?: (ended: number) => boolean;
}

export type Outcome = 'served' | 'called-back' | 'abandoned';

export interface SimulatedCall {
  readonly contact: Contact;
  readonly enqueuedAtMs: number;
  /** What Kefu would have told the caller when they came. */
  estimateMs: number | null;
  /** When somebody first answered. */
  answeredAtMs: number | undefined;
  /** When it was first offered, as a number in the order of all first offers. */
  firstOffer: number | undefined;
  readonly outcomes: Outcome[];
}

export interface SimulationResult {
  readonly calls: ReadonlyMap<string, SimulatedCall>;
  /** What must never happen, in words. */
  readonly violations: readonly string[];
  readonly simulatedMs: number;
  readonly counts: Readonly<Record<'declines' | 'noAnswers' | 'deskCrashes' | 'broken', number>>;
}

const demands: readonly [Contact['skills'], ...Contact['skills'][]] = [
  [],
  [],
  [],
  [{ skill: 'orders', level: 2 }],
  [{ skill: 'complaints', level: 3 }],
];

function contactOf(index: number, random: Random): Contact {
  const upset = random.chance(0.2);
  return {
    id: `call_${index}`,
    queue: 'general',
    channel: 'voice',
    reason: upset ? 'angry' : random.pick(['asked-for-person', 'not-found', 'refund']),
    anger: upset ? random.pick([0.6, 0.9]) : 0,
    value: random.chance(0.1) ? 1000 : 0,
    language: random.chance(0.3) ? 'zh' : 'en',
    skills: random.pick(demands),
  };
}

function agentOf(index: number, random: Random): AgentProfile {
  const skills: Record<string, number> = { orders: 1 + Math.floor(random.next() * 5) };
  if (random.chance(0.6)) skills.complaints = 2 + Math.floor(random.next() * 4);
  return {
    id: `agent_${index}`,
    teams: ['everybody'],
    languages: index % 3 === 0 ? ['en', 'zh'] : index % 3 === 1 ? ['en'] : ['zh', 'en'],
    skills,
    textCapacity: 0,
  };
}

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { router, clock, random } = options;
  const calls = new Map<string, SimulatedCall>();
  const violations: string[] = [];
  const counts = { declines: 0, noAnswers: 0, deskCrashes: 0, broken: 0 };
  /** Who has which entry, ringing or talking, as the events tell it. */
  const agentOfEntry = new Map<string, string>();
  const entryOfAgent = new Map<string, string>();
  let begun = 0;
  let ended = 0;
  let offers = 0;

  const doing = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => violations.push(`a method failed: ${String(error)}`));
  };

  const comeIn = (): void => {
    if (begun >= options.calls) return;
    const contact = contactOf(begun, random);
    begun += 1;
    const call: SimulatedCall = {
      contact,
      enqueuedAtMs: clock.nowMs(),
      estimateMs: null,
      answeredAtMs: undefined,
      firstOffer: undefined,
      outcomes: [],
    };
    calls.set(contact.id, call);
    doing(
      router.enqueue(contact).then(async (admission) => {
        if (!admission.admitted) violations.push(`${contact.id} was refused`);
        const estimated = await router.estimate(contact.id);
        call.estimateMs = estimated ? estimated.waitMs : 0;
      }),
    );
    const patienceMs = random[options.patience](options.meanPatienceMs);
    clock.setTimer(() => loseHeart(call), patienceMs);
  };

  /** Out of patience: hangs up, or takes the offer to be called back. */
  const loseHeart = ({ contact, answeredAtMs, outcomes }: SimulatedCall): void => {
    if (answeredAtMs !== undefined || outcomes.length > 0) return;
    if (random.chance(0.2)) doing(router.enqueue({ ...contact, channel: 'callback' }));
    else doing(router.leave(contact.id));
  };

  const answer = (agentId: string, entry: QueueEntry): void => {
    const mood = random.next();
    const afterMs = random.between(1_000, 8_000);
    if (mood < 0.04) {
      counts.noAnswers += 1;
      clock.setTimer(() => doing(router.setState(agentId, { state: 'available' })), 60_000);
    } else if (mood < 0.1) {
      counts.declines += 1;
      clock.setTimer(() => doing(router.decline(agentId, entry.id)), afterMs);
    } else if (mood < 0.11) {
      clock.setTimer(() => crash(agentId), afterMs);
    } else clock.setTimer(() => doing(router.accept(agentId, entry.id)), afterMs);
  };

  const talk = (agentId: string, entry: QueueEntry): void => {
    const talkMs = random.lognormal(options.meanTalkMs);
    const mood = random.next();
    if (mood < 0.02)
      clock.setTimer(() => {
        if (agentOfEntry.get(entry.id) === agentId) crash(agentId);
      }, talkMs * random.next());
    else if (mood < 0.1) clock.setTimer(() => doing(router.leave(entry.id)), talkMs);
    else clock.setTimer(() => doing(router.finish(agentId, entry.id)), talkMs);
  };

  const crash = (agentId: string): void => {
    counts.deskCrashes += 1;
    doing(router.deskLost(agentId));
    clock.setTimer(() => doing(appear(profiles.get(agentId))), random.between(5_000, 60_000));
  };

  const appear = async (profile: AgentProfile | undefined): Promise<void> => {
    if (!profile) return;
    await router.signIn(profile);
    await router.setState(profile.id, { state: 'available' });
  };

  const take = (entry: QueueEntry, agentId: string): void => {
    const call = calls.get(entry.id);
    if (!call || call.outcomes.length > 0) violations.push(`${entry.id} was offered after its end`);
    if (agentOfEntry.has(entry.id)) violations.push(`${entry.id} was offered twice`);
    if (entryOfAgent.has(agentId)) violations.push(`${agentId} was offered two`);
    agentOfEntry.set(entry.id, agentId);
    entryOfAgent.set(agentId, entry.id);
    if (call) call.firstOffer ??= offers++;
  };

  const giveBack = (entryId: string): void => {
    const agentId = agentOfEntry.get(entryId);
    agentOfEntry.delete(entryId);
    if (agentId !== undefined) entryOfAgent.delete(agentId);
  };

  const hear = (event: HandoffEvent): void => {
    if (!event.here) violations.push(`${event.type} was told as another node's`);
    switch (event.type) {
      case 'offered':
        take(event.entry, event.agentId);
        answer(event.agentId, event.entry);
        return;
      case 'accepted': {
        const call = calls.get(event.entry.id);
        if (agentOfEntry.get(event.entry.id) !== event.agentId)
          violations.push(`${event.entry.id} was accepted by somebody else`);
        if (call) call.answeredAtMs ??= clock.nowMs();
        talk(event.agentId, event.entry);
        return;
      }
      case 'requeued':
        if (event.broken) counts.broken += 1;
        giveBack(event.entry.id);
        return;
      case 'entry-removed': {
        giveBack(event.entry.id);
        const called = event.entry.channel === 'callback' ? 'called-back' : 'served';
        calls.get(event.entry.id)?.outcomes.push(event.served ? called : 'abandoned');
        ended += 1;
        clock.setTimer(comeIn, random.exponential(500));
        return;
      }
      case 'entry-added':
      case 'callback-promised':
      case 'offer-withdrawn':
      case 'agent-changed':
        return;
      default:
        event satisfies never;
    }
  };

  const profiles = new Map(
    Array.from({ length: options.agents }, (_, index) => agentOf(index, random)).map((profile) => [
      profile.id,
      profile,
    ]),
  );
  const unsubscribe = router.subscribe(hear);
  for (const profile of profiles.values()) doing(appear(profile));
  for (let index = 0; index < options.callersAtOnce; index += 1)
    clock.setTimer(comeIn, random.between(0, 600_000));
  const limitMs = clock.nowMs() + 7 * 24 * 3_600_000;
  const { stepMs = 250, settle = promisesSettle, onProgress = () => true } = options;
  while (ended < options.calls && clock.nowMs() < limitMs && onProgress(ended)) {
    for (const endMs = clock.nowMs() + 10_000; clock.nowMs() < endMs;) {
      clock.advance(stepMs);
      await settle();
    }
  }
  unsubscribe();
  return { calls, violations, simulatedMs: clock.nowMs(), counts };
}

function promisesSettle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
