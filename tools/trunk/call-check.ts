import { createTranscoder } from '../../src/media/transcoder.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/core/clock.ts';
import { toKefuError } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/log.ts';
import type { LineQuality, VoiceMedia } from '../../src/core/telephony.ts';
import { RtpPorts } from '../../src/telephony/rtp/ports.ts';
import { isPrivateAddress, localAddressFor } from '../../src/telephony/sip/addresses.ts';
import { startOf } from '../../src/telephony/sip/counters.ts';
import { SipDialer } from '../../src/telephony/sip/dialer.ts';
import { parseSdp, type SdpAudio } from '../../src/telephony/sip/sdp.ts';
import type { Trunk, TrunkSettings } from '../../src/telephony/sip/trunks.ts';
import type { Probe } from './probe.ts';
import { echoDelay, pattern, patternMs, type HeardPacket } from './tone-echo.ts';
import type { Verdict } from './verdict.ts';

type Report = (verdict: Verdict) => void;

const ringMs = 30_000;
const keys = '159#';
/** Time for keys to go out and come back: 160 ms each, and a way. */
const keysMs = 2_500;
const badLossPercent = 2;
const badJitterMs = 30;
/** A report comes a while before the end: who has lost nearly all by then hears nothing. */
const deafLossPercent = 60;
const badEchoMs = 600;

interface Heard extends HeardPacket {
  readonly sequence: number | undefined;
  readonly mediaMs: number | undefined;
}

/** Calls a number over the trunk and tells what becomes of sound and keys: best an echo service. */
export async function checkCall(
  probe: Probe,
  settings: TrunkSettings,
  trunk: Trunk,
  number: string,
  log: Logger,
  report: Report,
): Promise<void> {
  if (!trunk.outbound) {
    report({
      step: 'call',
      result: 'bad',
      told: 'the trunk has no `outbound`',
      cause: 'name a server and the numbers that may be called',
    });
    return;
  }
  const dialer = new SipDialer([trunk], {
    ...{ core: probe.core, clock: systemClock, log, mediaTimeoutMs: settings.mediaTimeoutMs },
    ports: new RtpPorts(settings.rtpHost, ...settings.rtpPorts),
    soundHost: (peer) => localAddressFor(peer, settings.rtpHost, settings.publicAddress),
    ...{ sessions: new Set(), bridges: new Set() },
    createTranscoder,
  });
  const beganMs = systemClock.nowMs();
  let media: VoiceMedia;
  try {
    media = await dialer.dial(number, { signal: AbortSignal.timeout(2 * ringMs), ringMs });
  } catch (error) {
    const told = toKefuError(error).message;
    report({ step: 'call', result: 'bad', told, cause: dialCause(told) });
    return;
  }
  const { codec, sampleRateHz } = media.format;
  report({
    ...{ step: 'call', result: 'good' },
    told: `answered after ${((systemClock.nowMs() - beganMs) / 1000).toFixed(1)} s, ${codec} ${sampleRateHz / 1000} kHz`,
  });
  const far = farSound(probe);
  if (far) reportAddress(far, report);
  await checkSound(media, far, report);
}

function dialCause(told: string): string {
  if (told.startsWith('not-allowed: No trunk')) return '`outbound.numbers` has no pattern for this number';
  if (told.startsWith('not-allowed'))
    return 'user or password is wrong, or the account may not call this number';
  if (told.startsWith('not-found'))
    return 'the number is written as the far side does not know it: try with or without +';
  if (told.startsWith('unreachable')) return 'no server of the trunk answered: see the steps above';
  if (told.startsWith('failed: The sound'))
    return 'no codec in common, or encryption that only one side wants: `codecs`, `srtp`';
  if (told.startsWith('busy') || told.startsWith('no-answer'))
    return 'the line works; choose a number that answers';
  return 'the ladder of the call tells more: npm run trunk -- ladder';
}

/** Where the far side wants to hear us, from its last answer with a session description. */
function farSound(probe: Probe): SdpAudio | undefined {
  const [call] = probe.trace.calls().filter(({ method }) => method === 'INVITE');
  for (const { direction, bytes } of [...probe.trace.messages(call?.callId ?? '')].reverse()) {
    const start = startOf(bytes);
    if (direction !== 'in' || start.type !== 'response' || start.status !== 200) continue;
    const text = Buffer.from(bytes);
    const body = text.subarray(text.indexOf('\r\n\r\n') + 4);
    const sdp = parseSdp(body);
    if (!('problem' in sdp) && sdp.audio) return sdp.audio;
  }
  return undefined;
}

function reportAddress({ address, port, codecs }: SdpAudio, report: Report): void {
  const hidden = isPrivateAddress(address);
  const events = codecs.some(({ name }) => name === 'TELEPHONE-EVENT');
  report({
    ...{ step: 'media', result: 'good' },
    told: `the far side listens at ${address}:${port}${hidden ? ', an address of a private network' : ''}, ${events ? 'and takes keys (RFC 4733)' : 'without keys (RFC 4733)'}`,
    ...(hidden && {
      cause:
        'right within one network; from outside the far side must send first, or name its public address',
    }),
  });
}

