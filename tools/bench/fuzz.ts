import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import type { IncomingCall } from '../../src/core/telephony.ts';
import type { SipGateway, SipInUse } from '../../src/telephony/sip/gateway.ts';
import type { NameSource } from '../../src/telephony/sip/names.ts';
import { Mutator } from '../lib/mutator.ts';
import { messagesOf, sampleOffer, sampleRequest, sampleRequestsWithin } from '../lib/sip-samples.ts';
import {
  numberOption,
  textOption,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { atMost, formatTable, formatTargets, share } from './lib/report.ts';
import { fuzzKinds, runFuzzCaller, type FuzzCallerFigures, type FuzzKind } from './lib/sip-fuzz-caller.ts';
import { openLocalGateway } from './lib/sip-gateway.ts';
import { sum } from './lib/statistics.ts';

const callers = 8;
/** What the process takes for good while it gets going is not a leak: so many messages come before the first look at its memory. */
const warmUpCount = 10_000;
/** Time passes faster than it does: what is kept for half a minute would make the waiting long. */
const clockFactor = 4;
const settleLimitMs = 60_000;
/** A heap that has grown by more than this leaks. */
const leakLimitMb = 10;
/** A message is answered, and the answer to an INVITE repeated for 32 s (RFC 3261 timer G): no more than that. */
const answersPerMessageLimit = 11;
const wholeCallPrefix = 'whole';
/** Calls that began with a broken message are answered or refused, and hung up after this time. */
const brokenCallMs = 100;

/** Hundreds of thousands of broken messages and packets against a SIP gateway. */
export const fuzz: Benchmark = {
  name: 'fuzz',
  about:
    'Broken SIP messages, descriptions and packets against a gateway: no crash, nothing left, callers served.',
  usage: [
    '--count N           broken messages and packets (default 200000)',
    '--seed N            other faults (default 1)',
    '--messages DIR      messages to break besides our own, such as those of RFC 4475 (*.dat)',
  ],
  options: {
    count: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    messages: { type: 'string' },
  },
  run,
};

interface FloodFigures extends FuzzCallerFigures {
  readonly sent: Readonly<Record<FuzzKind, number>>;
}

async function run({ values, signal, print, note }: BenchmarkContext): Promise<BenchmarkResults> {
  const count = numberOption(values, 'count', { min: 1, max: 100_000_000 });
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const folder = textOption(values, 'messages');
  if (folder !== undefined && !existsSync(folder)) throw new UsageError(`There is no folder ${folder}.`);
  const samples = [...ownSamples(), ...(folder === undefined ? [] : messagesOf(folder))];
  const local = await openLocalGateway([40_000, 43_999], {
    clock: fasterClock(clockFactor),
    names: noNames,
  });
  const { gateway, errors } = local;
  gateway.start((call) => void takeCall(call));

  /** Lets all callers send this many broken things together. */
  const flood = async (total: number, firstSeed: number): Promise<FloodFigures> => {
    const sent = Object.fromEntries(fuzzKinds.map((kind) => [kind, 0])) as Record<FuzzKind, number>;
    let left = total;
    const next = (kind: FuzzKind): boolean => {
      signal.throwIfAborted();
      if (left === 0) return false;
      left -= 1;
      sent[kind] += 1;
      if (left % 10_000 === 0) note(`${total - left} of ${total} sent ...`);
      return true;
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: callers }, (_, index) =>
        runFuzzCaller({
          ...{ udp: local.udp, tcp: local.tcp, samples, next, wholeCallPrefix },
          host: `127.0.0.${10 + index}`,
          mutator: new Mutator(firstSeed * callers + index),
        }).catch((error: unknown) => {
          // The others need not go on.
          left = 0;
          throw error;
        }),
      ),
    );
    const figures = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    const all = (key: keyof FuzzCallerFigures): number => sum(figures.map((each) => each[key]));
    return {
      ...{ sent, served: all('served'), refused: all('refused'), sentBytes: all('sentBytes') },
      ...{ answers: all('answers'), answerBytes: all('answerBytes') },
    };
  };

  let measured;
  try {
    note('Warming up ...');
    await flood(warmUpCount, seed + 1);
    await settled(gateway, signal);
    const heapBeforeMb = await heapMb();
    errors.clear();
    const startMs = performance.now();
    const figures = await flood(count, seed);
    const seconds = (performance.now() - startMs) / 1000;
    note('Waiting until nothing is left ...');
    const inUse = await settled(gateway, signal);
    measured = { figures, seconds, inUse, heapBeforeMb, heapAfterMb: await heapMb(), errors: [...errors] };
  } finally {
    await gateway.close();
  }
  const { figures, seconds, inUse, heapBeforeMb, heapAfterMb } = measured;
  const answersPerMessage = figures.answers / count;
  print(
    formatTable(
      ['', 'value', ''],
      [
        ...fuzzKinds.map((kind) => [`sent: ${kind}`, figures.sent[kind], ''] as const),
        ['a second', count / seconds, `${seconds.toFixed(0)} s in all`],
        ['answers per message', answersPerMessage, 'those to unbroken requests included'],
        ['answered bytes per byte', figures.answerBytes / figures.sentBytes, ''],
        ['unbroken calls served', figures.served, share(figures.served, figures.served + figures.refused)],
        ['heap before', heapBeforeMb, `MB, after ${warmUpCount} others`],
        ['heap after', heapAfterMb, 'MB'],
        ...Object.entries(inUse).map(([what, left]) => [`left: ${what}`, left, ''] as const),
      ],
      2,
    ),
  );
  for (const [message, times] of measured.errors) print(`${times} times in the log: ${message}`);
  const checked = [
    atMost('errors in the log', sum(measured.errors.map(([, times]) => times)), 0, 'errors'),
    atMost('left of all calls', sum(Object.values(inUse)), 0, 'things'),
    atMost('growth of the heap', heapAfterMb - heapBeforeMb, leakLimitMb, 'MB'),
    atMost('answers per message', answersPerMessage, answersPerMessageLimit, 'answers'),
    atMost('unbroken calls not served', figures.refused, 0, 'calls'),
  ];
  print(`\n${formatTargets(checked)}`);
  return {
    settings: { count, seed, callers, clockFactor, samples: samples.length },
    summary: { ...measured, answersPerMessage, targets: checked },
    measurements: [],
  };
}

