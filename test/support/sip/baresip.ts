import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavHeader } from '../../../src/core/wav.ts';
import { spawnMortal } from '../mortal-process.ts';
import { joined } from '../tones.ts';
import { freeUdpPort } from './gateway.ts';

/** Where Debian's package `baresip-core` keeps its modules. */
const modules = '/usr/lib/baresip/modules';

/** Codecs that baresip speaks here, and the rate at which it plays and records with each: it has no resampler. */
export const baresipRates = { PCMU: 8000, PCMA: 8000, G722: 16_000, opus: 48_000 } as const;
export type BaresipCodec = keyof typeof baresipRates;
/** The sound of a telephone, and that of Opus in baresip, which has two channels (RFC 7587 section 7). */
type Channels = 1 | 2;
const channelsOf = (codec: BaresipCodec): Channels => (codec === 'opus' ? 2 : 1);

/** What a baresip that has called somebody did and heard. */
export interface BaresipCall {
  /** Samples at the rate of the codec; the left ones of two channels. */
  readonly heard: Int16Array;
  readonly output: string;
}

/** Calls `target` with a real baresip, which plays a tone of 440 Hz and records what it hears, and hangs up after `seconds`. */
export async function baresipCalls(
  target: string,
  options: { readonly seconds: number; readonly codec: BaresipCodec; readonly account?: string },
): Promise<BaresipCall> {
  const rateHz = baresipRates[options.codec];
  const channels = channelsOf(options.codec);
  const account = `audio_codecs=${options.codec}/${rateHz}/${channels}${options.account ?? ''}`;
  const { directory } = await baresipSettings('tester', account, 10, [], rateHz, channels);
  try {
    const args = ['-f', directory, '-t', String(options.seconds), '-e', `/dial ${target}`];
    const child = spawnMortal('baresip', args);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    await once(child, 'close');
    const [heard] = recordings(directory);
    if (!heard) throw new Error(`baresip has heard nothing:\n${output}`);
    return { heard: heard.filter((_, index) => index % channels === 0), output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** How much of the sound's energy lies at one frequency, 0 to 1, over whole windows of 100 ms with sound; the median of them. */
export function shareOfTone(samples: Int16Array, frequencyHz: number, sampleRateHz = 8000): number {
  const size = sampleRateHz / 10;
  const shares: number[] = [];
  for (let start = 0; start + size <= samples.length; start += size) {
    let [real, imaginary, energy] = [0, 0, 0];
    for (let index = 0; index < size; index += 1) {
      const value = samples[start + index] ?? 0;
      const angle = (2 * Math.PI * frequencyHz * index) / sampleRateHz;
      real += value * Math.cos(angle);
      imaginary += value * Math.sin(angle);
      energy += value * value;
    }
    if (energy / size > 10_000) shares.push((2 * (real ** 2 + imaginary ** 2)) / (size * energy));
  }
  shares.sort((a, b) => a - b);
  return shares[Math.floor(shares.length / 2)] ?? 0;
}

/** 20 ms packets of a tone, as linear samples. */
export function tonePackets(frequencyHz: number, count: number, sampleRateHz = 8000): Int16Array[] {
  const size = sampleRateHz / 50;
  return Array.from({ length: count }, (_, packet) =>
    Int16Array.from({ length: size }, (__, index) =>
      Math.round(8000 * Math.sin((2 * Math.PI * frequencyHz * (packet * size + index)) / sampleRateHz)),
    ),
  );
}

/** A tone as a WAV file. */
function toneFile(
  frequencyHz: number,
  seconds: number,
  sampleRateHz: number,
  channels: Channels,
): Uint8Array {
  const tone = joined(tonePackets(frequencyHz, seconds * 50, sampleRateHz));
  const samples = Int16Array.from(
    { length: tone.length * channels },
    (_, index) => tone[Math.floor(index / channels)] ?? 0,
  );
  return wavFile(samples, sampleRateHz, channels);
}

/** Samples as a WAV file. */
export function wavFile(samples: Int16Array, sampleRateHz = 8000, channels: Channels = 1): Uint8Array {
  const header = wavHeader({ sampleRateHz, channels, dataBytes: samples.byteLength });
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}

/** Makes a folder with the settings of a baresip that plays a tone of 440 Hz. */
export async function baresipSettings(
  user: string,
  account: string,
  toneSeconds: number,
  more: readonly string[],
  sampleRateHz = 8000,
  channels: Channels = 1,
): Promise<{ readonly directory: string; readonly port: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-baresip-'));
  const port = await freeUdpPort();
  const tone = join(directory, 'tone.wav');
  writeFileSync(tone, toneFile(440, toneSeconds, sampleRateHz, channels));
  const config = [
    `sip_listen 127.0.0.1:${port}`,
    // The bridge is a loudspeaker that needs no sound card; `sndfile` writes what it would play.
    ...['audio_player aubridge,nobody', `audio_source aufile,${tone}`, 'audio_alert aubridge,bell'],
    `snd_path ${directory}`,
    ...[
      `ausrc_srate ${sampleRateHz}`,
      `auplay_srate ${sampleRateHz}`,
      `ausrc_channels ${channels}`,
      `auplay_channels ${channels}`,
    ],
    ...['rtp_ports 26000-26100', `module_path ${modules}`],
    ...['g711', 'g722', 'opus', 'aufile', 'aubridge', 'sndfile', 'srtp'].map((name) => `module ${name}.so`),
    ...['module_tmp account.so', 'module_app menu.so', ...more],
  ];
  writeFileSync(join(directory, 'config'), `${config.join('\n')}\n`);
  writeFileSync(join(directory, 'accounts'), `<sip:${user}@127.0.0.1:${port}>;regint=0;${account}\n`);
  writeFileSync(join(directory, 'contacts'), '\n');
  return { directory, port };
}

/** What was heard in each call, oldest first. */
export function recordings(directory: string): Int16Array[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('dec.wav'))
    .sort()
    .map((name) => {
      const wav = readFileSync(join(directory, name));
      return new Int16Array(Uint8Array.from(wav.subarray(wav.indexOf('data') + 8)).buffer);
    });
}
