import { KefuError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/log.ts';
import { createTranscoder } from '../../../src/media/transcoder.ts';
import {
  createSipGateway,
  type SipGateway,
  type SipGatewayOptions,
} from '../../../src/telephony/sip/gateway.ts';
import type { OutboundRules } from '../../../src/telephony/sip/trunks.ts';

/** A SIP gateway on free ports of this machine that lets the whole machine in. */
export interface LocalGateway {
  readonly gateway: SipGateway;
  readonly udp: number;
  readonly tcp: number;
  /** Errors of its log, each kind with how often it came. */
  readonly errors: Map<string, number>;
}

export interface LocalGatewayParts extends Pick<SipGatewayOptions, 'clock' | 'names'> {
  /** Where the gateway calls to, if it does. */
  readonly outbound?: OutboundRules | undefined;
}

/**
 * Opens a SIP gateway for a benchmark; calls are taken once `gateway.start` is called.
 * @param rtpPorts - first and last port of its sound.
 */
export async function openLocalGateway(
  rtpPorts: readonly [first: number, last: number],
  { outbound, ...parts }: LocalGatewayParts = {},
): Promise<LocalGateway> {
  const errors = new Map<string, number>();
  const log = countingLog(errors);
  const host = '127.0.0.1';
  const gateway = createSipGateway({
    settings: {
      listeners: [
        { transport: 'udp', host, port: 0 },
        { transport: 'tcp', host, port: 0 },
      ],
      ...{
        publicAddress: undefined,
        rtpHost: host,
        rtpPorts,
        mediaTimeoutMs: 30_000,
        authorities: undefined,
      },
      trunks: [
        {
          ...{ name: 'local', admits: (address: string) => address.startsWith('127.'), login: undefined },
          ...{ language: 'en', codecs: ['PCMU', 'PCMA'], srtp: 'allowed' },
          ...{ register: undefined, outbound },
          ...{ earlyMedia: false, transfer: 'blind', acceptRefer: false },
        },
      ],
    },
    ...{ createTranscoder, log, ...parts },
  });
  await gateway.open();
  const portOf = (transport: string): number => {
    const place = gateway.bound.find((bound) => bound.transport === transport);
    if (!place) throw new KefuError('internal', `The gateway does not listen on ${transport}.`);
    return place.port;
  };
  return { gateway, udp: portOf('udp'), tcp: portOf('tcp'), errors };
}

/** Counts errors and keeps nothing else: what a flood of lines costs is not to be measured. */
function countingLog(errors: Map<string, number>): Logger {
  const ignore = (): void => undefined;
  return {
    ...{ debug: ignore, info: ignore, warn: ignore },
    error: (fields, message) => {
      const kind = typeof fields.error === 'string' ? `${message}: ${fields.error}` : message;
      errors.set(kind, (errors.get(kind) ?? 0) + 1);
    },
    child: () => countingLog(errors),
  };
}
