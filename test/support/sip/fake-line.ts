import { EventEmitter } from 'node:events';
import type { Socket } from 'node:dgram';
import { ringingTone } from '../../../src/media/tones.ts';
import type { IncomingCall } from '../../../src/core/telephony.ts';
import type { RtpSockets } from '../../../src/telephony/rtp/ports.ts';
import { createTranscoder } from '../../../src/media/transcoder.ts';
import type { Bridge } from '../../../src/telephony/sip/bridge.ts';
import { SipCore } from '../../../src/telephony/sip/core.ts';
import { Guard } from '../../../src/telephony/sip/guard.ts';
import { SipDialer } from '../../../src/telephony/sip/dialer.ts';
import { takeInvite, type CallParts } from '../../../src/telephony/sip/incoming.ts';
import type { Trunk } from '../../../src/telephony/sip/trunks.ts';
import type { VoiceSession } from '../../../src/telephony/voice-session.ts';
import { createCapturedLog } from '../captured-log.ts';
import { ManualClock } from '../manual-clock.ts';
import { keepingFlow } from './messages.ts';

/** A datagram socket without a network: `sent` is what went out, `arrive` what comes in. */
export class FakeSocket extends EventEmitter {
  readonly sent: { readonly bytes: Uint8Array; readonly host: string; readonly port: number }[] = [];
  closed = false;

  send(bytes: Uint8Array, port: number, host: string): void {
    this.sent.push({ bytes, host, port });
  }

  close(): void {
    this.closed = true;
  }

  arrive(bytes: Uint8Array, address = '192.0.2.1', port = 4000): void {
    this.emit('message', Buffer.from(bytes), { address, port });
  }
}

export interface FakeSockets extends RtpSockets {
  readonly fakeRtp: FakeSocket;
  readonly fakeRtcp: FakeSocket;
}

export function fakeSockets(port = 10_000): FakeSockets {
  const fakeRtp = new FakeSocket();
  const fakeRtcp = new FakeSocket();
  return {
    ...{ fakeRtp, fakeRtcp, port },
    rtp: fakeRtp as unknown as Socket,
    rtcp: fakeRtcp as unknown as Socket,
    release() {
      fakeRtp.close();
      fakeRtcp.close();
    },
  };
}

export const anyTrunk: Trunk = {
  ...{ name: 'carrier', admits: () => true, login: undefined, language: 'en', codecs: ['PCMU', 'PCMA'] },
  ...{ srtp: 'allowed', register: undefined, outbound: undefined },
  ...{ earlyMedia: false, transfer: 'blind', acceptRefer: false },
};

/** A gateway without sockets: messages in by `receive`, answers in `flow.sent`, calls in `calls` and to `onCall`. */
export function fakeLine(
  trunk: Trunk = anyTrunk,
  transport: 'udp' | 'tcp' = 'udp',
  onCall: (call: IncomingCall) => void = () => undefined,
) {
  const clock = new ManualClock();
  const log = createCapturedLog();
  const flow = keepingFlow(transport);
  const sockets: FakeSockets[] = [];
  const calls: IncomingCall[] = [];
  const sessions = new Set<VoiceSession>();
  const bridges = new Set<Bridge>();
  const guard = new Guard({ trunks: [trunk], clock, log });
  const taken = (call: IncomingCall): void => {
    calls.push(call);
    onCall(call);
  };
  const core: SipCore = new SipCore({
    transports: { flowTo: () => Promise.resolve(flow) },
    ...{ guard, clock, log },
    onInvite: (transaction, from) => void takeInvite(transaction, from, { ...parts, onCall: taken }),
    draining: () => false,
  });
  const parts: CallParts = {
    dialer: { place: (...args) => dialer.place(...args) },
    ...{ core, clock, log, sessions, bridges, createTranscoder, mediaTimeoutMs: 30_000 },
    soundHost: () => '192.0.2.9',
    ringTone: { samples: ringingTone(8000), sampleRateHz: 8000 },
    ports: {
      take: () => {
        const taken = fakeSockets();
        sockets.push(taken);
        return Promise.resolve(taken);
      },
    },
  };
  const dialer = new SipDialer([trunk], parts);
  /** Hands a message over and lets what is asynchronous in its handling happen. */
  const receive = async (bytes: Uint8Array): Promise<void> => {
    core.receive(bytes, flow);
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { clock, log, flow, sockets, calls, sessions, bridges, guard, core, parts, receive };
}
