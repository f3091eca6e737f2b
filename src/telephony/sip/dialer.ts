import { KefuError, toKefuError } from '../../core/errors.ts';
import type { DialOptions, OutboundDialer, VoiceMedia } from '../../core/telephony.ts';
import { DialAllowance, dialFailureOf, failed } from '../dialling.ts';
import type { VoiceSession } from '../voice-session.ts';
import { ServerOverloaded } from './dial-failure.ts';
import { hostText } from './grammar.ts';
import { placeCall, type OutgoingParts, type PlaceCall } from './outgoing.ts';
import type { Side } from './side.ts';
import { SipCall } from './sip-call.ts';
import type { PassingOnParts } from './passing-on.ts';
import { mayCall, numberOf } from './targets.ts';
import type { OutboundRules, Trunk } from './trunks.ts';

type OutboundTrunk = Trunk & { readonly outbound: OutboundRules };

export interface DialerParts extends OutgoingParts, Omit<PassingOnParts, 'dialer'> {
  /** Calls that go on, to be hung up when the gateway closes. */
  readonly sessions: Set<VoiceSession>;
}

export interface PlaceOptions
  extends DialOptions, Pick<PlaceCall, 'codec' | 'replaces' | 'listener' | 'onProgress'> {
  /** The trunk to call over; without it all that may call the number, the first of the file first. */
  readonly trunk?: Trunk | undefined;
}

/** Calls numbers over the trunks that allow them, within the limits of each. */
export class SipDialer implements OutboundDialer {
  #lines: readonly { readonly trunk: OutboundTrunk; readonly allowance: DialAllowance }[] = [];
  readonly #parts: DialerParts;
  readonly #onCall: (trunk: Trunk) => void;

  /** @param onCall - Called for each call that is begun. */
  constructor(
    trunks: readonly Trunk[],
    parts: DialerParts,
    onCall: (trunk: Trunk) => void = () => undefined,
  ) {
    this.#parts = parts;
    this.#onCall = onCall;
    this.renew(trunks);
  }

  /** From now on calls go over these trunks; those that go on stay where they are, and count. */
  renew(trunks: readonly Trunk[]): void {
    const { clock, log } = this.#parts;
    const known = new Map(this.#lines.map(({ trunk, allowance }) => [trunk.name, allowance]));
    this.#lines = trunks
      .filter((trunk): trunk is OutboundTrunk => trunk.outbound !== undefined)
      .map((trunk) => {
        const { name, outbound } = trunk;
        const allowance =
          known.get(name) ?? new DialAllowance(outbound, { clock, log: log.child({ trunk: name }) });
        allowance.limits = outbound;
        return { trunk, allowance };
      });
  }

  async dial(target: string, options: DialOptions): Promise<VoiceMedia> {
    const side = await this.place(target, options);
    const { format } = side.media;
    if (!format || !side.leg) throw new KefuError('internal', 'A call was answered without sound.');
    const log = this.#parts.log.child({ trunk: side.trunk.name, gatewayCallId: side.leg.dialog.callId });
    const { session } = new SipCall({ ...this.#parts, side, format, dialer: this, log });
    session.accepted(log);
    return session;
  }

  /** Calls somebody, and hands over the far side without anybody who speaks with it. Rejects as `dial`. */
  async place(target: string, options: PlaceOptions): Promise<Side> {
    const number = numberOf(target);
    if (number === undefined) {
      throw new KefuError('transfer_unsupported', 'Only numbers such as +15551234567 can be called.');
    }
    const { trunk: only, ...more } = options;
    const [first, ...others] = this.#lines.filter(
      ({ trunk }) => (only === undefined || trunk.name === only.name) && mayCall(trunk, number),
    );
    if (!first)
      throw failed('not-allowed', 'No trunk may call this number: see `outbound.numbers` in the trunks file');
    let unreachable: KefuError | undefined;
    for (const { trunk, allowance } of [first, ...others]) {
      try {
        return await this.#placeOver(trunk, allowance.take(), number, more);
      } catch (error) {
        // Another trunk may get through where this one does not; who is busy is so over all of them.
        unreachable = toKefuError(error, 'transfer_failed');
        if (dialFailureOf(unreachable.message) !== 'unreachable') break;
      }
    }
    throw unreachable ?? failed('failed', 'There is no trunk');
  }

  async #placeOver(
    trunk: OutboundTrunk,
    release: () => void,
    number: string,
    options: Omit<PlaceOptions, 'trunk'>,
  ): Promise<Side> {
    this.#onCall(trunk);
    const { server } = trunk.outbound;
    const port = server.port === undefined ? '' : `:${server.port}`;
    const transport = server.params.get('transport');
    const uri = `${server.scheme}:${number}@${hostText(server.host)}${port}${transport === undefined ? '' : `;transport=${transport}`}`;
    try {
      return await this.#placeInTurn({ ...this.#parts, trunk, uri, ...options, onEnded: release });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Asks one server of the trunk after the other until one of them takes the call or refuses it for good (RFC 3263 section 4.3). */
  async #placeInTurn(call: Omit<PlaceCall, 'flow'>): Promise<Side> {
    const { server, backups = [] } = call.trunk.outbound;
    let failure: KefuError | undefined;
    try {
      for await (const way of this.#parts.core.servers.ways([server, ...backups])) {
        try {
          return await placeCall({ ...call, flow: way.flow });
        } catch (error) {
          failure = toKefuError(error, 'transfer_failed');
          if (dialFailureOf(failure.message) !== 'unreachable' || call.signal.aborted) break;
          way.failed(failure instanceof ServerOverloaded ? failure.restMs : undefined);
          call.log.warn({ trunk: call.trunk.name, why: failure.message }, 'A SIP server was passed over');
        }
      }
    } catch (error) {
      failure = failed('unreachable', toKefuError(error).message.replace(/\.$/, ''));
    }
    throw failure ?? failed('unreachable', 'The trunk has no server');
  }
}
