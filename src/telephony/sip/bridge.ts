import type { CreateTranscoder, Transcoder } from '../../core/audio.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { fromRelay, Relay, toRelay } from './relay.ts';
import type { Side } from './side.ts';

export interface BridgeParts {
  readonly createTranscoder: CreateTranscoder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly mediaTimeoutMs: number;
  /** Those that go on, to be hung up when the gateway closes. */
  readonly bridges: Set<Bridge>;
}

/**
 * Two far sides who speak with each other through Kefu, which listens to neither any more.
 *
 *     caller: Leg, SipMedia ──sound (Relay), keys──▶ callee: Leg, SipMedia        a BYE of one, or silence of the network: BYE to the other
 *                           ◀──sound (Relay), keys──
 */
export class Bridge {
  /** Resolves when both have been told goodbye. */
  readonly over: Promise<void>;
  readonly #sides: readonly [caller: Side, callee: Side];
  readonly #parts: BridgeParts;
  readonly #relays: Relay[] = [];
  readonly #startedMs: number;
  readonly #heardMs = new Map<Side, number>();
  #cancelWatch: () => void = () => undefined;
  #ended = false;
  #resolve: () => void = () => undefined;

  /** Both are confirmed; the callee hands its sound over, and takes it, in the `relayCodec` of the caller. */
  constructor(caller: Side, callee: Side, parts: BridgeParts) {
    this.#sides = [caller, callee];
    this.#parts = parts;
    this.#startedMs = parts.clock.nowMs();
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    parts.bridges.add(this);
    // The last of what Kefu had to say is of no interest any more.
    caller.media.clear();
    const { codec } = caller.media;
    this.#connect(caller, callee, toRelay(codec, parts.createTranscoder));
    this.#connect(callee, caller, fromRelay(codec, parts.createTranscoder));
    this.#watch();
    parts.log.info({ trunk: callee.trunk.name }, 'A caller speaks with a number through us');
    // Whoever hung up in the moment of joining has told it to nobody.
    if (this.#sides.some(({ leg }) => leg?.state !== 'confirmed')) void this.end('one of them had hung up');
  }

  /** Hangs up on both; resolves as `over`. Idempotent. */
  end(why: string): Promise<void> {
    if (this.#ended) return this.over;
    this.#ended = true;
    const { bridges, clock, log } = this.#parts;
    this.#cancelWatch();
    for (const relay of this.#relays) relay.close();
    const seconds = Math.round((clock.nowMs() - this.#startedMs) / 1000);
    log.info({ why, seconds }, 'A caller speaks with a number no more');
    void Promise.all(this.#sides.map((side) => side.leave())).then(() => {
      bridges.delete(this);
      this.#resolve();
    });
    return this.over;
  }

  #connect(from: Side, to: Side, convert: Transcoder | undefined): void {
    const { clock, log } = this.#parts;
    const relay = new Relay(to.media, convert);
    this.#relays.push(relay);
    const press = (digit: string): void => {
      if (!to.media.sendKeys(digit)) log.info({}, 'A key was pressed for somebody who takes no keys');
    };
    this.#heardMs.set(from, clock.nowMs());
    from.sink = {
      packet: (payload) => relay.take(payload),
      digit: press,
      markPlayed: () => undefined,
      heard: () => this.#heardMs.set(from, clock.nowMs()),
    };
    if (!from.leg) return;
    from.leg.call = undefined;
    from.leg.listener = {
      onDigit: press,
      onBye: () => void this.end('one of them has hung up'),
      onLost: (detail) => void this.end(detail),
      // They are not Kefu's to be sent elsewhere any more.
      onRefer: (transaction) => transaction.respond(603),
    };
  }

  /** A side that holds the call is heard of all the same; see `RtpSession`. */
  #watch(): void {
    const { clock, mediaTimeoutMs } = this.#parts;
    const silentMs = clock.nowMs() - Math.min(...this.#heardMs.values());
    if (silentMs >= mediaTimeoutMs) void this.end(`no packet for ${mediaTimeoutMs / 1000} s`);
    else this.#cancelWatch = clock.setTimer(() => this.#watch(), mediaTimeoutMs - silentMs);
  }
}
