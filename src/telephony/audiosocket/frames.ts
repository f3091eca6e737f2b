/**
 * Framing of AudioSocket, after "AudioSocket" (Asterisk documentation, channel drivers): one byte of kind, two bytes of length, high byte
 * first, then so many bytes of payload.
 */

export const frameKinds = {
  hangup: 0x00,
  uuid: 0x01,
  digit: 0x03,
  error: 0xff,
} as const;

/** Kinds of audio and their sample rates in Hz: signed 16-bit linear, one channel, low byte first. */
export const audioKinds: ReadonlyMap<number, number> = new Map([
  [0x10, 8_000],
  [0x11, 12_000],
  [0x12, 16_000],
  [0x13, 24_000],
  [0x14, 32_000],
  [0x15, 44_100],
  [0x16, 48_000],
  [0x17, 96_000],
  [0x18, 192_000],
]);

export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** 20 ms at 192 kHz are 7,680 bytes; a peer that announces more than this does not speak AudioSocket. */
export const maxFrameBytes = 16_384;
const headBytes = 3;

export function encodeFrame(kind: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const frame = new Uint8Array(headBytes + payload.byteLength);
  frame.set([kind, payload.byteLength >> 8, payload.byteLength & 0xff]);
  frame.set(payload, headBytes);
  return frame;
}

/** Cuts a byte stream into frames, however it arrives. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();

  /** The frames that are complete now; `oversized` comes last and once, and nothing after it can be read. */
  push(chunk: Uint8Array): (Frame | 'oversized')[] {
    const bytes = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: (Frame | 'oversized')[] = [];
    let at = 0;
    while (bytes.byteLength - at >= headBytes) {
      const [kind = 0, high = 0, low = 0] = bytes.subarray(at, at + headBytes);
      const length = (high << 8) | low;
      if (length > maxFrameBytes) {
        frames.push('oversized');
        return frames;
      }
      const end = at + headBytes + length;
      if (end > bytes.byteLength) break;
      frames.push({ kind, payload: Uint8Array.from(bytes.subarray(at + headBytes, end)) });
      at = end;
    }
    // A copy, so that a large chunk is not kept for a few bytes of it.
    this.#rest = Uint8Array.from(bytes.subarray(at));
    return frames;
  }
}
