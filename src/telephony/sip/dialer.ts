import { KefuError, toKefuError } from '../../core/errors.ts';
import type { DialOptions, OutboundDialer, VoiceMedia } from '../../core/telephony.ts';
import { DialAllowance, failed } from '../dialling.ts';
import { hostText } from './grammar.ts';
import type { CallParts } from './incoming.ts';
import { placeCall } from './outgoing.ts';
import { numberOf } from './targets.ts';
import type { OutboundRules, Trunk } from './trunks.ts';

type OutboundTrunk = Trunk & { readonly outbound: OutboundRules };

/** Calls numbers over the trunks that allow them, the first of the file first. */
export class SipDialer implements OutboundDialer {
  readonly #lines: readonly { readonly trunk: OutboundTrunk; readonly allowance: DialAllowance }[];
  readonly #parts: CallParts;

  constructor(trunks: readonly Trunk[], parts: CallParts) {
    const { clock, log } = parts;
    this.#lines = trunks
      .filter((trunk): trunk is OutboundTrunk => trunk.outbound !== undefined)
      .map((trunk) => ({
        trunk,
        allowance: new DialAllowance(trunk.outbound, { clock, log: log.child({ trunk: trunk.name }) }),
      }));
    this.#parts = parts;
  }

  async dial(target: string, options: DialOptions): Promise<VoiceMedia> {
    const number = numberOf(target);
    if (number === undefined) {
      throw new KefuError('transfer_unsupported', 'Only numbers such as +15551234567 can be called.');
    }
    const line = this.#lines.find(({ trunk: { outbound } }) =>
      outbound.numbers.some((pattern) => pattern.test(number)),
    );
    if (!line)
      throw failed('not-allowed', 'No trunk may call this number: see `outbound.numbers` in the trunks file');
    const { trunk, allowance } = line;
    const release = allowance.take();
    const { server } = trunk.outbound;
    const port = server.port === undefined ? '' : `:${server.port}`;
    const transport = server.params.get('transport');
    const uri = `${server.scheme}:${number}@${hostText(server.host)}${port}${transport === undefined ? '' : `;transport=${transport}`}`;
    try {
      return await placeCall({ ...this.#parts, trunk, uri, ...options, onEnded: release });
    } catch (error) {
      release();
      throw toKefuError(error, 'transfer_failed');
    }
  }
}
