import { KefuError, toKefuError } from '../../core/errors.ts';
import type { DialOptions, OutboundDialer, VoiceMedia } from '../../core/telephony.ts';
import { hostText } from './grammar.ts';
import type { CallParts } from './incoming.ts';
import { placeCall, type PlaceCall } from './outgoing.ts';
import { numberOf } from './targets.ts';
import type { OutboundRules, Trunk } from './trunks.ts';

type OutboundTrunk = Trunk & { readonly outbound: OutboundRules };

const hourMs = 3_600_000;

/** Calls numbers over the trunks that allow them, the first of the file first. */
export class SipDialer implements OutboundDialer {
  #trunks: readonly OutboundTrunk[] = [];
  readonly #parts: CallParts;
  readonly #onCall: (trunk: Trunk) => void;
  readonly #active = new Map<string, number>();
  /** When the calls of the last hour were begun, by trunk. */
  readonly #begun = new Map<string, number[]>();

  /** @param onCall - Called for each call that is begun. */
  constructor(trunks: readonly Trunk[], parts: CallParts, onCall: (trunk: Trunk) => void = () => undefined) {
    this.#parts = parts;
    this.#onCall = onCall;
    this.renew(trunks);
  }

  /** From now on calls go over these trunks; those that go on stay where they are, and count. */
  renew(trunks: readonly Trunk[]): void {
    this.#trunks = trunks.filter((trunk): trunk is OutboundTrunk => trunk.outbound !== undefined);
  }

  async dial(target: string, options: DialOptions): Promise<VoiceMedia> {
    const number = numberOf(target);
    if (number === undefined) {
      throw new KefuError('transfer_unsupported', 'Only numbers such as +15551234567 can be called.');
    }
    const trunk = this.#trunks.find(({ outbound }) =>
      outbound.numbers.some((pattern) => pattern.test(number)),
    );
    if (!trunk)
      throw failed('not-allowed', 'No trunk may call this number: see `outbound.numbers` in the trunks file');
    this.#admit(trunk);
    this.#onCall(trunk);
    const { server } = trunk.outbound;
    const port = server.port === undefined ? '' : `:${server.port}`;
    const transport = server.params.get('transport');
    const uri = `${server.scheme}:${number}@${hostText(server.host)}${port}${transport === undefined ? '' : `;transport=${transport}`}`;
    this.#active.set(trunk.name, (this.#active.get(trunk.name) ?? 0) + 1);
    const release = (): void => {
      this.#active.set(trunk.name, (this.#active.get(trunk.name) ?? 1) - 1);
    };
    try {
      return await this.#place({ ...this.#parts, trunk, uri, ...options, onEnded: release });
    } catch (error) {
      release();
      throw toKefuError(error, 'transfer_failed');
    }
  }

  /** Asks one server of the trunk after the other until one of them takes the call or refuses it for good. */
  async #place(call: PlaceCall): Promise<VoiceMedia> {
    const { server, backups = [] } = call.trunk.outbound;
    let failure: unknown;
    for await (const way of this.#parts.core.servers.ways([server, ...backups])) {
      try {
        return await placeCall({ ...call, flow: way.flow });
      } catch (error) {
        failure = error;
        if (!isUnreachable(error) || call.signal.aborted) break;
        way.failed();
      }
    }
    throw toKefuError(failure, 'transfer_failed');
  }

  /** Keeps a defect, or somebody who found a way to make Kefu dial, from running up a bill. */
  #admit(trunk: OutboundTrunk): void {
    const { maxCalls, maxCallsPerHour } = trunk.outbound;
    const nowMs = this.#parts.clock.nowMs();
    const begun = (this.#begun.get(trunk.name) ?? []).filter((atMs) => nowMs - atMs < hourMs);
    if ((this.#active.get(trunk.name) ?? 0) >= maxCalls || begun.length >= maxCallsPerHour) {
      this.#parts.log.warn(
        { trunk: trunk.name, maxCalls, maxCallsPerHour },
        'Refused to dial: a limit of the trunk',
      );
      throw failed('limit', 'The trunk has reached its limit of calls');
    }
    begun.push(nowMs);
    this.#begun.set(trunk.name, begun);
  }
}

/** What came of dialling, as a word that code can look for at the beginning of the message. */
export type DialFailure =
  'busy' | 'no-answer' | 'declined' | 'not-found' | 'not-allowed' | 'limit' | 'unreachable' | 'failed';

/** An error of dialling: `transfer_failed` with the cause as its first word, such as `busy: ...`. */
export function failed(cause: DialFailure, detail: string): KefuError {
  return new KefuError('transfer_failed', `${cause}: ${detail}.`);
}

/** True when the server did not answer or cannot take calls, so that another one may. */
function isUnreachable(error: unknown): boolean {
  return (
    error instanceof KefuError && error.code === 'transfer_failed' && /^unreachable\b/.test(error.message)
  );
}
