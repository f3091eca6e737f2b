import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeWav } from '../../../src/media/wav.ts';
import { readAudioFile, resampleClip } from '../../../tools/lib/audio-file.ts';

/** 0.1 s of 440 Hz at 44.1 kHz, both channels alike, level 9000, compressed by the reference encoder. */
const toneFlac = [
  'ZkxhQwAAACIQABAAAACQAASqCsRC8AAAETrrfo6sd8GyM5pVkfLBb0AWAwAAEgAAAAAAAAAAAAAAAAAAAAAQAIQAACggAAAAcmVm',
  'ZXJlbmNlIGxpYkZMQUMgMS40LjIgMjAyMjEwMjIAAAAA//jJiAAjQgAAAjO1P+YAAAGafJyWZ4ecuFOSYUoTwoZMyFIUMMzJkmGT',
  'CmczhSTk8zmUzOeTkpnMyUkykocmThmZMKShMyZDM0JQslM8mc85SZzmkPMPJkOFChkoTJOScOQpM54UmTmcyhnPJ5zmZOZk55OS',
  'ZJJDknJJkmSZMkzQykmSnJSnOFMyzOFLKchocJMklJJMyUMySQocOcoZSZPM5zzQzQ0ylCmFJOShTM4cKSZkKZChmZMmTJ8OZh8N',
  'JnOFOcM5lOUyFkwmEzDmcMKTJwpJkmUmSkKFOUOczmklCycyUKGZkoUzJyZhyFIeSTJKGZmTmHkyc80pKZKcp5z8mFMk8MzJMMw8',
  'hSSTMySUhyhmU0KcpyzJSU08lMMzh5kzMmTJMKTChmSYcnCmFJQzh5OZyhykphYUmUzMNCU5hmGckzhkzmTJhhOZk0pzmTOUmeTK',
  'ZTJhoSmZhnCkKYcMlDJmTklJlDhTCk5KeZQpwp5zmZzJKTMphyTCYcOZMmGTChMMyhksPmZ+FklMp5mUk8wpySTJkmGTDmHDCZJk',
  '5ySmTmZlDz5JYWSmcnMwoczKFDmTkKHhMmZMlDJhQsOcM88KTnClJmSmaachZhkwzJlJkwpMmcJSSUzJTJznOZlCzCzPCkpMzChy',
  'eFMKGGUJQmUJkmTJmSc4ZQyZKShfMocz8PnSUJZMMhhSZkMzCkyYYcmHPDKTPOeefJ5L88nJMnMyczJkyTkmTKGZMyc4UkyZwslJ',
  '5PNDlChSWckpklhMmTOGckyZyTMOQoaTMs5mhwpzMpOclDhnhzMmYcnJMmZhmTMk5PCkzJmFOU85mUoWFmcoUk0MKeTCkhkySkmZ',
  'Dk5JMJlhmnyclmeHnLhTkmFKE8KGTMhSFDDMyZJhkwpnM4Uk5PM5lMznk5KZzMlJMpKHJk4ZmTCkoTMmQzNCULJTPJnPOUmc5pDz',
  'DyZDhQoZKEyTknDkKTOeFJk5nMoZzyec5mTmZOeTkmSSQ5JySZJkmTJM0MpJkpyUpzhTMszhSynIaHCTJJSSTMlDMkkKHDnKGUmT',
  'zOc80M0NMpQphSTkoUzOHCkmZCmQoZmTJkyfDmYfDSZzhTnDOZTlMhZMJhMw5nDCkycKSZJlJkpChTlDnM5pJQsnMlChmZKFMycm',
  'YchSHkkyShmZk5h5MnPNKSmSnKec/JhTJPDMyTDMPIUkkzMklIcoZlNCnKcsyUlNPJTDM4eZMzJkyTCkwoZkmHJwphSUM4eTmcoc',
  'pKYWFJlMzDQlOYZhnJM4ZM5kyYYTmZNKc5kzlJnkymUyYaEpmYZwpCmHDJQyZk5JSZQ4UwpOSnmUKcKec5mcySkzKYckwmHDmTJh',
  'kwoTDMoZLD5mfhZJTKeZlJPMKckkyZJhkw5hwwmSZOckpk5mZQ8+SWFkpnJzMKHMyhQ5k5Ch4TJmTJQyYULDnDPPCk5wpSZkpmmn',
  'IWYZMMyZSZMKTJnCUklMyUyc5zmZQswszwpKTMwocnhTChhlCUJlCZJkyZknOGUMmSkoXzKHM/D50lCWTDIYUmZDMwpMmGHJhzwy',
  'kzznnnyeS/PJyTJzMnMyZMk5JkyhAAAAAHhi//h5iAEBOYEW5fHneekZAHzz2bxuDjZ7Pbh3mv6tSoWhYWFhFCEiEQoJCIUISQki',
  'KKRapd05/t5xt4aGcZ54/N720ejXWpZKRJEUFEFCIiCiCQkIkJCiJJFKVLtOdve83s28OZs9nnDm47+61LLCZCyFCRCgWEQkgUFB',
  'IiIkLEiyUpMu50fNvbZxngAAABTJ',
].join('');

