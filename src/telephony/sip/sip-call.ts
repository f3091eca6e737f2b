import { KefuError } from '../../core/errors.ts';
import { VoiceSession, type Farewell, type HandOver } from '../voice-session.ts';
import { transferAttended, transferBridged, type PassingOnParts } from './passing-on.ts';
import type { SipFlow } from './flow.ts';
import type { Leg } from './leg.ts';
import { IncomingReferral } from './refer-in.ts';
import type { Side } from './side.ts';
import { numberOf, transferTarget } from './targets.ts';

export interface SipCallOptions extends PassingOnParts {
  readonly side: Side;
  /** How it sounds, when the two sides have not agreed yet. */
  readonly format: VoiceSession['format'];
  /** Calls that go on, to be hung up when the gateway closes. */
  readonly sessions: Set<VoiceSession>;
  /** The call is over; comes before the far side is told. */
  readonly onLeave?: (farewell: Farewell) => void;
}

/**
 * A call of Kefu with whoever is its far side just now. The session stays the same when somebody takes the far side's place (Replaces),
 * or when the far side names somebody to be called instead (REFER).
 *
 *     VoiceSession ◀──▶ SipCall ──▶ Side: Leg (signalling), SipMedia (sound)
 *                          └─ replaced: another Leg, the same SipMedia;  moved: another Side
 */
export class SipCall {
  readonly session: VoiceSession;
  readonly #options: SipCallOptions;
  readonly #over = new AbortController();
  #side: Side;
  #referral: IncomingReferral | undefined;
  /** The far side has been given away and is somebody else's. */
  #isBridged = false;

  constructor(options: SipCallOptions) {
    this.#options = options;
    this.#side = options.side;
    const { clock, log, mediaTimeoutMs, sessions } = options;
    this.session = new VoiceSession({
      format: options.format,
      wire: {
        send: (payload) => {
          if (!this.#side.closed) this.#side.media.send(payload);
        },
        mark: (name) => this.#side.media.mark(name),
        clear: () => this.#side.media.clear(),
        sendKeys: (keys) => this.#side.media.sendKeys(keys),
        quality: () => this.#side.media.quality(),
        returnsClearedMarks: false,
        checkTarget: (target) => void transferTarget(target, this.#side.flow),
        handOver: (target) => this.#handOver(target),
        leave: async (farewell) => {
          sessions.delete(this.session);
          options.onLeave?.(farewell);
          this.#over.abort();
          if (!this.#isBridged) await this.#side.leave();
        },
      },
      ...{ clock, log, mediaTimeoutMs },
    });
    sessions.add(this.session);
    options.side.sink = this.session;
    if (options.side.leg) this.#listenTo(options.side.leg);
  }

  get side(): Side {
    return this.#side;
  }

  /** The far side has its signalling now. */
  join(leg: Leg): void {
    this.#side.leg = leg;
    this.#listenTo(leg);
  }

  /** Somebody takes the far side's place; the sound goes on where it is. */
  replace(leg: Leg, flow: SipFlow): void {
    const replaced = this.#side.leg;
    this.#side.flow = flow;
    this.join(leg);
    void replaced?.bye();
  }

  /** From now on the call is with another far side, whom we have called. What the old one has not heard yet nobody will. */
  moveTo(side: Side): void {
    this.#side.close();
    this.#side = side;
    side.sink = this.session;
    if (side.leg) this.#listenTo(side.leg);
    this.session.farSideChanged();
  }

  #listenTo(leg: Leg): void {
    const { session } = this;
    leg.call = this;
    const isCurrent = (): boolean => this.#side.leg === leg;
    leg.listener = {
      onDigit: (digit) => {
        if (isCurrent()) session.digit(digit);
      },
      onBye: () => {
        if (!isCurrent()) return;
        if (this.#referral) {
          this.#side.close();
          this.#referral.referrerLeft();
        } else session.finish('caller-hung-up');
      },
      onLost: (detail) => {
        if (isCurrent()) session.finish('gateway-lost', detail);
      },
      onRefer: (transaction) => {
        const { dialer, clock, log, mediaTimeoutMs } = this.#options;
        // One at a time, and not while the call is given away by ourselves.
        if (this.#referral || session.handingOver || !isCurrent()) {
          transaction.respond(491);
          return;
        }
        this.#referral = IncomingReferral.take(transaction, {
          ...{ call: this, leg, dialer, clock, log, mediaTimeoutMs, signal: this.#over.signal },
          onDone: () => (this.#referral = undefined),
        });
      },
    };
    // Whoever hung up in the moment of answering has told it to nobody.
    if (leg.state === 'ended') leg.listener.onBye();
  }

  async #handOver(target: string): Promise<HandOver> {
    const { leg, flow, trunk } = this.#side;
    if (!leg) throw new KefuError('transfer_failed', 'The call was not answered.');
    const number = numberOf(target);
    if (trunk.transfer === 'blind' || number === undefined) return leg.refer(transferTarget(target, flow));
    const parts = { ...this.#options, signal: this.#over.signal };
    if (trunk.transfer === 'attended') return transferAttended(this.#side, number, parts);
    await transferBridged(this.#side, number, parts);
    this.#isBridged = true;
    return 'taken';
  }
}
