import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { setImmediate as nextRound, setTimeout as sleep } from 'node:timers/promises';
import { writeRtp } from '../../../src/telephony/rtp/packet.ts';
import { writeRtcp } from '../../../src/telephony/rtp/rtcp.ts';
import { SrtpContext, srtpKeyBytes } from '../../../src/telephony/rtp/srtp.ts';
import type { Mutator } from '../../lib/mutator.ts';
import {
  sampleOffer,
  sampleRequest,
  sampleRequestsWithin,
  type SampleCaller,
} from '../../lib/sip-samples.ts';

/** The kinds of broken things that are sent. */
export const fuzzKinds = ['message', 'within a call', 'offer', 'TCP', 'RTP, RTCP, SRTP'] as const;
export type FuzzKind = (typeof fuzzKinds)[number];

export interface FuzzCallerOptions {
  /** An address of this machine, of this caller alone. */
  readonly host: string;
  /** Ports of the gateway. */
  readonly udp: number;
  readonly tcp: number;
  readonly mutator: Mutator;
  /** Messages to break, besides the caller's own. */
  readonly samples: readonly Uint8Array[];
  /** Called before each broken message; false ends the caller. */
  readonly next: (kind: FuzzKind) => boolean;
  /** Call-IDs of the caller's own, unbroken calls begin with this. */
  readonly wholeCallPrefix: string;
}

/** What became of the caller's unbroken calls, and what came back. */
export interface FuzzCallerFigures {
  readonly served: number;
  readonly refused: number;
  readonly sentBytes: number;
  readonly answers: number;
  readonly answerBytes: number;
}

/** Broken messages during one unbroken call. */
const messagesPerCall = 60;
/** So many are sent before the gateway, in the same process, gets to read. */
const batch = 20;
/** How long an answer to an unbroken request is waited for, in real time; it is repeated every half second as RFC 3261 has it. */
const answerLimitMs = 8_000;
const repeatMs = 500;

/**
 * A caller who makes unbroken calls, one after the other, and sends broken messages of every kind during each: such as belong to the
 * call, such as do not, over TCP in pieces, and packets to where the call's sound is.
 */
export async function runFuzzCaller(options: FuzzCallerOptions): Promise<FuzzCallerFigures> {
  const caller = new FuzzCaller(options);
  await caller.open();
  try {
    await caller.run();
  } finally {
    caller.close();
  }
  return caller.figures;
}

class FuzzCaller {
  readonly #options: FuzzCallerOptions;
  readonly #socket: Socket = createSocket('udp4');
  readonly #sound: Socket = createSocket('udp4');
  readonly #key = new Uint8Array(srtpKeyBytes).fill(3);
  #tcp: TcpSocket | undefined;
  #answered = new Map<string, string>();
  #calls = 0;
  #sequence = 0;
  #served = 0;
  #refused = 0;
  #sentBytes = 0;
  #answers = 0;
  #answerBytes = 0;

  constructor(options: FuzzCallerOptions) {
    this.#options = options;
  }