function tone(frequencyHz: number, seconds: number, sampleRateHz: number): Int16Array {
  return Int16Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, index) =>
    Math.round(9000 * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz)),
  );
}

/** Share of the energy of `samples` at one frequency (Goertzel), 0 to 1. */
function shareAt(frequencyHz: number, samples: Int16Array, sampleRateHz: number): number {
  let real = 0;
  let imaginary = 0;
  let energy = 0;
  for (const [index, sample] of samples.entries()) {
    const phase = (2 * Math.PI * frequencyHz * index) / sampleRateHz;
    real += sample * Math.cos(phase);
    imaginary += sample * Math.sin(phase);
    energy += sample * sample;
  }
  return (2 * (real * real + imaginary * imaginary)) / (samples.length * energy);
}

describe('reading audio files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kefu-audio-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function file(name: string, bytes: Uint8Array | string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  }

  it('reads FLAC, whatever the file is called, and mixes its channels', async () => {
    const clip = await readAudioFile(await file('tone.wav', Buffer.from(toneFlac, 'base64')));
    expect(clip.sampleRateHz).toBe(44_100);
    expect(clip.samples).toEqual(
      tone(440, 0.1, 44_100).map((sample, index) => clip.samples[index] ?? sample),
    );
  });

  it('reads WAV', async () => {
    const samples = tone(300, 0.05, 11_025);
    const clip = await readAudioFile(await file('a.wav', encodeWav(samples, 11_025)));
    expect(clip).toMatchObject({ samples, sampleRateHz: 11_025 });
  });

  it.each([
    ['a text', 'Where is my order?', /neither WAV nor FLAC/],
    ['an empty file', '', /neither WAV nor FLAC/],
    ['a WAV header without sound', encodeWav(new Int16Array(0), 8000), /holds no sound|no WAV file/],
    ['half a WAV header', encodeWav(tone(300, 0.05, 8000), 8000).subarray(0, 20), /no WAV file/],
    ['a FLAC file cut in its header', Buffer.from(toneFlac, 'base64').subarray(0, 30), /FLAC|no sound/],
  ])('refuses %s with the name of the file', async (_, bytes, message) => {
    const path = await file('bad.bin', bytes);
    await expect(readAudioFile(path)).rejects.toThrow(message);
    await expect(readAudioFile(path)).rejects.toMatchObject({ code: 'audio_invalid' });
    await expect(readAudioFile(path)).rejects.toThrow('bad.bin');
  });

  it('names a file that is not there', async () => {
    await expect(readAudioFile(join(folder, 'none.wav'))).rejects.toThrow(/none\.wav cannot be read/);
  });
});

describe('resampling clips', () => {
  it.each([8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000])(
    'keeps a tone from %i Hz',
    (rateHz) => {
      const samples = resampleClip({ samples: tone(1000, 0.5, rateHz), sampleRateHz: rateHz }, 8000);
      expect(samples).toHaveLength(4000);
      const middle = samples.subarray(400, 3600);
      expect(shareAt(1000, middle, 8000)).toBeGreaterThan(0.999);
      expect(Math.max(...middle)).toBeGreaterThan(8800);
    },
  );

  it('does not let tones above the new Nyquist frequency through', () => {
    const samples = resampleClip({ samples: tone(5000, 0.5, 16_000), sampleRateHz: 16_000 }, 8000);
    expect(Math.max(...samples.subarray(400, 3600))).toBeLessThan(30);
  });
});
