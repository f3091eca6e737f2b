/** The two tones of each key, in hertz (ITU-T Q.23). */
const rowsHz = [697, 770, 852, 941] as const;
const columnsHz = [1209, 1336, 1477, 1633] as const;
const keys = ['123A', '456B', '789C', '*0#D'];

/** Peaks relative to full scale, some 8 and 6 dB below 0 dBm0: lines lose more of the higher tone, so it is sent louder (Q.24 allows for it). */
const lowPeak = 0.28;
const highPeak = 0.35;
/** Without ramps, the edges would click, and a detector would see energy everywhere. */
const rampMs = 5;

export interface DtmfOptions {
  /** Q.24 asks receivers for 40 ms of each; this is safe for slow ones. */
  readonly toneMs?: number;
  readonly pauseMs?: number;
}

/**
 * The tone of a key (0 to 9, `*`, `#`, A to D), followed by its pause.
 *
 * @throws RangeError for anything else.
 */
export function dtmfTone(
  digit: string,
  rateHz: number,
  { toneMs = 100, pauseMs = 80 }: DtmfOptions = {},
): Int16Array {
  const row = keys.findIndex((line) => digit.length === 1 && line.includes(digit));
  const lowHz = rowsHz[row];
  const highHz = columnsHz[keys[row]?.indexOf(digit) ?? -1];
  if (lowHz === undefined || highHz === undefined)
    throw new RangeError(`There is no tone for "${digit}": keys are 0 to 9, *, #, and A to D.`);
  const tone = sound(toneMs, rateHz, (atS) => lowPeak * sine(lowHz, atS) + highPeak * sine(highHz, atS));
  return joined([tone, new Int16Array(Math.round((pauseMs * rateHz) / 1000))]);
}

/** The tones of several keys, one after the other. */
export function dtmfTones(digits: string, rateHz: number, options: DtmfOptions = {}): Int16Array {
  return joined(Array.from(digits, (digit) => dtmfTone(digit, rateHz, options)));
}

/** Two soft notes, up a fourth, that say: somebody has joined. */
export function joinTone(rateHz: number): Int16Array {
  const note = (pitchHz: number, lengthMs: number): Int16Array =>
    sound(lengthMs, rateHz, (atS) => 0.16 * sine(pitchHz, atS) * Math.exp(-atS / 0.12));
  return joined([note(659.26, 150), note(880, 300)]);
}

/** ITU-T E.180 recommends this pitch for tones that tell how a call goes; soft, since people have a telephone at their ear. */
const progressHz = 425;
const progressPeak = 0.14;

/** One period of the tone that says: it rings there. 1 s with 4 s of silence, within the limits of ITU-T E.180. */
export function ringingTone(rateHz: number): Int16Array {
  return progressTone(1_000, 4_000, rateHz);
}

/** One period of the tone that says: they cannot be reached. Half a second of sound and of silence, within the limits of ITU-T E.180. */
export function busyTone(rateHz: number): Int16Array {
  return progressTone(500, 500, rateHz);
}

function progressTone(toneMs: number, pauseMs: number, rateHz: number): Int16Array {
  const tone = sound(toneMs, rateHz, (atS) => progressPeak * sine(progressHz, atS));
  return joined([tone, new Int16Array(Math.round((pauseMs * rateHz) / 1000))]);
}

const sine = (frequencyHz: number, atS: number): number => Math.sin(2 * Math.PI * frequencyHz * atS);

/** Samples of a wave between -1 and 1, with soft edges. */
function sound(lengthMs: number, rateHz: number, wave: (atS: number) => number): Int16Array {
  const samples = new Int16Array(Math.round((lengthMs * rateHz) / 1000));
  const ramp = (rampMs * rateHz) / 1000;
  for (let index = 0; index < samples.length; index += 1) {
    const edge = Math.min(1, index / ramp, (samples.length - 1 - index) / ramp);
    samples[index] = Math.round(32_767 * wave(index / rateHz) * (0.5 - 0.5 * Math.cos(Math.PI * edge)));
  }
  return samples;
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
