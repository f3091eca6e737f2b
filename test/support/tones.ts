/** How much of a sound is one frequency: 1 for a pure tone, near 0 for anything else (Goertzel). */
export function toneShare(samples: Int16Array, frequencyHz: number, sampleRateHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let before = 0;
  let last = 0;
  let energy = 0;
  for (const sample of samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = last * last + before * before - coefficient * last * before;
  return (2 * power) / (samples.length * energy);
}

/** Packets as one sound. */
export function joined(packets: readonly Int16Array[]): Int16Array {
  const samples = new Int16Array(packets.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const packet of packets) {
    samples.set(packet, at);
    at += packet.length;
  }
  return samples;
}

/** Beeps of a tone, 200 ms with pauses of 100 ms: a tone without pauses would be suppressed as noise by a browser. */
export function beeps(frequencyHz: number, durationMs: number, sampleRateHz: number): Int16Array {
  return Int16Array.from({ length: (durationMs * sampleRateHz) / 1000 }, (_, index) => {
    const sounding = ((index / sampleRateHz) * 1000) % 300 < 200;
    return sounding ? Math.round(12_000 * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz)) : 0;
  });
}