async function checkSound(media: VoiceMedia, far: SdpAudio | undefined, report: Report): Promise<void> {
  const heard: Heard[] = [];
  const digits: string[] = [];
  let ended = '';
  const reading = (async () => {
    for await (const event of media.events) {
      if (event.type === 'packet') {
        const { payload, sequence, mediaMs } = event;
        heard.push({ atMs: systemClock.nowMs(), payload, sequence, mediaMs });
      } else if (event.type === 'digit') digits.push(event.digit);
      else if (event.type === 'ended') ended = event.reason;
    }
  })();
  const sentFromMs = systemClock.nowMs();
  for (const packet of pattern(media.format)) media.send(packet);
  await delay(patternMs);
  const taken = media.sendKeys?.(keys) ?? false;
  await delay(keysMs);
  const early = ended;
  const quality = media.quality?.();
  await media.hangup();
  await reading;
  if (early !== '')
    report({
      step: 'call',
      result: 'warning',
      told: `the far side has ended the call early (${early})`,
      cause: 'a service that hangs up by itself, or lost ACKs',
    });
  if (heard.length > 0) reportLine(heard, report);
  else report({ step: 'sound in', result: 'bad', told: 'not a single packet came', cause: oneWayCause(far) });
  if (quality) reportOtherWay(quality, report);
  if (heard.length === 0) return;
  const echo = echoDelay(heard, sentFromMs, media.format);
  if (!echo)
    report({
      step: 'echo',
      result: 'skipped',
      told: 'what we send does not come back: no echo service, or it does not hear us',
    });
  else {
    const slow = echo.delayMs > badEchoMs;
    report({
      ...{ step: 'echo', result: slow ? 'warning' : 'good' },
      told: `there and back in ${Math.round(echo.delayMs)} ms, ${echo.bursts} of ${echo.ofBursts} bursts`,
      ...(slow && { cause: 'a long way or a large jitter buffer: callers will talk over each other' }),
    });
  }
  reportKeys(taken, digits.join(''), echo !== undefined, report);
}

function oneWayCause(far: SdpAudio | undefined): string {
  const ports = 'the RTP ports are not forwarded to this machine, or publicAddress is missing';
  if (far && isPrivateAddress(far.address))
    return `${ports}; or the far side is behind a NAT itself (${far.address})`;
  if (far && far.direction !== 'sendrecv') return `the far side says ${far.direction}: it holds the call`;
  return ports;
}

/** Loss by sequence numbers, and jitter as RFC 3550 section 6.4.1 reckons it. */
function reportLine(heard: readonly Heard[], report: Report): void {
  const numbers = new Set(heard.flatMap(({ sequence }) => sequence ?? []));
  const expected = Math.max(...numbers) - Math.min(...numbers) + 1;
  const lossPercent = numbers.size === 0 ? 0 : (1 - numbers.size / expected) * 100;
  let jitterMs = 0;
  for (const [index, { atMs, mediaMs }] of heard.entries()) {
    const before = heard[index - 1];
    if (!before || mediaMs === undefined || before.mediaMs === undefined) continue;
    jitterMs += (Math.abs(atMs - before.atMs - (mediaMs - before.mediaMs)) - jitterMs) / 16;
  }
  const bad = lossPercent > badLossPercent || jitterMs > badJitterMs;
  report({
    ...{ step: 'sound in', result: bad ? 'warning' : 'good' },
    told: `${heard.length} packets, ${lossPercent.toFixed(1)} % lost, jitter ${jitterMs.toFixed(1)} ms`,
    ...(bad && { cause: 'the network between is overloaded, or sound shares it with large transfers' }),
  });
}

/** What the far side says of our sound, in the reports (RTCP) that it sends every few seconds. */
function reportOtherWay(quality: LineQuality, report: Report): void {
  const { sent, lostByPeer, jitterByPeerMs, roundTripMs } = quality;
  const step = 'sound out';
  if (lostByPeer === undefined || sent === 0) {
    report({
      step,
      result: 'skipped',
      told: `${sent} packets; the far side does not report how they came (RTCP)`,
    });
    return;
  }
  const lossPercent = (100 * Math.max(0, lostByPeer)) / sent;
  const arrives = lossPercent < deafLossPercent;
  const bad = lossPercent > badLossPercent || (jitterByPeerMs ?? 0) > badJitterMs;
  const way = roundTripMs === undefined ? '' : `, there and back in ${Math.round(roundTripMs)} ms`;
  report({
    ...{ step, result: arrives ? (bad ? 'warning' : 'good') : 'bad' },
    told: arrives
      ? `${sent} packets, of which the far side reports ${lossPercent.toFixed(1)} % lost, jitter ${(jitterByPeerMs ?? 0).toFixed(1)} ms${way}`
      : `the far side reports that it hears nothing of ${sent} packets`,
    ...(bad && {
      cause: arrives
        ? 'the network between is overloaded, or sound shares it with large transfers'
        : 'a firewall or NAT before the far side drops our packets, or it has told a wrong address',
    }),
  });
}

function reportKeys(taken: boolean, returned: string, echoes: boolean, report: Report): void {
  const step = 'keys';
  if (!taken)
    report({
      step,
      result: 'warning',
      told: 'the far side takes none (no telephone-event)',
      cause: 'menus of the far side cannot be answered: have RFC 4733 switched on there',
    });
  else if (returned === keys) report({ step, result: 'good', told: `${keys} there and back` });
  else if (echoes && returned !== '')
    report({
      step,
      result: 'warning',
      told: `${keys} sent, ${returned} came back`,
      cause: 'something between repeats or loses keys',
    });
  else report({ step, result: 'good', told: `${keys} sent; they do not come back, as with most who answer` });
}
