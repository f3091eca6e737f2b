/** 16-bit linear samples to bytes, low byte first. The payload is a copy. */
export function encodeL16(samples: Int16Array): Uint8Array {
  const payload = new Uint8Array(samples.length * 2);
  const view = new DataView(payload.buffer);
  for (let index = 0; index < samples.length; index += 1) view.setInt16(index * 2, samples[index] ?? 0, true);
  return payload;
}

/** Bytes, low byte first, to 16-bit linear samples. Half a sample at the end is ignored: packets stand alone. */
export function decodeL16(payload: Uint8Array): Int16Array {
  const samples = new Int16Array(payload.length >> 1);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let index = 0; index < samples.length; index += 1) samples[index] = view.getInt16(index * 2, true);
  return samples;
}
