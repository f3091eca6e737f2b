import type { AudioFrame, SampleRateHz, WireFormat } from '../core/audio.ts';
import type { Clock } from '../core/clock.ts';
import { createCodec, type Codec } from './codec.ts';
import { createConcealer } from './concealment.ts';
import { createJitterEstimator } from './jitter.ts';
import { audibleDbfs, rmsDbfs } from './level.ts';
import { createResampler } from './resampler.ts';
import { createSequencer } from './sequencer.ts';

/** One packet from the wire, as a `VoiceMediaEvent` of type `packet` carries it. */
export interface InboundPacket {
  /** Empty: the number stands for no sound, and time stamps tell what passed meanwhile. */
  readonly payload: Uint8Array;
  /** The gateway's running number of the packet, if it has one. */
  readonly sequence?: number | undefined;
  /** Media time of the first sample by the gateway's own reckoning, if it tells it. */
  readonly mediaMs?: number | undefined;
}

/** What became of the packets of a call so far. Times are in milliseconds. */
export interface InboundStats {
  readonly packets: number;
  readonly reordered: number;
  readonly duplicates: number;
  /** Never came, or came after their place was given up (`tooLate` of them). */
  readonly lost: number;
  readonly tooLate: number;
  /** Without a whole sample. */
  readonly malformed: number;
  /** How often the gateway began a new numbering. */
  readonly restarts: number;
  /** Packets that came more than one packet's time after their media time, and the worst of them. */
  readonly late: number;
  readonly maxLateMs: number;
  /** How long a missing packet is waited for at present. */
  readonly waitMs: number;
  /** Made up where numbered packets were lost. */
  readonly concealedMs: number;
  /** Silence put in because nothing came. */
  readonly filledMs: number;
  /** Silence left out to work off a backlog. */
  readonly trimmedMs: number;
  /** Sound thrown away because the backlog exceeded its bound. */
  readonly droppedMs: number;
  /** Media time of the end of the last frame. */
  readonly mediaMs: number;
  /** How far that is ahead of the clock; negative: behind. */
  readonly driftMs: number;
  /** How long nothing has come from the wire. */
  readonly silentMs: number;
}

export interface InboundOptions {
  readonly format: WireFormat;
  /** The call's codec; one of its own by default. */
  readonly codec?: Pick<Codec, 'decode' | 'follow' | 'conceal' | 'samplesIn'>;
  /** Rate of the frames. */
  readonly outputRateHz: SampleRateHz;
  readonly clock: Clock;
  /** Gets every frame, in order and without a gap in media time. Frames are of any length. */
  readonly onFrame: (frame: AudioFrame) => void;
  /** Gets the same sound at the wire's rate, for a recording. */
  readonly onAudio?: (samples: Int16Array, mediaMs: number) => void;
  /** Called every 5 s and at the end. */
  readonly onStats?: (stats: InboundStats) => void;
  /** Called once each time nothing has come for `stallAfterMs`: the caller's line is probably dead. */
  readonly onStall?: (silentMs: number) => void;
  /** 10 s by default. */
  readonly stallAfterMs?: number;
  /** How far media time may lag behind the clock before silence fills it; 100 ms by default. */
  readonly fillAfterMs?: number;
  /** Gets what a callback throws while the timer runs; without it the error reaches the process. */
  readonly onError?: (error: unknown) => void;
}

/** The caller's direction of a call: packets in, frames out. */
export interface Inbound {
  push(packet: InboundPacket): void;
  stats(): InboundStats;
  /** Clock time (`Clock.nowMs`) of a media time of this call, and back; exact but for the drift. */
  toClockMs(mediaMs: number): number;
  toMediaMs(clockMs: number): number;
  /** Stops the timer; no frame comes after it. Idempotent. */
  close(): void;
}