  get figures(): FuzzCallerFigures {
    return {
      ...{ served: this.#served, refused: this.#refused, sentBytes: this.#sentBytes },
      ...{ answers: this.#answers, answerBytes: this.#answerBytes },
    };
  }

  async open(): Promise<void> {
    for (const socket of [this.#socket, this.#sound]) {
      socket.bind(0, this.#options.host);
      await once(socket, 'listening');
    }
    this.#socket.on('message', (bytes) => {
      this.#answers += 1;
      this.#answerBytes += bytes.length;
      const text = bytes.toString('latin1');
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
      const branch = /^Via: .*?;branch=z9hG4bK([^;\r]+)/m.exec(text)?.[1];
      // Answers to broken messages are of no interest; there are hundreds of thousands.
      if (status >= 200 && branch?.startsWith(this.#options.wholeCallPrefix))
        this.#answered.set(branch, text);
    });
  }

  close(): void {
    this.#socket.close();
    this.#sound.close();
    this.#tcp?.destroy();
  }

  async run(): Promise<void> {
    for (let more = true; more;) {
      const secured = this.#calls % 2 === 1;
      const call = await this.#begin(secured);
      if (call) this.#served += 1;
      else this.#refused += 1;
      const context = secured ? new SrtpContext('AES_CM_128_HMAC_SHA1_80', this.#key) : undefined;
      for (let count = 0; count < messagesPerCall && more; count += 1) {
        more = this.#breakSomething(call, context);
        if (count % batch === batch - 1) await this.#letRead();
      }
      await this.#letRead();
      if (call)
        await this.#ask('BYE', { ...call.caller, cseq: 2 ** 31 - 1, branch: `${call.caller.callId}-bye` });
    }
  }

  /** An unbroken call up to its ACK; undefined when it was refused or not answered. */
  async #begin(secured: boolean): Promise<WholeCall | undefined> {
    this.#calls += 1;
    const callId = `${this.#options.wholeCallPrefix}-${this.#options.host}-${this.#calls}`;
    const caller = { ...this.#identity(callId, `${callId}-invite`), cseq: 1 };
    const offer = sampleOffer(
      this.#options.host,
      this.#sound.address().port,
      secured ? this.#key : undefined,
    );
    const answer = await this.#ask('INVITE', caller, ['Content-Type: application/sdp'], offer);
    const toTag = /^To: .*;tag=(\S+)/m.exec(answer ?? '')?.[1];
    const port = Number(/^m=audio (\d+)/m.exec(answer ?? '')?.[1]);
    if (!answer?.startsWith('SIP/2.0 200') || toTag === undefined || !(port > 0)) return undefined;
    const within = { ...caller, toTag };
    this.#send(sampleRequest('ACK', { ...within, branch: `${callId}-ack` }));
    return { caller: within, port };
  }

  #identity(callId: string, branch: string): SampleCaller {
    const { port } = this.#socket.address();
    return { host: this.#options.host, port, transport: 'UDP', callId, branch, cseq: 1 };
  }

  /** Sends a request until it is finally answered; undefined when it never is. */
  async #ask(
    method: string,
    caller: SampleCaller,
    more: readonly string[] = [],
    body = '',
  ): Promise<string | undefined> {
    const request = sampleRequest(method, caller, more, body);
    const untilMs = performance.now() + answerLimitMs;
    for (let sentMs = -Infinity; performance.now() < untilMs;) {
      const answer = this.#answered.get(caller.branch);
      if (answer !== undefined) {
        this.#answered = new Map();
        return answer;
      }
      if (performance.now() - sentMs >= repeatMs) {
        this.#send(request);
        sentMs = performance.now();
      }
      await sleep(2);
    }
    return undefined;
  }

  /** Sends one broken thing; false when there were enough. */
  #breakSomething(call: WholeCall | undefined, context: SrtpContext | undefined): boolean {
    const { mutator, samples, next, host } = this.#options;
    const kind = mutator.pick(call ? fuzzKinds : (['message', 'offer', 'TCP'] as const));
    if (!next(kind)) return false;
    // What is no part of an unbroken call must not look like one.
    const stranger = this.#identity(`broken-${mutator.int(0, 1e9)}`, `broken-${mutator.int(0, 1e9)}`);
    const other = mutator.pick(samples);
    switch (kind) {
      case 'message':
        this.#send(mutator.text(mutator.pick(samples), other));
        break;
      case 'within a call': {
        const caller = { ...(call?.caller ?? stranger), branch: stranger.branch, cseq: mutator.int(2, 1e9) };
        this.#send(mutator.text(mutator.pick(sampleRequestsWithin(caller, 4000)), other));
        break;
      }
      case 'offer': {
        const body = Buffer.from(mutator.text(Buffer.from(sampleOffer(host, 4000)), other)).toString(
          'latin1',
        );
        this.#send(sampleRequest('INVITE', stranger, ['Content-Type: application/sdp'], body));
        break;
      }
      case 'TCP':
        this.#sendInPieces(mutator.text(mutator.pick(samples), other));
        break;
      case 'RTP, RTCP, SRTP':
        this.#sendPacket(call?.port ?? 0, context);
    }
    return true;
  }

  #sendPacket(port: number, context: SrtpContext | undefined): void {
    const { mutator } = this.#options;
    const key = mutator.chance(0.3);
    // Encryption goes by whole numbers: they must not jump before they are broken.
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const rtp = writeRtp({
      ...{ payloadType: key ? 101 : 0, marker: key, sequence: this.#sequence, ssrc: 7 },
      timestamp: mutator.int(0, 0xffffffff),
      payload: key ? Uint8Array.of(mutator.int(0, 15), 10, 0, 160) : new Uint8Array(160),
    });
    const rtcp = writeRtcp({
      ...{
        ssrc: 7,
        sender: undefined,
        reception: undefined,
        lastSenderReport: undefined,
        bye: mutator.chance(0.1),
      },
    });
    const report = mutator.chance(0.3);
    const plain = report ? rtcp : rtp;
    const sent = !context ? plain : report ? context.protectRtcp(plain) : context.protectRtp(plain);
    const broken = mutator.binary(sent, mutator.pick([rtp, rtcp]));
    this.#sentBytes += broken.length;
    this.#sound.send(broken, port + (mutator.chance(0.3) ? 1 : 0), '127.0.0.1');
  }

  #send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#socket.send(bytes, this.#options.udp, '127.0.0.1');
  }

  /** Over one connection, as long as it is not cut off. */
  #sendInPieces(bytes: Uint8Array): void {
    const { host, tcp, mutator } = this.#options;
    if (!this.#tcp || this.#tcp.destroyed) {
      this.#tcp = connect({ host: '127.0.0.1', port: tcp, localAddress: host });
      // Cutting it off is a right answer to a broken stream.
      this.#tcp.on('error', () => undefined);
      this.#tcp.on('data', (data) => {
        this.#answers += 1;
        this.#answerBytes += data.length;
      });
    }
    this.#sentBytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const size = mutator.int(1, 2_000);
      this.#tcp.write(bytes.subarray(at, at + size));
      at += size;
    }
  }

  /** Two rounds of the event loop: what was sent goes out, and is read. */
  async #letRead(): Promise<void> {
    await nextRound();
    await nextRound();
  }
}

interface WholeCall {
  readonly caller: SampleCaller;
  /** Where Kefu wants the sound. */
  readonly port: number;
}
