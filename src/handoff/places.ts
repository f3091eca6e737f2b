import type { Clock } from '../core/clock.ts';
import type { PeopleCall, PersonWish } from '../core/conversation.ts';
import { toKefuError } from '../core/errors.ts';
import type { Contact, HandoffRouter, QueueEntry } from '../core/handoff.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';

/** How often a waiting caller's position is looked up. */
const lookEveryMs = 5_000;
/** A caller hears of a new position this often at most. */
const tellEveryMs = 20_000;

/** A running call of this node. */
export interface RegisteredCall {
  readonly call: PeopleCall;
  readonly language: Language;
  /** What the caller wants a person for, once that was asked for. */
  wish: PersonWish | undefined;
  enqueuedAtEpochMs: number | undefined;
  /** The place in the queue outlives the call: somebody calls back. */
  isCalledBackLater: boolean;
  stopPositions: () => void;
}

export interface PlacesParts {
  readonly router: HandoffRouter;
  readonly clock: Clock;
  readonly log: Logger;
  /** The caller has a person already, who waited for them to be called back. */
  readonly served?: (entry: QueueEntry, agentId: string) => void;
  /** Queues of the rules, the usual one first. */
  readonly queues: () => readonly string[];
}

/** Puts callers into the queue and tells them of their position. */
export class Places {
  readonly #parts: PlacesParts;

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  /** Takes the caller into the queue; what comes of it is told to the call. */
  async enqueue(registered: RegisteredCall, wish: PersonWish): Promise<void> {
    const { router, log } = this.#parts;
    const { call } = registered;
    registered.wish = wish;
    try {
      const admission = await router.enqueue(this.contactOf(call, wish, call.channel));
      if (!admission.admitted) {
        const { because, instead, opensAtEpochMs } = admission;
        call.tell({ type: 'queue-refused', because, instead, opensAtEpochMs });
        return;
      }
      const { entry } = admission;
      registered.enqueuedAtEpochMs = entry.enqueuedAtEpochMs;
      if (entry.progress.state === 'serving') this.#parts.served?.(entry, entry.progress.agentId);
      else this.watchPosition(registered);
    } catch (error) {
      log.error({ callId: call.callId, err: toKefuError(error) }, 'a caller could not be put into the queue');
      call.tell({ type: 'queue-refused', because: 'full', instead: 'callback', opensAtEpochMs: null });
    }
  }

  contactOf(call: Pick<PeopleCall, 'callId'>, wish: PersonWish, channel: Contact['channel']): Contact {
    const known = this.#parts.queues();
    const { queue, skills, ...rest } = wish.contact;
    const { agents } = this.#parts.router.state();
    // A skill that nobody has learnt would only keep the caller waiting until nothing is asked for any more.
    const isSkill = agents.some((agent) => agent.skills[queue] !== undefined);
    return {
      ...rest,
      id: call.callId,
      channel,
      queue: known.includes(queue) ? queue : (known[0] ?? 'general'),
      skills: isSkill ? [...skills, { skill: queue, level: 1 }] : skills,
    };
  }

  /** Tells the caller of their position now, and of each new one, until they no longer wait. */
  watchPosition(registered: RegisteredCall): void {
    const { router, clock, log } = this.#parts;
    const { call } = registered;
    registered.stopPositions();
    let stopped = false;
    let cancel: () => void = () => undefined;
    let told:
      { readonly position: number; readonly minutes: number | null; readonly atMs: number } | undefined;
    const look = async () => {
      try {
        const estimate = await router.estimate(call.callId);
        if (stopped) return;
        if (estimate) {
          const minutes = estimate.waitMs === null ? null : Math.ceil(estimate.waitMs / 60_000);
          const isNew = told?.position !== estimate.position || told.minutes !== minutes;
          if (isNew && (!told || clock.nowMs() - told.atMs >= tellEveryMs)) {
            told = { position: estimate.position, minutes, atMs: clock.nowMs() };
            call.tell({ type: 'queue-position', ...estimate });
          }
        }
      } catch (error) {
        log.warn({ callId: call.callId, err: toKefuError(error) }, 'a position in the queue is not known');
      }
      if (!stopped) cancel = clock.setTimer(() => void look(), lookEveryMs);
    };
    registered.stopPositions = () => {
      stopped = true;
      cancel();
    };
    void look();
  }
}