/** How many packets wait for a missing one, and for how long, on a line that does not lose any. */
const reorderPackets = 4;
const reorderMs = 60;
/** On a lossy line the wait follows its jitter up to this; by then 12 packets of 10 ms may have come. */
const maxReorderMs = 120;
const maxReorderPackets = 16;
/** The most that media time may run ahead of the clock while a backlog is taken in. */
const maxAheadMs = 2000;
/** Silence is left out only where there has been this much of it: every end of turn has been found by then. */
const settledQuietMs = 1000;
/** Less drift than this is left alone: it is the ordinary jitter of a network. */
const driftToleranceMs = 40;
/** A gap that only the numbering claims is believed up to this length. */
const maxClaimedGapMs = 1000;
/** Quiet is what lies this close to the line's own noise. The estimate of the noise rises by `noiseRiseDbPerSecond`. */
const noiseMarginDb = 6;
const noiseRiseDbPerSecond = 1;
const statsEveryMs = 5000;

/**
 * Turns the packets of a call into continuous frames.
 *
 *     packet ─▶ order by number ─▶ decode ─▶ keep time ─────────▶ resample ─▶ onFrame
 *               (pass at once, or  (codec)    │  ▲                (state)
 *                wait: 4 packets or           │  └─ timer, every packetMs:
 *                60 ms; lossy: as             │       nothing came for 100 ms? fill with silence
 *                the jitter asks)             │       waited long enough?      give up what is missing
 *                                             │       nothing for 10 s?        onStall
 *                                             ├─ numbers missing:  what the codec makes of the next packet, else a
 *                                             │                    fading repeat, for as long as is missing
 *                                             ├─ stamps jump:      silence (the gateway suppresses it)
 *                                             └─ ahead of the clock after a stall: keep what is speech, leave out
 *                                                silence after 1 s of it, drop only beyond 2 s
 *
 * Media time starts at 0 with the first packet (or the first filled silence) and then follows the clock: at most
 * `fillAfterMs`, one packet and the wait for a missing one behind it, at most 2 s ahead of it. A packet that comes in order is passed on within
 * the same call of `push`.
 *
 * That is why jitter costs no delay, unlike with a loudspeaker, which needs the next sample at a certain time: whoever listens here
 * reckons in media time. Only a gap has to stay open: on a lossy line for as long as 99 of 100 of the last packets took longer than the quickest,
 * from one packet up to 120 ms; and silence fills in only after more than that.
 */
