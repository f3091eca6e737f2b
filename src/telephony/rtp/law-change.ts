/** Samples of one law of G.711 by code, on a common 16-bit scale. */
function samplesOf(law: 'mulaw' | 'alaw'): number[] {
  return Array.from({ length: 256 }, (_, code) => {
    const plain = law === 'mulaw' ? ~code & 0xff : code ^ 0x55;
    const segment = (plain >> 4) & 7;
    const step = plain & 0x0f;
    if (law === 'mulaw') {
      const magnitude = (((2 * step + 33) << segment) - 33) * 4;
      return plain & 0x80 ? -magnitude : magnitude;
    }
    const magnitude = segment === 0 ? (2 * step + 1) * 8 : (2 * step + 33) << (segment + 2);
    return plain & 0x80 ? magnitude : -magnitude;
  });
}

/** For each code of one law the code of the other whose sample lies nearest. */
function nearest(from: readonly number[], to: readonly number[]): Uint8Array {
  return Uint8Array.from(from, (sample) => {
    let best = 0;
    to.forEach((candidate, code) => {
      if (Math.abs(candidate - sample) < Math.abs((to[best] ?? 0) - sample)) best = code;
    });
    return best;
  });
}

const [mulaw, alaw] = [samplesOf('mulaw'), samplesOf('alaw')];
const tables = { mulaw: nearest(alaw, mulaw), alaw: nearest(mulaw, alaw) };

/**
 * Rewrites G.711 from the other law into this one, code by code, for a far side that changes its codec within a call: what hears the
 * call was made for the first.
 */
export function toLaw(law: 'mulaw' | 'alaw', payload: Uint8Array): Uint8Array {
  return payload.map((code) => tables[law][code] ?? 0);
}