/**
 * Broken messages name thousands of servers that do not exist. Asking the real name servers of this machine for them would measure
 * those, and annoy whoever runs them: here every name is unknown at once.
 */
const noNames: NameSource = {
  naptr: () => Promise.resolve([]),
  srv: () => Promise.resolve([]),
  addresses: () => Promise.resolve([]),
  close: () => undefined,
};

/** Answers unbroken calls; of those that began with a broken message it refuses every other one and soon hangs up the rest. */
async function takeCall(call: IncomingCall): Promise<void> {
  const whole = call.gatewayCallId.startsWith(wholeCallPrefix);
  if (!whole && call.gatewayCallId.length % 2 === 0) {
    call.reject('overloaded');
    return;
  }
  const media = call.accept(`call_${call.gatewayCallId}`);
  if (media.kind !== 'voice') throw new Error('A SIP call is a voice call.');
  if (!whole) {
    await sleep(brokenCallMs);
    await media.hangup();
  }
  for await (const event of media.events) if (event.type === 'ended') return;
}

function ownSamples(): Uint8Array[] {
  const host = '127.0.0.1';
  const caller = { host, port: 5060, transport: 'UDP', callId: 'sample', branch: 'sample', cseq: 1 } as const;
  const sdp = ['Content-Type: application/sdp'];
  return [
    sampleRequest('INVITE', caller, sdp, sampleOffer(host, 4000)),
    sampleRequest('INVITE', { ...caller, transport: 'TCP' }, sdp, sampleOffer(host, 4000)),
    sampleRequest('REGISTER', caller, ['Expires: 300']),
    ...sampleRequestsWithin({ ...caller, toTag: 'unknown' }, 4000),
  ];
}

/** What is left once everything that ends by itself has ended. */
async function settled(gateway: SipGateway, signal: AbortSignal): Promise<SipInUse> {
  const untilMs = performance.now() + settleLimitMs;
  while (Object.values(gateway.inUse).some((left) => left > 0) && performance.now() < untilMs) {
    await sleep(200, undefined, { signal });
  }
  return gateway.inUse;
}

/** Memory that is still needed, in megabytes of a million bytes. */
async function heapMb(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // Finalisers run between two collections and free more.
  await sleep(50);
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

function fasterClock(factor: number): Clock {
  return {
    nowMs: () => systemClock.nowMs() * factor,
    epochMs: () => systemClock.epochMs(),
    setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs / factor),
  };
}