export function createInbound(options: InboundOptions): Inbound {
  const { format, outputRateHz, clock, onFrame } = options;
  const { sampleRateHz, packetMs } = format;
  const leastFillAfterMs = options.fillAfterMs ?? 100;
  const stallAfterMs = options.stallAfterMs ?? 10_000;
  const codec: NonNullable<InboundOptions['codec']> & Pick<Codec, 'close'> =
    options.codec ?? createCodec(format.codec);
  const jitter = format.lossy === true ? createJitterEstimator() : undefined;
  const resampler = createResampler(sampleRateHz, outputRateHz);
  const concealer = createConcealer(sampleRateHz);
  const sequencer = createSequencer<InboundPacket>(
    jitter ? maxReorderPackets : reorderPackets,
    (packet, missing) => accept(packet, missing),
  );
  const toSamples = (ms: number): number => Math.round((ms / 1000) * sampleRateHz);
  const toMs = (samples: number): number => (samples / sampleRateHz) * 1000;

  const createdMs = clock.nowMs();
  /** Clock time of media time 0. */
  let originMs: number | undefined;
  /** Samples passed on so far, at the wire's rate and at the output's. */
  let written = 0;
  let framed = 0;
  /** Where the gateway's own reckoning expects the next packet. */
  let expectedMediaMs: number | undefined;
  /** Silence the timer has put in since the last packet; a gap that shows afterwards is shorter by it. */
  let filledSinceReal = 0;
  /** Time in the last packet: the far side may choose another than the format says. */
  let durationMs = packetMs;
  let quietMs = 0;
  let noiseDbfs = audibleDbfs;
  let lastPacketMs = createdMs;
  let stalled = false;
  let closed = false;
  const counts = { packets: 0, malformed: 0, late: 0, maxLateMs: 0 };
  const sums = { concealed: 0, filled: 0, trimmed: 0, dropped: 0 };

  /** How long a missing packet is waited for. */
  const waitMs = (): number => {
    const spreadMs = jitter?.spreadMs();
    return spreadMs === undefined ? reorderMs : Math.min(maxReorderMs, Math.max(packetMs, spreadMs));
  };
  /** A packet that comes as late as they do must find its place empty. */
  const fillAfterMs = (): number => Math.max(leastFillAfterMs, jitter ? waitMs() + durationMs + packetMs : 0);

  /** How far the media time would lag behind the clock after `samples` more. */
  const lagMs = (samples = 0): number =>
    clock.nowMs() - (originMs ?? clock.nowMs()) - toMs(written + samples);

  const write = (samples: Int16Array): void => {
    if (samples.length === 0) return;
    const mediaMs = toMs(written);
    written += samples.length;
    options.onAudio?.(samples, mediaMs);
    const output = resampler.process(samples);
    if (output.length === 0) return;
    const frame = { samples: output, sampleRateHz: outputRateHz, mediaMs: (framed / outputRateHz) * 1000 };
    framed += output.length;
    onFrame(frame);
  };

  const writeConcealed = (samples: number, next: Uint8Array): void => {
    const substitute = codec.conceal?.(samples, next) ?? concealer.conceal(samples);
    codec.follow?.(substitute);
    write(substitute);
  };

  const writeSilence = (samples: number): void => {
    if (samples <= 0) return;
    sums.filled += samples;
    quietMs += toMs(samples);
    write(concealer.conceal(samples));
  };

  /** True when the packet is no louder than the line's own noise. */
  const isQuiet = (samples: Int16Array): boolean => {
    const level = rmsDbfs(samples);
    const rise = (toMs(samples.length) / 1000) * noiseRiseDbPerSecond;
    noiseDbfs = Math.min(level, noiseDbfs + rise);
    return level < Math.max(audibleDbfs, noiseDbfs + noiseMarginDb);
  };

  /** Samples that are missing right before a packet and that no fill has covered yet. */
  const gapBefore = (sampleCount: number, mediaMs: number | undefined, missing: number): number => {
    const byStampMs =
      mediaMs === undefined || expectedMediaMs === undefined ? undefined : mediaMs - expectedMediaMs;
    const byClockMs = Math.max(0, lagMs(sampleCount));
    let gapMs: number;
    if (missing > 0) {
      const plausible = byStampMs !== undefined && byStampMs > -packetMs / 2 && byStampMs <= maxClaimedGapMs;
      gapMs = plausible ? byStampMs : Math.min(missing * packetMs, maxClaimedGapMs);
    } else {
      const jumps = byStampMs !== undefined && byStampMs >= packetMs / 2;
      gapMs = jumps ? Math.min(byStampMs, byClockMs + toMs(filledSinceReal)) : 0;
    }
    const roomSamples = toSamples(maxAheadMs + lagMs());
    return Math.max(0, Math.min(toSamples(gapMs) - filledSinceReal, roomSamples));
  };

  /** Takes a packet whose place is now, with `missing` packets lost right before it. */
  const accept = ({ payload, mediaMs }: InboundPacket, missing: number): void => {
    if (payload.length === 0) return;
    const gap = gapBefore(codec.samplesIn(payload), mediaMs, missing);
    if (missing > 0) {
      sums.concealed += gap;
      if (gap > 0) writeConcealed(gap, payload);
    } else {
      writeSilence(gap);
    }
    const samples = codec.decode(payload);
    durationMs = toMs(samples.length);
    expectedMediaMs = mediaMs === undefined ? undefined : mediaMs + durationMs;
    filledSinceReal = 0;

    const aheadMs = -lagMs(samples.length);
    const quiet = isQuiet(samples);
    quietMs = quiet ? quietMs + durationMs : 0;
    if (aheadMs > maxAheadMs) {
      sums.dropped += samples.length;
    } else if (quiet && quietMs > settledQuietMs && aheadMs > driftToleranceMs) {
      sums.trimmed += samples.length;
    } else {
      concealer.remember(samples);
      write(samples);
    }
  };

  const noteLateness = (samples: number): void => {
    const lateMs = lagMs(samples);
    if (lateMs <= packetMs) return;
    counts.late += 1;
    counts.maxLateMs = Math.max(counts.maxLateMs, lateMs);
  };

  const noteJitter = (mediaMs: number | undefined): void => {
    if (mediaMs === undefined) jitter?.restart();
    else jitter?.note(clock.nowMs(), mediaMs);
  };

  const fill = (): void => {
    if (originMs === undefined) {
      if (clock.nowMs() - createdMs < leastFillAfterMs) return;
      originMs = createdMs;
    }
    // Packets that are held are let go soon; only then is it known how much is missing before them.
    if (sequencer.heldSinceMs !== undefined || lagMs() < leastFillAfterMs) return;
    const packets = Math.floor((lagMs() - fillAfterMs()) / packetMs);
    for (let packet = 0; packet < packets; packet += 1) {
      const samples = toSamples(packetMs);
      filledSinceReal += samples;
      writeSilence(samples);
    }
  };

  /** Lets held packets pass that have waited long enough. */
  const releaseHeld = (): void => {
    let sinceMs = sequencer.heldSinceMs;
    if (sinceMs === undefined) return;
    const limitMs = waitMs();
    while (sinceMs !== undefined && clock.nowMs() - sinceMs >= limitMs) {
      sequencer.giveUp();
      sinceMs = sequencer.heldSinceMs;
    }
  };

  const stats = (): InboundStats => ({
    ...counts,
    ...sequencer.stats,
    waitMs: waitMs(),
    concealedMs: toMs(sums.concealed),
    filledMs: toMs(sums.filled),
    trimmedMs: toMs(sums.trimmed),
    droppedMs: toMs(sums.dropped),
    mediaMs: toMs(written),
    driftMs: originMs === undefined ? 0 : -lagMs(),
    silentMs: clock.nowMs() - lastPacketMs,
  });

  const work = (late: boolean): void => {
    const nowMs = clock.nowMs();
    // A late tick means that this process was held up, not the wire: what has come meanwhile is read first.
    if (!late) {
      releaseHeld();
      fill();
      const silentMs = nowMs - lastPacketMs;
      if (silentMs >= stallAfterMs && !stalled) {
        stalled = true;
        options.onStall?.(silentMs);
      }
    }
    if (nowMs >= nextStatsMs) {
      nextStatsMs = nowMs + statsEveryMs;
      options.onStats?.(stats());
    }
  };

  const tick = (): void => {
    const lateMs = clock.nowMs() - nextTickMs;
    const late = lateMs > 2 * packetMs;
    nextTickMs = late ? clock.nowMs() + packetMs : nextTickMs + packetMs;
    cancelTimer = clock.setTimer(tick, nextTickMs - clock.nowMs());
    try {
      work(late);
    } catch (error) {
      if (!options.onError) throw error;
      options.onError(error);
    }
  };

  let nextStatsMs = createdMs + statsEveryMs;
  let nextTickMs = createdMs + packetMs;
  let cancelTimer = clock.setTimer(tick, packetMs);

  return {
    push({ payload, sequence, mediaMs }) {
      if (closed) return;
      counts.packets += 1;
      lastPacketMs = clock.nowMs();
      stalled = false;
      const sampleCount = codec.samplesIn(payload);
      if (sampleCount === 0 && payload.length > 0) {
        counts.malformed += 1;
        return;
      }
      if (sampleCount > 0) {
        originMs ??= clock.nowMs() - toMs(sampleCount);
        noteLateness(sampleCount);
        noteJitter(mediaMs);
      }
      const packet = { payload, mediaMs };
      if (sequence === undefined) {
        accept(packet, 0);
        return;
      }
      const follows =
        mediaMs !== undefined &&
        expectedMediaMs !== undefined &&
        Math.abs(mediaMs - expectedMediaMs) < packetMs / 2;
      sequencer.push(sequence, packet, lastPacketMs, follows);
      if (jitter) releaseHeld();
    },
    stats,
    toClockMs: (mediaMs) => (originMs ?? createdMs) + mediaMs,
    toMediaMs: (clockMs) => clockMs - (originMs ?? createdMs),
    close() {
      if (closed) return;
      closed = true;
      cancelTimer();
      if (!options.codec) codec.close?.();
      options.onStats?.(stats());
    },
  };
}
